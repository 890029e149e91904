import { describe, expect, it } from 'vitest'
import { ContextPruner, fromOpenAI, type OpenAIMessage, toOpenAI } from '../../../src/context/index.ts'
import { ManualClock } from '../../../src/testing/manual-clock.ts'
import { quarterCounter } from '../items.ts'

const SESSION = { userId: 'ada', sessionId: 's1' }

function chat(turns: number): OpenAIMessage[] {
  return Array.from({ length: turns }, (_, n): OpenAIMessage[] => [
    { role: 'user', content: `question ${n} of many` },
    { role: 'assistant', content: 'yes' },
  ]).flat()
}

describe('messages that were never in a memory', () => {
  it('are pruned and go back as they came', async () => {
    const messages = chat(20)
    const pruner = new ContextPruner({ tokenCounter: quarterCounter })
    const view = await pruner.pruneByTokenBudget(fromOpenAI(messages, SESSION), { tokenBudget: 60 })
    expect(view.report).toMatchObject({ kept: view.length, tokensBefore: 20 * 6 })
    expect(view.report.hidden).toHaveLength(40 - view.length)
    const sent = toOpenAI(view)
    expect(sent.at(-1)).toEqual(messages.at(-1))
    for (const message of sent) expect(messages).toContainEqual(message)
    expect(await pruner.pruneByTokenBudget(view, { tokenBudget: 60 })).toEqual(view)
  })

  it('are the same items when more of the conversation is handed in', async () => {
    const pruner = new ContextPruner({ tokenCounter: quarterCounter, clock: new ManualClock() })
    const ids = async (turns: number): Promise<string[]> => {
      const view = await pruner.pruneByTokenBudget(fromOpenAI(chat(turns), SESSION))
      return view.map(({ id }) => id)
    }
    const before = await ids(5)
    expect(new Set(before).size).toBe(10)
    expect((await ids(8)).slice(0, 10)).toEqual(before)
    let asked = 0
    const summarizer = {
      name: 'counting',
      summarize: async ({ items }: { items: readonly unknown[] }) => {
        asked += items.length
        return { text: 'notes', model: 'counting', promptVersion: 1 }
      },
    }
    const summarizing = new ContextPruner({ tokenCounter: quarterCounter, summarizer })
    for (let turns = 13; turns < 40; turns += 1) {
      await summarizing.pruneConversationHistory(fromOpenAI(chat(turns), SESSION))
    }
    expect(asked).toBeLessThan(80)
  })

  it('keep the id that another store gave them', async () => {
    const clock = new ManualClock()
    const pruner = new ContextPruner({ tokenCounter: quarterCounter, clock })
    const row = {
      ...SESSION,
      id: 'row-7',
      contentType: 'user_message',
      content: 'x',
      createdAt: '2026-01-01T00:00:00Z',
    }
    const view = await pruner.pruneByTokenBudget([row, { ...row, id: 'row-8' }])
    expect(view.map(({ id, createdAt }) => [id, createdAt])).toEqual([
      ['row-7', Date.UTC(2026, 0, 1)],
      ['row-8', Date.UTC(2026, 0, 1)],
    ])
  })

  it('have the time that they say, or that of the prune', async () => {
    const clock = new ManualClock()
    const pruner = new ContextPruner({ tokenCounter: quarterCounter, clock })
    const item = { ...SESSION, contentType: 'user_message', content: 'x' }
    const given = [item, { ...item, createdAt: new Date(5) }, { ...item, createdAt: '2026-01-01T00:00:00Z' }]
    const view = await pruner.pruneByTokenBudget(given)
    expect(view.map(({ createdAt }) => createdAt)).toEqual([clock.now(), 5, Date.UTC(2026, 0, 1)])
    expect(new Set(view.map(({ id }) => id)).size).toBe(3)
  })
})
