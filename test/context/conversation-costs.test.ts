import { describe, expect, it } from 'vitest'
import { inProcessDurableStore, inProcessHotStore, TieredStorageManager } from '../../src/index.ts'
import { CallCounter } from '../support/watched-store.ts'
import { bodies, message, messages, prunerWith, SESSION, storedSummaries } from './telling-summarizer.ts'

describe('a conversation of small turns, pruned at each of them', () => {
  it.each([3, 6, 15, 30])('has nothing summarized for a third of %i turns after a summary', async (maxContextItems) => {
    for (let first = 25; first <= 45; first += 1) {
      const { pruner, summarizer } = prunerWith({ maxContextItems })
      const history = messages(1, first)
      await pruner.pruneConversationHistory(history, SESSION)
      if (summarizer.requests.length === 0) continue
      for (let turn = 1; turn < maxContextItems / 3; turn += 1) {
        history.push(message(first + turn))
        await pruner.pruneConversationHistory(history, SESSION)
        expect(summarizer.requests, `turn ${turn} after ${first}`).toHaveLength(1)
      }
    }
  })

  it('has each item sent to the summarizer once', async () => {
    const { pruner, summarizer } = prunerWith()
    const history = messages(1, 500)
    for (let count = 1; count <= 500; count += 1) {
      await pruner.pruneConversationHistory(history.slice(0, count), SESSION)
    }
    const sent = summarizer.requests.flatMap(({ items }) => items.map(({ id }) => id))
    expect(sent).toEqual(history.slice(0, sent.length).map(({ id }) => id))
    expect(summarizer.requests.length).toBeLessThanOrEqual(100)
  })

  it('costs a read of the store, and for a summary two more with an append and a commit', async () => {
    const calls = new CallCounter()
    await using memory = new TieredStorageManager({
      stores: { durable: calls.wrap(inProcessDurableStore()), hot: inProcessHotStore() },
      tierMigrationInterval: 0,
    })
    const { pruner, summarizer } = prunerWith({ memory })
    for (let n = 1; n <= 150; n += 1) {
      await memory.addMemoryItems(bodies(n, n))
      const asked = summarizer.requests.length
      const before = calls.all
      await pruner.pruneConversationHistory(SESSION)
      const isSummary = summarizer.requests.length > asked
      expect(calls.all - before).toBeLessThanOrEqual(isSummary ? 5 : 1)
    }
    expect(summarizer.requests.length).toBeGreaterThan(10)
  })

  it('stores a summary of at most some kilobytes, however long it is', async () => {
    await using memory = new TieredStorageManager({
      stores: { durable: inProcessDurableStore(), hot: inProcessHotStore() },
      tierMigrationInterval: 0,
    })
    await memory.addMemoryItems(bodies(1, 3000))
    const { pruner, summarizer } = prunerWith({ memory })
    summarizer.instead = (answer) => ({ ...answer, text: 'short' })
    await pruner.pruneConversationHistory(SESSION)
    expect(JSON.stringify(await storedSummaries(memory)).length).toBeLessThan(6000)
  })
})
