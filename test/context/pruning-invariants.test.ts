import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ContextPruner, openAITokenCounter, type PrunedHistory, type TokenCounter } from '../../src/context/index.ts'
import type { ItemBody, MemoryItem } from '../../src/memory/memory-item.ts'
import { changesAgain, viewProblems } from '../support/view-checker.ts'
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
const query = fc.option(fc.lorem({ maxCount: 6 }), { nil: undefined })

/** The view, or nothing where nothing fits; any other error fails the test. */
async function viewOrNothing(prune: Promise<PrunedHistory>): Promise<PrunedHistory | undefined> {
  try {
    return await prune
  } catch (error) {
    expect(error).toMatchObject({ code: 'BUDGET_TOO_SMALL' })
    return undefined
  }
}

describe.each([
  { tokenCounter: quarterCounter as TokenCounter, tokensPerItem: 0, runs: 400 },
  { tokenCounter: quarterCounter as TokenCounter, tokensPerItem: 3, runs: 300 },
  { tokenCounter: openAITokenCounter(), tokensPerItem: 0, runs: 60 },
])('with $tokenCounter.name and $tokensPerItem per item', ({ tokenCounter, tokensPerItem, runs }) => {
  async function cost(items: readonly MemoryItem[]): Promise<number> {
    let sum = 0
    for (const one of items) sum += (await tokenCounter.count(one.content)) + tokensPerItem
    return sum
  }

  it.each([
    { name: 'picked by relevance', stablePrefix: false, summarize: false },
    { name: 'with a summary', stablePrefix: false, summarize: true },
    { name: 'with a stable prefix', stablePrefix: true, summarize: true },
  ])('pruneByTokenBudget() keeps its promises for any history: $name', async ({ stablePrefix, summarize }) => {
    await fc.assert(
      fc.asyncProperty(turns, budget, query, async (conversation, tokenBudget, asked) => {
        const pruner = new ContextPruner({ tokenCounter, tokensPerItem, stablePrefix })
        const options = { tokenBudget, summarize, ...(asked !== undefined && { query: asked }) }
        const history = conversation.flat()
        const view = await viewOrNothing(pruner.pruneByTokenBudget(history, options))
        if (view === undefined) {
          // A view with a stable prefix ends with the newest items, or is none.
          if (stablePrefix) return
          // Calls that stand together, and results of one call, are one unit; so this is said of the messages.
          const alone = conversation.filter(([one]) => !one?.contentType.startsWith('tool_'))
          for (const turn of alone) expect(await cost(turn)).toBeGreaterThan(tokenBudget)
          return
        }
        expect(await viewProblems(history, view, { tokenBudget, tokenCounter, tokensPerItem })).toEqual([])
        if ((await cost(history)) <= tokenBudget) expect(view).toEqual(history)
        expect(changesAgain(view, await pruner.pruneByTokenBudget(view, options))).toEqual([])
      }),
      { numRuns: runs },
    )
  })

  it('pruneConversationHistory() keeps its promises while a conversation grows', async () => {
    const address = { userId: 'ada', sessionId: 's1' }
    await fc.assert(
      fc.asyncProperty(
        fc.array(turns, { maxLength: 5 }),
        budget,
        fc.boolean(),
        async (parts, maxContextTokens, stablePrefix) => {
          const bounds = { maxContextTokens, maxContextItems: 9, summarizationThreshold: 12 }
          const pruner = new ContextPruner({ tokenCounter, tokensPerItem, stablePrefix, ...bounds })
          const history: MemoryItem[] = []
          for (const part of parts) {
            history.push(item('and now?'), ...part.flat())
            const view = await viewOrNothing(pruner.pruneConversationHistory(history, address))
            if (view === undefined) continue
            const options = { tokenBudget: maxContextTokens, tokenCounter, tokensPerItem, maxItems: 9 }
            expect(await viewProblems(history, view, options)).toEqual([])
            expect(changesAgain(view, await pruner.pruneConversationHistory(view, address))).toEqual([])
          }
        },
      ),
      { numRuns: runs },
    )
  })
})

describe('with a counter whose service counts whole views', () => {
  it.each([
    ['more than was estimated', 3, 0],
    ['less', 6, 0],
    ['more, and something for each item', 4, 5],
  ])('pruneByTokenBudget() is within the budget by its count: %s', async (_, charsPerToken, perItem) => {
    const count = async (items: readonly MemoryItem[]): Promise<number> =>
      items.reduce((sum, { content }) => sum + perItem + Math.ceil(content.length / charsPerToken), 0)
    const tokenCounter: TokenCounter = {
      ...{ name: 'by service', exact: false, count: (text: string) => Math.ceil(text.length / 4) },
      views: { ratio: 1, margin: 0.1, count },
    }
    const pruner = new ContextPruner({ tokenCounter })
    await fc.assert(
      fc.asyncProperty(turns, budget, fc.boolean(), async (conversation, tokenBudget, summarize) => {
        const history = conversation.flat()
        const view = await viewOrNothing(pruner.pruneByTokenBudget(history, { tokenBudget, summarize }))
        if (view === undefined) return
        expect(await viewProblems(history, view, { tokenBudget, tokenCounter })).toEqual([])
        if (!view.report.exact) return
        expect(view.report.tokensAfter).toBe(await count(view))
        expect(view.report.tokensAfter).toBeLessThanOrEqual(tokenBudget)
      }),
      { numRuns: 300 },
    )
  })
})

describe('pruneConversationHistory() is not to be done anew in each turn', () => {
  const said = fc.string({ minLength: 1, maxLength: 60 })
  const talk = fc.array(said, { minLength: 10, maxLength: 60 })
  const maxTokens = fc.integer({ min: 100, max: 400 })
  const address = { userId: 'ada', sessionId: 's1' }

  it('a view with a stable prefix lets go of items in steps, never in two turns one after the other', async () => {
    await fc.assert(
      fc.asyncProperty(talk, maxTokens, async (texts, maxContextTokens) => {
        const pruner = new ContextPruner({ tokenCounter: quarterCounter, maxContextTokens, stablePrefix: true })
        const history: MemoryItem[] = []
        let before: readonly string[] = []
        let hasJustLetGo = false
        for (const text of texts) {
          history.push(item(text))
          const view = await pruner.pruneConversationHistory(history, address)
          const ids = new Set(view.map(({ id }) => id))
          const letsGo = before.some((id) => !ids.has(id))
          expect(letsGo && hasJustLetGo).toBe(false)
          hasJustLetGo = letsGo
          before = view.filter(({ contentType }) => contentType !== 'summary').map(({ id }) => id)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('a view that goes on where the last one ended has room for another message', async () => {
    await fc.assert(
      fc.asyncProperty(talk, said, maxTokens, async (texts, next, maxContextTokens) => {
        const pruner = new ContextPruner({ tokenCounter: quarterCounter, maxContextTokens })
        const view = await pruner.pruneConversationHistory(
          texts.map((text) => item(text)),
          address,
        )
        fc.pre(view.report.hidden.length > 0)
        const { report } = await pruner.pruneConversationHistory([...view, item(next)], address)
        expect(report).toMatchObject({ hidden: [], clipped: [], kept: view.length + 1 })
      }),
      { numRuns: 200 },
    )
  })
})
