import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CLIP_MARK, ContextPruner, openAITokenCounter, type TokenCounter } from '../../src/context/index.ts'
import type { ItemBody, MemoryItem } from '../../src/memory/memory-item.ts'
import { item, quarterCounter } from './items.ts'

/** One turn of a made-up conversation: its items, which the pruner may not tear apart where it is an exchange. */
type Turn = readonly MemoryItem[]

const content = fc.oneof(
  { weight: 8, arbitrary: fc.string({ unit: 'grapheme', maxLength: 60 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', minLength: 200, maxLength: 800 }) },
  { weight: 1, arbitrary: fc.constant('👩‍👩‍👧‍👦 '.repeat(80)) },
)
const extras: fc.Arbitrary<Partial<ItemBody>> = fc.record(
  { importance: fc.double({ min: 0, max: 1, noNaN: true }), pinned: fc.boolean() },
  { requiredKeys: [] },
)
const message: fc.Arbitrary<Turn> = fc
  .tuple(
    content,
    extras,
    fc.constantFrom('user_message', 'user_message', 'assistant_message', 'assistant_message', 'system_message', 'note'),
  )
  .map(([text, more, contentType]) => [item(text, { ...more, contentType })])
const orphanResult: fc.Arbitrary<Turn> = content.map((text) => [
  item(text, { contentType: 'tool_result', callId: 'of-nobody' }),
])
/** Parallel calls, and results in any order, some missing. Call ids are numbered anew in each turn, as some models do. */
const exchange: fc.Arbitrary<Turn> = fc
  .tuple(
    fc.array(content, { minLength: 1, maxLength: 4 }),
    fc.array(content, { minLength: 4, maxLength: 4 }),
    extras,
    fc.nat(),
  )
  .map(([calls, results, more, seed]) => {
    const ids = calls.map((_, n) => `call_${n}`)
    const answered = ids.filter((_, n) => (seed >> n) % 4 !== 0).sort((a, b) => ((seed % 7) - 3) * (a < b ? -1 : 1))
    return [
      ...calls.map((text, n) => item(text, { contentType: 'tool_call', callId: `call_${n}` })),
      ...answered.map((callId, n) => item(results[n] as string, { ...more, contentType: 'tool_result', callId })),
    ]
  })
const turns = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: message },
      { weight: 3, arbitrary: exchange },
      { weight: 1, arbitrary: orphanResult },
    ),
    { maxLength: 12 },
  )
  // Calls that stand together are of one turn, so a message goes before those of another.
  .map((conversation) =>
    conversation.flatMap((turn) => (turn[0]?.contentType === 'tool_call' ? [[item('one moment')], turn] : [turn])),
  )
const budget = fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 600 }))

describe.each([
  { tokenCounter: quarterCounter as TokenCounter, tokensPerItem: 0, runs: 500 },
  { tokenCounter: quarterCounter as TokenCounter, tokensPerItem: 3, runs: 300 },
  { tokenCounter: openAITokenCounter(), tokensPerItem: 0, runs: 100 },
])(
  'pruneByTokenBudget() with $tokenCounter.name and $tokensPerItem per item',
  ({ tokenCounter, tokensPerItem, runs }) => {
    const pruner = new ContextPruner({ tokenCounter, tokensPerItem })

    async function cost(items: readonly MemoryItem[]): Promise<number> {
      let sum = 0
      for (const one of items) sum += (await tokenCounter.count(one.content)) + tokensPerItem
      return sum
    }

    it('keeps its promises for any history and budget', async () => {
      await fc.assert(
        fc.asyncProperty(turns, budget, async (conversation, tokenBudget) => {
          const history = conversation.flat()
          const total = await cost(history)
          const view = await pruner.pruneByTokenBudget(history, { tokenBudget }).catch((error: unknown) => error)
          if (view instanceof Error) {
            expect(view).toMatchObject({ code: 'BUDGET_TOO_SMALL' })
            // Calls that stand together, and results of one call, are one unit; so this is said of the messages.
            const alone = conversation.filter(([one]) => !one?.contentType.startsWith('tool_'))
            for (const turn of alone) expect(await cost(turn)).toBeGreaterThan(tokenBudget)
            return
          }
          const kept = view as Awaited<ReturnType<typeof pruner.pruneByTokenBudget>>
          const { report } = kept

          // Within the budget, and the report tells the truth.
          const after = await cost(kept)
          expect(after).toBeLessThanOrEqual(tokenBudget)
          expect(report).toMatchObject({ tokensAfter: after, tokensBefore: total, kept: kept.length, tokenBudget })
          if (total <= tokenBudget) expect(kept).toEqual(history)

          // Nothing is lost without a word, nothing is out of order, nothing is copied but what is clipped.
          const keptIds = new Set(kept.map(({ id }) => id))
          const hiddenIds = new Set(report.hidden.map(({ id }) => id))
          expect(kept.map(({ id }) => id)).toEqual(history.map(({ id }) => id).filter((id) => keptIds.has(id)))
          expect(history.every(({ id }) => keptIds.has(id) !== hiddenIds.has(id))).toBe(true)
          const clipped = new Set(report.clipped.map(({ id }) => id))
          for (const one of kept) {
            const original = history.find(({ id }) => id === one.id) as MemoryItem
            if (!clipped.has(one.id)) expect(one).toBe(original)
            else {
              expect(one.content.endsWith(CLIP_MARK)).toBe(true)
              expect(original.content.startsWith(one.content.slice(0, -CLIP_MARK.length))).toBe(true)
              expect(one.content.isWellFormed()).toBe(original.content.isWellFormed())
              expect(one.contentType).not.toBe('tool_call')
            }
          }

          // Calls and results together.
          for (const turn of conversation) expect(new Set(turn.map(({ id }) => keptIds.has(id))).size).toBeLessThan(2)

          // System messages and pinned items are hidden only where they do not all fit.
          const first = conversation.filter((turn) =>
            turn.some((one) => one.pinned || one.contentType === 'system_message'),
          )
          if ((await cost(first.flat())) <= tokenBudget) {
            for (const one of first.flat()) expect(hiddenIds).not.toContain(one.id)
          }

          // Pruning the view again changes nothing.
          const again = await pruner.pruneByTokenBudget(kept, { tokenBudget })
          expect(again).toEqual(kept)
          expect(again.report).toMatchObject({ hidden: [], clipped: [], tokensBefore: after, tokensAfter: after })
        }),
        { numRuns: runs },
      )
    })
  },
)
