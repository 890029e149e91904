import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CLIP_MARK, ContextPruner, type ContextPrunerOptions, type PrunedHistory } from '../../src/context/index.ts'
import { isThermoclineError, TieredStorageManager } from '../../src/index.ts'
import type { MemoryItem, NewMemoryItem } from '../../src/memory/memory-item.ts'
import { inProcessDurableStore } from '../../src/stores/in-process/durable-store.ts'
import { inProcessHotStore } from '../../src/stores/in-process/hot-store.ts'
import { ManualClock } from '../../src/testing/manual-clock.ts'
import { viewProblems } from '../support/view-checker.ts'
import { quarterCounter } from './items.ts'
import { firstWord, SESSION, TellingSummarizer, told } from './telling-summarizer.ts'

type Step =
  | { readonly kind: 'say'; readonly count: number; readonly size: number; readonly about: Partial<NewMemoryItem> }
  | { readonly kind: 'call'; readonly calls: number; readonly answered: number }
  | {
      readonly kind: 'prune'
      readonly by: number
      readonly through: 'manager' | 'scope' | 'array'
      readonly query: boolean
    }
  | { readonly kind: 'prune-end'; readonly by: number; readonly limit: number }
  | { readonly kind: 'prune-view'; readonly by: number }
  | { readonly kind: 'edit' | 'delete'; readonly at: number }
  | { readonly kind: 'pop' | 'erase' | 'wait' }

const PRUNERS = 2
const place = fc.double({ min: 0, max: 0.999, noNaN: true })
const by = fc.nat(PRUNERS - 1)
const about: fc.Arbitrary<Partial<NewMemoryItem>> = fc.oneof(
  { weight: 8, arbitrary: fc.constant({}) },
  {
    weight: 2,
    arbitrary: fc.constantFrom<Partial<NewMemoryItem>[]>(
      { pinned: true },
      { contentType: 'system_message' },
      { importance: 0.9 },
      { contentType: 'note', metadata: { origin: 'web' } },
    ),
  },
)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('say' as const),
      count: fc.integer({ min: 1, max: 25 }),
      size: fc.constantFrom(0, 1, 5, 5, 5, 400),
      about,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('call' as const),
      calls: fc.integer({ min: 1, max: 3 }),
      answered: fc.integer({ min: 0, max: 3 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('prune' as const),
      by,
      through: fc.constantFrom('manager' as const, 'scope' as const, 'array' as const),
      query: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('prune-end' as const), by, limit: fc.integer({ min: 1, max: 40 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('prune-view' as const), by }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('edit' as const, 'delete' as const), at: place }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('pop' as const, 'pop' as const, 'wait' as const, 'erase' as const) }),
  },
)
const options: fc.Arbitrary<ContextPrunerOptions> = fc.record({
  maxContextItems: fc.constantFrom(1, 2, 5, 15, 30),
  maxContextTokens: fc.constantFrom(60, 300, 4000),
  summarizationThreshold: fc.constantFrom(1, 10, 25),
  summaryMaxTokens: fc.constantFrom(30, 1000),
  tokensPerItem: fc.constantFrom(0, 4),
  stablePrefix: fc.boolean(),
  excludeFromSummary: fc.constantFrom('none' as const, 'untrusted' as const),
})

/** A conversation in a memory, and what of it may not be told any more. */
class Conversation {
  readonly clock = new ManualClock()
  readonly memory = new TieredStorageManager({
    clock: this.clock,
    stores: { durable: inProcessDurableStore(), hot: inProcessHotStore() },
    tierMigrationInterval: 0,
  })
  readonly summarizer = new TellingSummarizer()
  readonly pruners: readonly ContextPruner[]
  readonly options: ContextPrunerOptions
  readonly gone = new Set<string>()
  view: PrunedHistory | undefined
  #said = 0

  constructor(given: ContextPrunerOptions) {
    const { memory, summarizer, clock } = this
    this.options = { tokenCounter: quarterCounter, memory, summarizer, clock, ...given }
    this.pruners = Array.from({ length: PRUNERS }, () => new ContextPruner(this.options))
  }

  word(): string {
    this.#said += 1
    return `w${String(this.#said).padStart(4, '0')}.`
  }

  async items(): Promise<readonly MemoryItem[]> {
    return (await this.memory.getConversationHistory(SESSION)).filter(({ contentType }) => contentType !== 'summary')
  }

  /** All that was said and is not there any more is never to be told again. */
  async noteGone(before: readonly MemoryItem[]): Promise<void> {
    const there = new Set((await this.items()).map(({ content }) => firstWord(content)))
    for (const { content } of before) if (!there.has(firstWord(content))) this.gone.add(firstWord(content))
  }

  async run(one: Step): Promise<void> {
    const { memory } = this
    const before = await this.items()
    switch (one.kind) {
      case 'say': {
        const content = () => (one.size === 0 ? '' : `${this.word()} ${'abc '.repeat(one.size)}`)
        const expiresAt = one.size === 1 ? { expiresAt: this.clock.now() + 1000 } : {}
        const said = { ...SESSION, contentType: 'user_message' as const, ...expiresAt, ...one.about }
        await memory.addMemoryItems(Array.from({ length: one.count }, () => ({ ...said, content: content() })))
        return
      }
      case 'call': {
        const ids = Array.from({ length: one.calls }, (_, i) => `call_${i}`)
        const item = (contentType: 'tool_call' | 'tool_result', callId: string): NewMemoryItem => ({
          ...SESSION,
          contentType,
          callId,
          content: `${this.word()} ()`,
        })
        await memory.addMemoryItem({ ...SESSION, contentType: 'user_message', content: this.word() })
        await memory.addMemoryItems(ids.map((id) => item('tool_call', id)))
        for (const id of ids.slice(0, one.answered)) await memory.addMemoryItem(item('tool_result', id))
        return
      }
      case 'edit':
      case 'delete': {
        const item = before[Math.floor(one.at * before.length)]
        if (item === undefined) return
        if (one.kind === 'delete') await memory.deleteMemoryItem(item.id)
        else await memory.updateMemoryItem(item.id, { content: `${this.word()} edited` })
        return this.noteGone(before)
      }
      case 'pop':
        await memory.popMemoryItem(SESSION)
        return this.noteGone(before)
      case 'erase':
        await memory.deleteSession(SESSION)
        return this.noteGone(before)
      case 'wait':
        await this.clock.advance(1001)
        return this.noteGone(before)
      default:
        return this.prune(one)
    }
  }

  async prune(one: Extract<Step, { kind: 'prune' | 'prune-end' | 'prune-view' }>): Promise<void> {
    const pruner = this.pruners[one.by] as ContextPruner
    const before = await this.items()
    const stored = await this.memory.getConversationHistory(SESSION)
    const query = one.kind === 'prune' && one.query ? { query: 'w0003. w0017.?' } : {}
    const history =
      one.kind === 'prune'
        ? stored
        : one.kind === 'prune-view'
          ? this.view
          : await this.memory.getConversationHistory({ ...SESSION, limit: one.limit })
    if (history === undefined) return
    const source =
      one.kind !== 'prune' || one.through === 'array'
        ? history
        : one.through === 'manager'
          ? SESSION
          : { memory: this.memory.scoped({ userId: SESSION.userId }), sessionId: SESSION.sessionId }
    let view: PrunedHistory
    try {
      view = await pruner.pruneConversationHistory(source, { ...SESSION, ...query })
    } catch (error) {
      if (!isThermoclineError(error, 'BUDGET_TOO_SMALL')) throw error
      return
    }
    await this.check(history, view, one.kind)
    expect((await this.items()).map(body), 'the items themselves').toEqual(before.map(body))
    if (one.kind === 'prune-view') return

    const asked = this.summarizer.requests.length
    const again = await pruner.pruneConversationHistory(view, { ...SESSION, ...query })
    expect(
      again.map(({ content }) => content),
      'a view of the view',
    ).toEqual(view.map(({ content }) => content))
    expect(this.summarizer.requests.length, 'summaries of a view').toBe(asked)
    this.view = view
  }

  async check(history: readonly MemoryItem[], view: PrunedHistory, kind: string): Promise<void> {
    const { maxContextItems: maxItems = 15, maxContextTokens = 0, tokensPerItem = 0, excludeFromSummary } = this.options
    // Each read of a memory gives items of its own.
    const same = (item: MemoryItem) =>
      view.find(({ id, content }) => id === item.id && content === item.content) ?? item
    const problems = await viewProblems(history.map(same), view, {
      tokenBudget: maxContextTokens,
      tokenCounter: quarterCounter,
      tokensPerItem,
      maxItems,
    })
    expect(problems).toEqual([])
    const words = wholeWords(view)
    // A view that the caller has kept may itself have what was deleted since.
    if (kind !== 'prune-view')
      expect(
        words.filter((word) => this.gone.has(word)),
        'told and gone',
      ).toEqual([])
    expect(new Set(words).size, 'told once').toBe(words.length)
    const summary = view.report.summary
    if (summary !== undefined && !view.some((item) => item.id === summary.id && item.content.includes(CLIP_MARK))) {
      const contents = new Map(history.map(({ id, content }) => [id, firstWord(content)]))
      const covered = summary.covers.map((id) => contents.get(id)).filter(Boolean)
      expect(
        covered.filter((word) => !words.includes(word as string)),
        'covered and not told',
      ).toEqual([])
      if (kind === 'prune') expect(words, 'told and not covered').toEqual(covered)
    }
    if (excludeFromSummary === 'untrusted') {
      const untrusted = (await this.items()).filter(
        ({ contentType, metadata }) => contentType === 'tool_result' || metadata?.origin === 'web',
      )
      expect(untrusted.map(({ content }) => firstWord(content)).filter((word) => words.includes(word))).toEqual([])
    }
    if (kind !== 'prune') return
    const summaries = (await this.memory.getConversationHistory(SESSION)).filter(
      ({ contentType }) => contentType === 'summary',
    )
    expect(summaries.length, 'stored summaries').toBeLessThanOrEqual(1)
    expect(
      told(summaries).filter((word) => this.gone.has(word)),
      'stored and gone',
    ).toEqual([])
  }
}

/** But for the end of what was cut. */
function wholeWords(items: readonly MemoryItem[]): string[] {
  return told(items).filter((word) => /^w\d{4}\.$/.test(word))
}

/** Without what each read of it changes. */
function body({ tier: _, cached: _1, accessCount: _2, lastAccessedAt: _3, ...kept }: MemoryItem): Partial<MemoryItem> {
  return kept
}

describe('random programs of a conversation that is pruned', () => {
  it('are answered by views that keep every promise', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(options, fc.array(step, { minLength: 3, maxLength: 25 }), async (given, steps) => {
        const conversation = new Conversation(given)
        try {
          for (const one of steps) await conversation.run(one)
        } finally {
          await conversation.memory.close()
        }
      }),
      { numRuns: Number(process.env.RUNS ?? 150) },
    )
  })
})
