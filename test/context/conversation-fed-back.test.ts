import { describe, expect, it } from 'vitest'
import type { PrunedHistory } from '../../src/context/index.ts'
import type { MemoryItem } from '../../src/memory/memory-item.ts'
import { item } from './items.ts'
import { firstWord, message, messages, prunerWith, SESSION, told, words } from './telling-summarizer.ts'

describe('a view that is kept as the history', () => {
  it.each([
    ['items', {}],
    ['tokens', { maxContextItems: 1000, maxContextTokens: 1000, summarizationThreshold: 10, summaryMaxTokens: 250 }],
    ['one item in three', { maxContextItems: 3 }],
    ['a prompt cache', { stablePrefix: true }],
  ])('loses nothing of a conversation, pruned by %s', async (_, options) => {
    const { pruner } = prunerWith(options)
    let view: readonly MemoryItem[] = messages(1, 24)
    for (let n = 25; n <= 150; n += 1) {
      view = await pruner.pruneConversationHistory([...view, message(n)], SESSION)
      const said = new Set([...told(view), ...view.map(({ content }) => firstWord(content))])
      expect(words(1, n).filter((word) => !said.has(word))).toEqual([])
    }
  })

  it('summarizes nothing twice that a question had picked', async () => {
    const { pruner } = prunerWith()
    const options = { ...SESSION, query: 'What is the name of our boat?' }
    const boat = item('we named the boat Kittiwake', { id: 'boat' } as object)
    let view: PrunedHistory = await pruner.pruneConversationHistory(
      [...messages(1, 9), boat, ...messages(11, 400)],
      options,
    )
    for (let n = 401; n <= 440; n += 1) {
      view = await pruner.pruneConversationHistory([...view, message(n)], options)
      expect(view.map(({ id }) => id)).toContain('boat')
    }
    const all = told(view)
    expect(all.filter((word) => word === 'we')).toHaveLength(1)
    expect(new Set(all).size).toBe(all.length)
    expect(view.report.summary?.coveredItems).toBe(all.length)
  })

  it('keeps together calls of one turn between which a summary was stored', async () => {
    const { pruner } = prunerWith()
    const view = await pruner.pruneConversationHistory(messages(1, 30), SESSION)
    const summary = view[0] as MemoryItem
    expect(summary.contentType).toBe('summary')
    const exchange = [
      item('find()', { contentType: 'tool_call', callId: 'a' }),
      summary,
      item('read()', { contentType: 'tool_call', callId: 'b' }),
      item('found', { contentType: 'tool_result', callId: 'a' }),
      item('it says so', { contentType: 'tool_result', callId: 'b' }),
    ]
    const history = [...messages(1, 30), ...exchange]
    for (let tokenBudget = 1; tokenBudget <= 60; tokenBudget += 1) {
      const short = await pruner.pruneByTokenBudget(history, { tokenBudget }).catch(() => [])
      const kept = short.filter(({ contentType }) => contentType.startsWith('tool_'))
      expect([0, 4]).toContain(kept.length)
    }
  })
})
