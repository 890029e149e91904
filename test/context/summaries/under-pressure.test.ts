import { expect, it } from 'vitest'
import { bodies, emptyMemory, prunerWith, SESSION, storedSummaries } from '../telling-summarizer.ts'

it('a summary waits while the process is short of memory, and the view fits all the same', async () => {
  const memory = emptyMemory()
  await memory.addMemoryItems(bodies(1, 30))
  const { pruner, summarizer } = prunerWith({ memory })
  memory.relief.refuse(['summary'])
  const scope = { memory: memory.scoped({ userId: SESSION.userId }) }
  for (const options of [{}, scope]) {
    const view = await pruner.pruneConversationHistory(SESSION, options)
    expect(view.length).toBeGreaterThan(0)
    expect(view.length).toBeLessThanOrEqual(15)
    expect(view.at(-1)?.content).toMatch(/^m30 /)
  }
  expect(summarizer.requests).toEqual([])
  memory.relief.refuse([])
  await pruner.pruneConversationHistory(SESSION)
  expect(summarizer.requests).toHaveLength(1)
  expect(await storedSummaries(memory)).toHaveLength(1)
  await memory.close()
})
