import { expect, it } from 'vitest'
import { addAll, CHAT, contents } from '../support/items.ts'
import { emptyPlace } from '../support/memories.ts'

it('reads do not go back behind what a strong read has shown', async () => {
  const place = emptyPlace('sqlite')
  const [memory, other] = [place.open(), place.open()]
  const [id] = await addAll(memory, ['old'])
  await memory.getConversationHistory(CHAT)
  await memory.getConversationHistory(CHAT)
  await other.updateMemoryItem(id!, { content: 'new' })
  expect(contents(await memory.getConversationHistory({ ...CHAT, read: 'strong' }))).toEqual(['new'])
  expect(contents(await memory.getConversationHistory(CHAT))).toEqual(['new'])
  await other.updateMemoryItem(id!, { content: 'newest' })
  expect((await memory.getMemoryItem(id!, { read: 'strong' }))?.content).toBe('newest')
  expect((await memory.getMemoryItem(id!))?.content).toBe('newest')
})
