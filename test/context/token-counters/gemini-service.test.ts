import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type GeminiStandIn, startGemini } from '../../../emulators/gemini.ts'
import { ContextPruner } from '../../../src/context/index.ts'
import type { ViewCounter } from '../../../src/context/token-counter.ts'
import { geminiTokenCounter } from '../../../src/context/token-counters/gemini.ts'
import { ManualClock } from '../../../src/testing/index.ts'
import { errorOf, KEY, SECRET_DATA, WAYS } from '../../clients/gemini-place.ts'
import { viewProblems } from '../../support/view-checker.ts'
import { item } from '../items.ts'

const VIEW = [item(SECRET_DATA.repeat(40)), item('Noted. '.repeat(100), { contentType: 'assistant_message' })]

const HISTORY = Array.from({ length: 60 }, (_, n) =>
  item(`${n}: ${'the committee reconsidered its recommendations '.repeat(4)}`, {
    contentType: n % 2 === 0 ? 'user_message' : 'assistant_message',
  }),
)

describe('geminiTokenCounter() asks the service', () => {
  let gemini: GeminiStandIn
  beforeAll(async () => {
    gemini = await startGemini({ apiKey: KEY })
  })
  afterEach(() => gemini.reset())
  afterAll(() => gemini.stop())

  it.each(WAYS)('by %s, and learns from what it says', async (_, connect) => {
    const counter = geminiTokenCounter({ calls: connect(gemini) }).views as ViewCounter
    const counted = await counter.count(VIEW)
    expect(counted).toBeGreaterThan(100)
    expect(counter.ratio).not.toBe(1)
    expect(gemini.requests.map(({ method }) => method)).toEqual(['countTokens'])
  })

  it('by options of a connection', async () => {
    const counter = geminiTokenCounter({ geminiApiKey: KEY, geminiBaseUrl: gemini.url }).views as ViewCounter
    expect(await counter.count(VIEW)).toBeGreaterThan(100)
  })

  it.each(WAYS)(
    'by %s, and leaves it alone for as long as it says, telling nothing of the view',
    async (_, connect) => {
      const clock = new ManualClock()
      const counter = geminiTokenCounter({ calls: connect(gemini), clock }).views as ViewCounter
      gemini.fail({ kind: 'status', code: 429, retryDelaySeconds: 45 })
      expect((await errorOf(counter.count(VIEW))).details).toMatchObject({ reason: 'rate-limited' })
      clock.advance(44_999)
      expect((await errorOf(counter.count(VIEW))).details).toMatchObject({ reason: 'shut-off' })
      expect(gemini.requests).toHaveLength(1)
      clock.advance(1)
      expect(await counter.count(VIEW)).toBeGreaterThan(100)
    },
  )

  it('for a prune, which is within the budget by its count', async () => {
    const tokenCounter = geminiTokenCounter({ geminiApiKey: KEY, geminiBaseUrl: gemini.url })
    const pruner = new ContextPruner({ tokenCounter })
    const view = await pruner.pruneByTokenBudget(HISTORY, { tokenBudget: 1000 })
    expect(gemini.requests.length).toBeGreaterThan(1)
    expect(await tokenCounter.views?.count(view)).toBe(view.report.tokensAfter)
    expect(view.report).toMatchObject({ counter: 'gemini-estimate', exact: true })
    expect(await viewProblems(HISTORY, view, { tokenBudget: 1000, tokenCounter })).toEqual([])

    // It has learned: the next one fits at once.
    const before = gemini.requests.length
    const next = await pruner.pruneByTokenBudget(HISTORY, { tokenBudget: 800 })
    expect(next.report.exact).toBe(true)
    expect(gemini.requests).toHaveLength(before + 1)
  })

  it('for a prune, which is an estimate with some room where there is no answer', async () => {
    gemini.fail({ kind: 'status', code: 503 }, { times: Number.POSITIVE_INFINITY })
    const tokenCounter = geminiTokenCounter({ geminiApiKey: KEY, geminiBaseUrl: gemini.url })
    const view = await new ContextPruner({ tokenCounter }).pruneByTokenBudget(HISTORY, { tokenBudget: 1000 })
    expect(view.length).toBeGreaterThan(5)
    expect(view.report).toMatchObject({ exact: false })
    expect(view.report.tokensAfter).toBeLessThanOrEqual(1000 / 1.1)
  })
})
