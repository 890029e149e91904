import { describe, expect, it } from 'vitest'
import type { MemoryItem } from '../../../src/memory/memory-item.ts'
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

const excludeNotes = { excludeFromSummary: ({ contentType }: MemoryItem) => contentType === 'note' }

function withNotes(numbers: readonly number[], to: number): MemoryItem[] {
  return messages(1, to).map((one, i) => (numbers.includes(i + 1) ? message(i + 1, { contentType: 'note' }) : one))
}

describe('items that must not go into a summary', () => {
  it('leave it to be extended by what is new, however long the conversation is', async () => {
    const { pruner, summarizer } = prunerWith(excludeNotes)
    const tens = Array.from({ length: 100 }, (_, i) => i * 10)
    const history = withNotes(tens, 900)
    for (let count = 25; count <= 900; count += 5) {
      await pruner.pruneConversationHistory(history.slice(0, count), SESSION)
    }
    expect(Math.max(...summarizer.itemsAsked.slice(1))).toBeLessThanOrEqual(10)
  })

  it('may stand last before a cut, which stays where it is for several turns', async () => {
    const { pruner, summarizer } = prunerWith(excludeNotes)
    const history = withNotes([22, 23, 24, 25], 60)
    await pruner.pruneConversationHistory(history.slice(0, 31), SESSION)
    expect(summarizer.itemsAsked).toEqual([21])
    for (let count = 32; count <= 40; count += 1)
      await pruner.pruneConversationHistory(history.slice(0, count), SESSION)
    // Of the six that the cut moves by, three are notes.
    expect(summarizer.itemsAsked).toEqual([21, 3])
  })

  it('are not shown by what a pruner that may cover them has stored', async () => {
    await using memory = emptyMemory()
    const lax = prunerWith({ memory })
    const strict = prunerWith({ memory, excludeFromSummary: 'untrusted' })
    await memory.addMemoryItems(
      bodies(1, 40).map((body, i) => (i === 3 ? { ...body, contentType: 'tool_result' } : body)),
    )
    expect(told(await lax.pruner.pruneConversationHistory(SESSION))).toContain('m4')
    const view = await strict.pruner.pruneConversationHistory(SESSION)
    expect(told(view)).not.toContain('m4')
    expect(view.report.summary?.trust).toBe('conversation')
    expect((await storedSummaries(memory)).map(({ id }) => id)).toEqual([view.report.summary?.id])
  })
})
