import { expect, it } from 'vitest'
import { addAll, CHAT, contents, numbered } from '../support/items.ts'
import { emptyPlace } from '../support/memories.ts'

it('what another process has deleted is not shown beside what was added here since', async () => {
  const place = emptyPlace('sqlite')
  const [memory, other] = [place.open(), place.open()]
  await addAll(memory, numbered(3))
  await memory.getConversationHistory(CHAT)
  await memory.getConversationHistory(CHAT)
  await other.deleteSession(CHAT)
  await addAll(memory, ['new'])
  expect(contents(await memory.getConversationHistory(CHAT))).toEqual(['new'])
})
