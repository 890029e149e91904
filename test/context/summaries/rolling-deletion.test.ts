import { describe, expect, it } from 'vitest'
import type { TieredStorageManager } from '../../../src/index.ts'
import { ManualClock } from '../../../src/testing/manual-clock.ts'
import {
  bodies,
  emptyMemory,
  message,
  messages,
  prunerWith,
  SESSION,
  storedSummaries,
  told,
} from '../telling-summarizer.ts'

async function withHistory(count: number) {
  const memory = emptyMemory()
  const ids = await memory.addMemoryItems(bodies(1, count))
  return { memory, ids, ...prunerWith({ memory }) }
}

describe('what was deleted', () => {
  it.each<[string, (memory: TieredStorageManager) => Promise<unknown>]>([
    ['the session', (memory) => memory.deleteSession(SESSION)],
    ['the user', (memory) => memory.eraseUser({ userId: SESSION.userId })],
  ])('is not stored again by a summary that was being written meanwhile: %s', async (_, erase) => {
    const { memory, pruner, summarizer } = await withHistory(30)
    summarizer.instead = async (answer) => {
      await erase(memory)
      return answer
    }
    const view = await pruner.pruneConversationHistory(SESSION)
    expect(view.report.summary?.isStored).toBe(false)
    expect(await memory.getConversationHistory(SESSION)).toEqual([])
    await memory.close()
  })

  it.each([3, 50])('is not told by the view of a history of which only the end was read: m%i', async (n) => {
    const { memory, pruner, ids } = await withHistory(60)
    const limit = 30
    expect(told(await pruner.pruneConversationHistory(SESSION))).toContain(`m${n}`)
    await memory.deleteMemoryItem(ids[n - 1] as string)
    const end = await memory.getConversationHistory({ ...SESSION, limit })
    expect(told(await pruner.pruneConversationHistory(end, SESSION))).not.toContain(`m${n}`)
    expect(told(await storedSummaries(memory))).not.toContain(`m${n}`)
    await memory.close()
  })

  it('is not told by a view that is pruned again', async () => {
    const { memory, pruner, ids } = await withHistory(60)
    const view = await pruner.pruneConversationHistory(SESSION)
    await memory.deleteMemoryItem(ids[2] as string)
    const again = await pruner.pruneConversationHistory(view, SESSION)
    expect(told(again)).not.toContain('m3')
    expect(told(await storedSummaries(memory))).not.toContain('m3')
    await memory.close()
  })
})

describe('what has expired', () => {
  it('is not told by a summary that only the pruner has', async () => {
    const clock = new ManualClock()
    const { pruner } = prunerWith({ clock })
    const history = [message(1, { expiresAt: clock.now() + 1000 }), ...messages(2, 40)]
    expect(told(await pruner.pruneConversationHistory(history, SESSION))).toContain('m1')
    await clock.advance(1000)
    const view = await pruner.pruneConversationHistory(history.slice(1), SESSION)
    expect(told(view)).toContain('m2')
    expect(told(view)).not.toContain('m1')
  })
})

describe('what was not deleted', () => {
  it('stays summarized when a view is pruned again, beside a pinned item among a thousand others', async () => {
    const { memory, pruner, ids, summarizer } = await withHistory(1000)
    for (const id of [ids[100], ids[800]]) await memory.updateMemoryItem(id as string, { pinned: true })
    const view = await pruner.pruneConversationHistory(SESSION)
    const again = await pruner.pruneConversationHistory(view, SESSION)
    expect(again).toEqual(view)
    expect(summarizer.requests).toHaveLength(1)
    expect((await storedSummaries(memory)).map(({ id }) => id)).toEqual([view.report.summary?.id])
    await memory.close()
  })

  it('stays summarized where the memory keeps the summaries of items that lie elsewhere', async () => {
    const { memory, pruner, summarizer } = await withHistory(60)
    const elsewhere = await memory.getConversationHistory(SESSION)
    await using other = emptyMemory()
    const options = { ...SESSION, memory: other }
    const view = await pruner.pruneConversationHistory(elsewhere, options)
    const again = await pruner.pruneConversationHistory(view, options)
    expect(again.report.summary?.coveredItems).toBe(view.report.summary?.coveredItems)
    expect(summarizer.requests).toHaveLength(1)
    await memory.close()
  })
})
