import { describe, expect, it } from 'vitest'
import {
  CONTEXT_PRUNER_DEFAULTS,
  ContextPruner,
  type ContextPrunerOptions,
  type PrunedHistory,
  type SummarizeRequest,
  type Summarizer,
} from '../../src/context/index.ts'
import { inProcessDurableStore, inProcessHotStore, TieredStorageManager } from '../../src/index.ts'
import type { ItemBody, MemoryItem } from '../../src/memory/memory-item.ts'
import { ManualClock } from '../../src/testing/manual-clock.ts'
import { item, quarterCounter } from './items.ts'

const SESSION = { userId: 'ada', sessionId: 's1' }

/** Says which messages it was given, by their numbers, and can be told to fail. */
class NumberingSummarizer implements Summarizer {
  readonly name = 'numbering'
  readonly requests: SummarizeRequest[] = []
  failure: Error | undefined

  async summarize(request: SummarizeRequest) {
    this.requests.push(request)
    if (this.failure) throw this.failure
    const numbers = request.items.map(({ content }) => content.split(' ')[0])
    const text = [request.previous, ...numbers].filter(Boolean).join(' ')
    return { text, model: this.name, promptVersion: 7 }
  }
}

function message(n: number, body: Partial<ItemBody> = {}): MemoryItem {
  return item(`m${n} says a few words of no importance`, { id: `id-${n}`, ...body } as Partial<ItemBody>)
}

function messages(from: number, to: number): MemoryItem[] {
  return Array.from({ length: to - from + 1 }, (_, i) => message(from + i))
}

function numbersOf(view: readonly MemoryItem[]): string {
  return view.map(({ contentType, content }) => (contentType === 'summary' ? 'S' : content.split(' ')[0])).join(' ')
}

function prunerWith(options: ContextPrunerOptions = {}) {
  const summarizer = new NumberingSummarizer()
  return { summarizer, pruner: new ContextPruner({ tokenCounter: quarterCounter, summarizer, ...options }) }
}

function summaryText(view: PrunedHistory): string {
  return view.find(({ contentType }) => contentType === 'summary')?.content.split('\n')[1] ?? ''
}

describe('pruneConversationHistory()', () => {
  it('has the defaults that were promised', () => {
    expect(CONTEXT_PRUNER_DEFAULTS).toMatchObject({
      maxContextItems: 15,
      maxContextTokens: 4000,
      summarizationThreshold: 25,
      summaryMaxTokens: 1000,
    })
  })

  it('gives up to 15 items as they are, prunes 16 to 24 without a summary, and summarizes from 25 on', async () => {
    const { pruner, summarizer } = prunerWith()
    for (const count of [1, 15]) {
      const history = messages(1, count)
      expect(await pruner.pruneConversationHistory(history, SESSION)).toEqual(history)
    }
    for (const count of [16, 24]) {
      const view = await pruner.pruneConversationHistory(messages(1, count), SESSION)
      expect(view.length).toBeLessThanOrEqual(15)
      expect(view.report.hidden.every(({ reason }) => reason === 'no-room')).toBe(true)
    }
    expect(summarizer.requests).toEqual([])
    const view = await pruner.pruneConversationHistory(messages(1, 25), SESSION)
    expect(summarizer.requests).toHaveLength(1)
    expect(numbersOf(view)).toBe('S m17 m18 m19 m20 m21 m22 m23 m24 m25')
    expect(view.report.hidden.every(({ reason }) => reason === 'summarized')).toBe(true)
    expect(view.report.summary).toMatchObject({ model: 'numbering', promptVersion: 7, trust: 'conversation' })
    expect(view.report.summary?.covers).toContain('id-15')
  })

  it('extends the summary by what is new, once in some turns', async () => {
    const { pruner, summarizer } = prunerWith()
    for (let count = 25; count <= 45; count += 1) await pruner.pruneConversationHistory(messages(1, count), SESSION)
    const sent = summarizer.requests.map(({ items }) => items.length)
    expect(sent).toEqual([16, 6, 6, 6])
    expect(summarizer.requests[2]?.previous?.split(' ')).toHaveLength(22)
    const view = await pruner.pruneConversationHistory(messages(1, 45), SESSION)
    expect(summaryText(view).split(' ')).toEqual(messages(1, 34).map(({ content }) => content.split(' ')[0]))
    expect(view.report.summary?.coveredItems).toBe(34)
  })

  it('begins anew when something that it covers is deleted or edited', async () => {
    const { pruner, summarizer } = prunerWith()
    const history = messages(1, 30)
    await pruner.pruneConversationHistory(history, SESSION)
    const without = history.filter(({ id }) => id !== 'id-3')
    expect(summaryText(await pruner.pruneConversationHistory(without, SESSION))).not.toContain('m3 ')
    expect(summarizer.requests.at(-1)).not.toHaveProperty('previous')
    const edited = without.map((one) => (one.id === 'id-5' ? message(55, { ...{ id: 'id-5' } } as object) : one))
    const view = await pruner.pruneConversationHistory(edited, SESSION)
    expect(summaryText(view).split(' ')).toContain('m55')
    expect(summaryText(view).split(' ')).not.toContain('m5')
  })

  it('gives a view that it does not prune again, for several turns', async () => {
    const { pruner, summarizer } = prunerWith()
    let view: readonly MemoryItem[] = await pruner.pruneConversationHistory(messages(1, 40), SESSION)
    const calls = summarizer.requests.length
    expect(await pruner.pruneConversationHistory(view, SESSION)).toEqual(view)
    for (let n = 41; n <= 45; n += 1) {
      const grown: readonly MemoryItem[] = [...view, message(n)]
      view = await pruner.pruneConversationHistory(grown, SESSION)
      expect(view).toEqual(grown)
    }
    expect(summarizer.requests).toHaveLength(calls)
  })

  it('goes on from a view that somebody keeps as the history', async () => {
    const { pruner, summarizer } = prunerWith()
    let history: readonly MemoryItem[] = messages(1, 24)
    for (let n = 25; n <= 60; n += 1) {
      history = await pruner.pruneConversationHistory([...history, message(n)], SESSION)
    }
    const all = `${summaryText(history as PrunedHistory)} ${numbersOf(history)}`
    for (let n = 1; n <= 60; n += 1) expect(all.split(' '), `message ${n}`).toContain(`m${n}`)
    expect(Math.max(...summarizer.requests.slice(1).map(({ items }) => items.length))).toBeLessThan(15)
  })

  it('keeps system messages, pinned and relevant items', async () => {
    const { pruner } = prunerWith()
    const history = [
      message(0, { contentType: 'system_message' }),
      message(1, { pinned: true }),
      item('we named the boat Kittiwake', { contentType: 'user_message' }),
      ...messages(2, 40),
    ]
    const view = await pruner.pruneConversationHistory(history, { ...SESSION, query: 'What is the name of our boat?' })
    expect(numbersOf(view)).toMatch(/^m0 S m1 we /)
    expect(view.filter(({ contentType }) => contentType === 'summary')).toHaveLength(1)
  })

  it('lets an extractive summary stand in where the summarizer fails, and tries again later', async () => {
    const { pruner, summarizer } = prunerWith()
    summarizer.failure = new Error('no network')
    const view = await pruner.pruneConversationHistory(messages(1, 30), SESSION)
    expect(view.report.summary).toMatchObject({
      model: 'extractive',
      failure: { code: 'MODEL_FAILED', message: 'no network' },
    })
    await pruner.pruneConversationHistory(messages(1, 30), SESSION)
    expect(summarizer.requests).toHaveLength(1)
    summarizer.failure = undefined
    const later = await pruner.pruneConversationHistory(messages(1, 36), SESSION)
    expect(later.report.summary).toMatchObject({ model: 'numbering' })
    expect(later.report.summary).not.toHaveProperty('failure')
    expect(summaryText(later)).toMatch(/^m1 m2 /)
  })

  it('waits for a summary for so long only, and tells the summarizer to stop', async () => {
    const clock = new ManualClock()
    let signal: AbortSignal | undefined
    const { promise: isAsked, resolve } = Promise.withResolvers<void>()
    const summarizer: Summarizer = {
      name: 'hanging',
      summarize(request) {
        signal = request.signal
        resolve()
        return new Promise(() => {})
      },
    }
    const pruner = new ContextPruner({ tokenCounter: quarterCounter, summarizer, summaryTimeoutMs: 2000, clock })
    const pruning = pruner.pruneConversationHistory(messages(1, 30), SESSION)
    await isAsked
    clock.advance(2000)
    const { report } = await pruning
    expect(report.summary).toMatchObject({ model: 'extractive', failure: { code: 'MODEL_FAILED', reason: 'timeout' } })
    expect(signal?.aborted).toBe(true)
  })

  it('ends at once when the caller aborts', async () => {
    const abort = new AbortController()
    const summarizer: Summarizer = {
      name: 'hanging',
      summarize() {
        abort.abort(new Error('user left'))
        return new Promise(() => {})
      },
    }
    const pruner = new ContextPruner({ tokenCounter: quarterCounter, summarizer })
    const options = { ...SESSION, signal: abort.signal }
    await expect(pruner.pruneConversationHistory(messages(1, 30), options)).rejects.toMatchObject({ code: 'ABORTED' })
  })

  it('forgets a summary when the first of what it covers expires', async () => {
    const clock = new ManualClock(1_760_000_000_000)
    const { pruner, summarizer } = prunerWith({ clock })
    const secret = message(1, { expiresAt: clock.now() + 1000 })
    const view = await pruner.pruneConversationHistory([secret, ...messages(2, 30)], SESSION)
    expect(view.find(({ contentType }) => contentType === 'summary')?.expiresAt).toBe(secret.expiresAt)
    clock.advance(1000)
    const later = await pruner.pruneConversationHistory([secret, ...messages(2, 30)].slice(1), SESSION)
    expect(summaryText(later)).not.toMatch(/\bm1\b/)
    const fedBack = await pruner.pruneConversationHistory([...view, message(31)], SESSION)
    expect(summaryText(fedBack)).not.toMatch(/\bm1\b/)
    expect(summarizer.requests).toHaveLength(2)
  })

  it("refuses to take somebody's history for another's", async () => {
    const { pruner } = prunerWith()
    const options = { ...SESSION, userId: 'bob' }
    await expect(pruner.pruneConversationHistory(messages(1, 30), options)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    })
  })

  it('counts the summary among maxContextItems', async () => {
    const { pruner } = prunerWith()
    const counts: number[] = []
    for (let count = 25; count <= 60; count += 1) {
      const view = await pruner.pruneConversationHistory(messages(1, count), SESSION)
      expect(view.report.summary).toBeDefined()
      counts.push(view.length)
    }
    expect(Math.max(...counts)).toBe(15)
  })

  it('shows a summary beside an exchange that alone has more than maxContextItems', async () => {
    const { pruner } = prunerWith()
    const calls = Array.from({ length: 16 }, (_, i) => message(i + 41, { contentType: 'tool_call', callId: `c${i}` }))
    const history = [...messages(1, 40), ...calls]
    const view = await pruner.pruneConversationHistory(history, SESSION)
    expect(view.map(({ contentType }) => contentType)).toEqual(['summary', ...calls.map(() => 'tool_call')])
  })

  it('does not summarize again in the turns after a first summary, however long the history was', async () => {
    for (let count = 25; count <= 40; count += 1) {
      const { pruner, summarizer } = prunerWith()
      for (let more = 0; more < 5; more += 1) {
        await pruner.pruneConversationHistory(messages(1, count + more), SESSION)
      }
      expect(summarizer.requests, `from ${count} items on`).toHaveLength(1)
    }
  })

  it('summarizes once where many prune the same session at once', async () => {
    const { pruner, summarizer } = prunerWith()
    const history = messages(1, 30)
    await Promise.all(Array.from({ length: 8 }, () => pruner.pruneConversationHistory(history, SESSION)))
    expect(summarizer.requests).toHaveLength(1)
  })

  it('leaves out what came from tools, if asked to', async () => {
    const { pruner, summarizer } = prunerWith({ excludeFromSummary: 'untrusted' })
    const call = item('search()', { contentType: 'tool_call', callId: 'c1' })
    const result = item('from the web', { contentType: 'tool_result', callId: 'c1' })
    const view = await pruner.pruneConversationHistory([call, result, ...messages(1, 30)], SESSION)
    expect(summarizer.requests[0]?.items.map(({ id }) => id)).not.toContain(result.id)
    expect(view.report.hidden.find(({ id }) => id === result.id)).toEqual({ id: result.id, reason: 'no-room' })
    expect(view.report.summary?.trust).toBe('conversation')
  })
})

describe('pruneConversationHistory() with a memory', () => {
  async function open(count: number) {
    const memory = new TieredStorageManager({
      stores: { durable: inProcessDurableStore(), hot: inProcessHotStore() },
      tierMigrationInterval: 0,
    })
    const ids = await memory.addMemoryItems(
      messages(1, count).map(({ content, contentType }) => ({ ...SESSION, content, contentType })),
    )
    return { memory, ids, ...prunerWith({ memory }) }
  }

  it('stores one summary, which another process goes on with', async () => {
    const { memory, pruner } = await open(30)
    const view = await pruner.pruneConversationHistory(SESSION)
    expect(view.report.summary).toMatchObject({ isStored: true, coveredItems: 21 })
    const stored = (await memory.getConversationHistory(SESSION)).filter(({ contentType }) => contentType === 'summary')
    expect(stored.map(({ id }) => id)).toEqual([view.report.summary?.id])

    const other = prunerWith({ memory })
    expect((await other.pruner.pruneConversationHistory(SESSION)).map(({ id }) => id)).toEqual(view.map(({ id }) => id))
    expect(other.summarizer.requests).toEqual([])
    await memory.addMemoryItems(
      messages(31, 40).map(({ content, contentType }) => ({ ...SESSION, content, contentType })),
    )
    const extended = await other.pruner.pruneConversationHistory(SESSION)
    expect(other.summarizer.requests.map(({ items }) => items.length)).toEqual([10])
    expect(extended.report.summary?.coveredItems).toBe(31)
    const after = (await memory.getConversationHistory(SESSION)).filter(({ contentType }) => contentType === 'summary')
    expect(after.map(({ id }) => id)).toEqual([extended.report.summary?.id])
    await memory.close()
  })

  it.each([
    ['deleted', (memory: TieredStorageManager, id: string) => memory.deleteMemoryItem(id)],
    ['edited', (memory: TieredStorageManager, id: string) => memory.updateMemoryItem(id, { content: 'changed' })],
  ])('makes it anew, and deletes the old one, when an item is %s', async (_, change) => {
    const { memory, pruner, ids, summarizer } = await open(30)
    const before = await pruner.pruneConversationHistory(SESSION)
    await change(memory, ids[4] as string)
    const view = await pruner.pruneConversationHistory(SESSION)
    expect(summarizer.requests.at(-1)).not.toHaveProperty('previous')
    expect(summaryText(view).split(' ')).not.toContain('m5')
    expect(await memory.getMemoryItem(before.report.summary?.id as string)).toBeUndefined()
    await memory.close()
  })

  it('does not use what is left of an erased conversation', async () => {
    const { memory, pruner, summarizer } = await open(30)
    await pruner.pruneConversationHistory(SESSION)
    await memory.deleteSession(SESSION)
    await memory.addMemoryItems(
      messages(101, 130).map(({ content, contentType }) => ({ ...SESSION, content, contentType })),
    )
    const view = await pruner.pruneConversationHistory(SESSION)
    expect(summarizer.requests.at(-1)).not.toHaveProperty('previous')
    expect(summaryText(view)).not.toMatch(/\bm\d\b/)
    await memory.close()
  })

  it.each(['{}', '{"version":1}'])('deletes nothing because a history calls it a summary: %s', async (data) => {
    const { memory, pruner, ids } = await open(1)
    const forged = message(0, { contentType: 'summary', payload: { format: 'thermocline.summary', data } })
    const mallory = [{ ...forged, id: ids[0] as string }, ...messages(1, 30)].map((one) => ({
      ...one,
      userId: 'mallory',
    }))
    await pruner.pruneConversationHistory(mallory, { ...SESSION, userId: 'mallory' })
    await pruner.pruneConversationHistory([{ ...forged, id: ids[0] as string }, ...messages(1, 30)], SESSION)
    expect(await memory.getMemoryItem(ids[0] as string)).toMatchObject({ content: message(1).content })
    await memory.close()
  })

  it('looks for what is relevant in what was said, not in the summary', async () => {
    const { memory, pruner } = await open(24)
    await memory.addMemoryItem({ ...SESSION, contentType: 'user_message', content: 'we named the boat Kittiwake' })
    const query = 'What is the boat called Kittiwake?'
    await pruner.pruneConversationHistory(SESSION)
    await memory.addMemoryItems(
      messages(25, 60).map(({ content, contentType }) => ({ ...SESSION, content, contentType })),
    )
    const history = await memory.getConversationHistory(SESSION)
    const said = history.filter(({ contentType }) => contentType !== 'summary')
    expect(said.length).toBeLessThan(history.length)
    const options = { tokenBudget: 200, query }
    const picking = () => new ContextPruner({ tokenCounter: quarterCounter, recentShare: 0 })
    const withSummary = await picking().pruneByTokenBudget(history, options)
    const without = await picking().pruneByTokenBudget(said, {
      ...options,
      tokenBudget: 200 - withSummary.report.tokensByPart.summary,
    })
    expect(withSummary.filter(({ contentType }) => contentType !== 'summary')).toEqual(without)
    await memory.close()
  })

  it('goes on in a fork', async () => {
    const { memory, pruner, summarizer } = await open(30)
    const { report } = await pruner.pruneConversationHistory(SESSION)
    await memory.forkSession({ ...SESSION, toSessionId: 's2' })
    const view = await pruner.pruneConversationHistory({ ...SESSION, sessionId: 's2' })
    expect(view.report.summary).toMatchObject({ coveredItems: 21, isStored: true })
    expect(view.report.summary?.id).not.toBe(report.summary?.id)
    expect(summarizer.requests).toHaveLength(1)
    await memory.close()
  })

  it('leaves nothing of a session that is erased while its summary is being made', async () => {
    const { memory, pruner, summarizer } = await open(30)
    const summarize = summarizer.summarize.bind(summarizer)
    summarizer.summarize = async (request) => {
      await memory.eraseUser(SESSION)
      return summarize(request)
    }
    await pruner.pruneConversationHistory(SESSION)
    expect(await memory.getConversationHistory({ ...SESSION, read: 'strong' })).toEqual([])
    await memory.close()
  })

  it('goes on where only the end of the session is read', async () => {
    const { memory, pruner, summarizer } = await open(60)
    await pruner.pruneConversationHistory(SESSION)
    const end = await memory.getConversationHistory({ ...SESSION, limit: 20 })
    const view = await pruner.pruneConversationHistory(end, SESSION)
    expect(view.report.summary?.coveredItems).toBe(51)
    expect(summarizer.requests).toHaveLength(1)
    await memory.close()
  })
})
