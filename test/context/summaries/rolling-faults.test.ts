import { describe, expect, it } from 'vitest'
import type { SummaryMemory } from '../../../src/context/index.ts'
import { ManualClock } from '../../../src/testing/manual-clock.ts'
import {
  bodies,
  emptyMemory,
  messages,
  prunerWith,
  SESSION,
  storedSummaries,
  told,
  words,
} from '../telling-summarizer.ts'

async function withHistory(count: number) {
  const memory = emptyMemory()
  await memory.addMemoryItems(bodies(1, count))
  return memory
}

type Call = keyof SummaryMemory

/** A memory of which some calls do something else. */
function withCalls(memory: SummaryMemory, instead: (call: Call) => void): SummaryMemory {
  return new Proxy(memory, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return async (...args: unknown[]) => {
        instead(name as Call)
        return Reflect.apply(value, target, args)
      }
    },
  })
}

describe('a memory that does not do what it is asked', () => {
  it.each<Call>(['addMemoryItem', 'deleteMemoryItem', 'getMemoryItem'])(
    'does not keep a view from being made: %s rejects',
    async (failing) => {
      await using memory = await withHistory(30)
      let fails = true
      const faulty = withCalls(memory, (call) => {
        if (fails && call === failing) throw new Error('the store is away')
      })
      const { pruner, summarizer } = prunerWith({ memory: faulty })
      for (let n = 31; n <= 50; n += 1) {
        await memory.addMemoryItems(bodies(n, n))
        const view = await pruner.pruneConversationHistory(SESSION)
        expect(told(view)).toEqual(words(1, view.report.summary?.coveredItems ?? 0))
      }
      expect(Math.max(...summarizer.itemsAsked.slice(1))).toBeLessThan(10)
      fails = false
      await memory.addMemoryItems(bodies(51, 60))
      const view = await pruner.pruneConversationHistory(SESSION)
      expect(view.report.summary?.isStored).toBe(true)
      expect((await storedSummaries(memory)).map(({ id }) => id)).toEqual([view.report.summary?.id])
    },
  )

  it('has its own error passed on where the session itself cannot be read', async () => {
    await using memory = await withHistory(30)
    const faulty = withCalls(memory, () => {
      throw new Error('the store is away')
    })
    const { pruner } = prunerWith({ memory: faulty })
    await expect(pruner.pruneConversationHistory(SESSION)).rejects.toThrow('the store is away')
  })
})

describe('a prune that is aborted', () => {
  it('at any call of the memory or of the summarizer rejects, and leaves the next one to do all', async () => {
    for (let at = 1; ; at += 1) {
      const memory = await withHistory(30)
      const controller = new AbortController()
      let calls = 0
      const count = (): void => {
        calls += 1
        if (calls === at) controller.abort(new Error('enough'))
      }
      const { pruner, summarizer } = prunerWith({ memory: withCalls(memory, count) })
      summarizer.instead = (answer) => {
        count()
        return answer
      }
      const { signal } = controller
      const first = await pruner
        .pruneConversationHistory(SESSION, { ...SESSION, signal })
        .catch((error: unknown) => error)
      if (calls >= at) expect(first).toMatchObject({ code: 'ABORTED' })
      await memory.addMemoryItems(bodies(31, 40))
      const view = await pruner.pruneConversationHistory(SESSION)
      expect(told(view)).toEqual(words(1, view.report.summary?.coveredItems ?? 0))
      expect((await storedSummaries(memory)).map(({ id }) => id)).toEqual([view.report.summary?.id])
      await memory.close()
      if (calls < at) return
    }
  })

  it.each(['before it has its turn', 'while the summarizer works'])('ends at once: %s', async (when) => {
    const { pruner, summarizer } = prunerWith()
    const history = messages(1, 30)
    const first = new AbortController()
    const second = new AbortController()
    const asked = Promise.withResolvers<void>()
    summarizer.instead = (answer) => {
      asked.resolve()
      return summarizer.requests.length === 1 ? new Promise(() => {}) : answer
    }
    const prune = ({ signal }: AbortController) =>
      pruner.pruneConversationHistory(history, { ...SESSION, signal }).catch((error: unknown) => error)
    const views = [prune(first), prune(second)]
    await asked.promise
    if (when.startsWith('before')) {
      second.abort()
      expect(await views[1]).toMatchObject({ code: 'ABORTED' })
    }
    first.abort()
    expect(await views[0]).toMatchObject({ code: 'ABORTED' })
    const view = await pruner.pruneConversationHistory(history, SESSION)
    expect(view.report.summary).toMatchObject({ model: 'telling' })
  })
})

describe('a summarizer that never answers', () => {
  it('has an extractive summary stand in after its time, and is asked again later, from the beginning', async () => {
    const clock = new ManualClock()
    const { pruner, summarizer } = prunerWith({ clock, summaryTimeoutMs: 1000 })
    const asked = Promise.withResolvers<void>()
    summarizer.instead = () => {
      asked.resolve()
      return new Promise(() => {})
    }
    const pruning = pruner.pruneConversationHistory(messages(1, 30), SESSION)
    await asked.promise
    await clock.advance(1000)
    expect((await pruning).report.summary).toMatchObject({ model: 'extractive', failure: { reason: 'timeout' } })
    expect(summarizer.requests[0]?.signal?.aborted).toBe(true)
    summarizer.instead = undefined
    const view = await pruner.pruneConversationHistory(messages(1, 40), SESSION)
    expect(told(view)).toEqual(words(1, view.report.summary?.coveredItems ?? 0))
  })
})

describe('many prunes at once', () => {
  it('of sessions that grow meanwhile leave each with one summary', async () => {
    await using memory = emptyMemory()
    const { pruner } = prunerWith({ memory })
    const { pruner: other } = prunerWith({ memory })
    const sessions = Array.from({ length: 5 }, (_, i) => ({ userId: 'ada', sessionId: `s${i}` }))
    const add = (session: typeof SESSION, from: number, to: number) =>
      memory.addMemoryItems(bodies(from, to).map((body) => ({ ...body, ...session })))
    for (const session of sessions) await add(session, 1, 30)
    await Promise.all(
      sessions.flatMap((session) =>
        Array.from({ length: 6 }, async (_, i) => {
          await add(session, 100 + i, 100 + i)
          await (i % 2 === 0 ? pruner : other).pruneConversationHistory(session)
        }),
      ),
    )
    for (const session of sessions) {
      const view = await pruner.pruneConversationHistory(session)
      const history = await memory.getConversationHistory(session)
      const summaries = history.filter(({ contentType }) => contentType === 'summary')
      expect(summaries.map(({ id }) => id)).toEqual([view.report.summary?.id])
      const said = history
        .filter(({ contentType }) => contentType !== 'summary')
        .map(({ content }) => content.split(' ')[0])
      expect(told(view)).toEqual(said.slice(0, view.report.summary?.coveredItems))
    }
  })

  it('of sessions without a memory keep summaries of 500', async () => {
    const { pruner, summarizer } = prunerWith()
    const history = messages(1, 30)
    const prune = (n: number) => pruner.pruneConversationHistory(history, { userId: 'ada', sessionId: `s${n}` })
    for (let n = 0; n <= 500; n += 1) await prune(n)
    expect(summarizer.requests).toHaveLength(501)
    await prune(500)
    await prune(1)
    expect(summarizer.requests).toHaveLength(501)
    await prune(0)
    expect(summarizer.requests).toHaveLength(502)
  })
})
