import { describe, expect, it } from 'vitest'
import { ContextPruner, type Embedder, type PrunedHistory } from '../../src/context/index.ts'
import type { DeferrableWork } from '../../src/lib/deferrable-work.ts'
import type { MemoryItem } from '../../src/memory/memory-item.ts'
import { PressureGauge } from '../../src/telemetry/pressure/gauge.ts'
import { PressureResponse } from '../../src/telemetry/pressure/response.ts'
import { item, quarterCounter } from './items.ts'
import { message, messages, prunerWith, SESSION } from './telling-summarizer.ts'

const QUERIES = ['Where is the boat?', 'Who was ill on Monday?', 'why?', undefined]
const SUBJECTS = [
  'the boat is in the harbour',
  'Bo was ill on Monday',
  'it rained',
  'the sails cost 300',
  'nobody came',
]

/** Of their own, so that pruners with them share nothing. */
function ownServices() {
  const counter = { ...quarterCounter, calls: 0 }
  const embedder: Embedder & { texts: number } = {
    name: 'letters',
    texts: 0,
    async embed(texts, { kind }) {
      if (kind === 'item') this.texts += texts.length
      return texts.map((text) => [...'abcdefghijklmnopqrst'].map((letter) => text.split(letter).length))
    },
  }
  return { counter, embedder }
}

function talk(count: number): MemoryItem[] {
  return Array.from({ length: count }, (_, n) =>
    item(`${n}: ${SUBJECTS[n % 5]}, ${SUBJECTS[(n * n) % 5]}.`, { callId: `${n}` }),
  )
}

/** The views of a conversation that goes on, by all calls. */
async function pruneAll(
  pruner: ContextPruner,
  history: readonly MemoryItem[],
  before: () => void,
): Promise<PrunedHistory[]> {
  const views: PrunedHistory[] = []
  for (let end = 20; end <= history.length; end += 4) {
    const soFar = history.slice(0, end)
    const options = { query: QUERIES[end % QUERIES.length] }
    before()
    views.push(await pruner.pruneConversationHistory(soFar, { ...options, ...SESSION }))
    before()
    views.push(await pruner.pruneByTokenBudget(soFar, { ...options, tokenBudget: 200, summarize: end % 3 === 0 }))
  }
  return views
}

const told = (views: readonly PrunedHistory[]) => views.map((view) => ({ items: [...view], report: view.report }))

describe('under memory pressure a pruner', () => {
  it('gives the very views that it would give with all of its caches, and only works more', async () => {
    const history = talk(80)
    const shrinks: ((pruner: ContextPruner) => void)[] = [
      () => undefined,
      ({ relief }) => void relief.shrinkCaches(0.25),
      ({ relief }) => {
        for (const cache of relief.caches) cache.limit(0)
      },
    ]
    const runs = []
    for (const shrink of shrinks) {
      const { counter, embedder } = ownServices()
      const pruner = new ContextPruner({ tokenCounter: counter, embedder, maxContextTokens: 300 })
      const views = await pruneAll(pruner, history, () => shrink(pruner))
      const held = pruner.relief.cacheUse.bytes
      runs.push({ views: told(views), counted: counter.calls, embedded: embedder.texts, held })
      pruner.relief.growCaches(Number.MAX_SAFE_INTEGER)
    }
    const [whole, shrunk, none] = runs
    expect(shrunk?.views).toEqual(whole?.views)
    expect(none?.views).toEqual(whole?.views)
    expect(whole?.views.some(({ report }) => report.summary !== undefined)).toBe(true)
    expect(none?.held).toBe(0)
    expect(none?.counted).toBeGreaterThan(2 * whole!.counted)
    expect(none?.embedded).toBeGreaterThan(2 * whole!.embedded)
  })

  it('holds less of all that it has, as a profiler asks for, and then as much as ever', async () => {
    const { counter: tokenCounter, embedder } = ownServices()
    const pruner = new ContextPruner({ tokenCounter, embedder })
    const history = Array.from({ length: 400 }, (_, n) => item(`${n} ${'the boat is in the harbour '.repeat(80)}`))
    const prune = async () => {
      await pruner.pruneConversationHistory(history, SESSION)
      await pruner.pruneByTokenBudget(history, { query: 'boat', tokenBudget: 2000 })
    }
    await prune()
    const before = pruner.relief.caches.map(({ bytes }) => bytes)
    const response = new PressureResponse({ enableGcPressure: false })
    response.relieve(pruner)
    // Another one with the same counter: what they share is shrunk once.
    response.relieve(new ContextPruner({ tokenCounter, embedder }))
    const { deeds } = await response.respond(new PressureGauge().update({ at: 0, percentUsed: 82 }))
    const after = pruner.relief.caches.map(({ bytes }) => bytes)
    for (const [i, bytes] of before.entries()) {
      expect(bytes).toBeGreaterThan(128 * 1024)
      expect(after[i]).toBeLessThanOrEqual(bytes / 2)
    }
    expect(after[1]).toBeGreaterThan(before[1]! / 3)
    const freedBytes = before.reduce((sum, bytes, i) => sum + bytes - after[i]!, 0)
    expect(deeds).toEqual([{ deed: 'caches-shrunk', freedBytes }])
    await prune()
    expect(pruner.relief.cacheUse.bytes).toBeLessThanOrEqual(pruner.relief.cacheUse.limitBytes)
    response.rest()
    await prune()
    expect(pruner.relief.caches.map(({ bytes }) => bytes)).toEqual(before)
  })

  it('makes no new summary while that is refused, also without a memory', async () => {
    const { pruner, summarizer } = prunerWith()
    pruner.relief.refuse(['summary'] satisfies DeferrableWork[])
    const view = await pruner.pruneConversationHistory(messages(1, 30), SESSION)
    expect(view.length).toBeLessThanOrEqual(15)
    expect(view.at(-1)?.content).toBe(message(30).content)
    expect(summarizer.requests).toEqual([])
    pruner.relief.refuse([])
    await pruner.pruneConversationHistory(messages(1, 30), SESSION)
    expect(summarizer.requests).toHaveLength(1)
  })
})
