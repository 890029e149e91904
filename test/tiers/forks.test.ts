import { expect, it } from 'vitest'
import { addAll, CHAT, message, numbered } from '../support/items.ts'
import { emptyPlace, PLACES } from '../support/memories.ts'

it.each(PLACES)('on %s a fork that is refused leaves no session behind', async (kind) => {
  const place = emptyPlace(kind)
  const memory = place.open()
  await addAll(memory, numbered(2))
  await memory.updateSession({ ...CHAT, metadata: { title: 'secret' } })
  place.clock.advance(1)
  await memory.addMemoryItem(message('x', { sessionId: 'fork' }))
  await memory.deleteSession({ userId: 'ada', sessionId: 'fork' })
  await expect(memory.forkSession({ ...CHAT, toSessionId: 'fork' })).rejects.toMatchObject({ code: 'ERASED' })
  expect(await memory.getSession({ userId: 'ada', sessionId: 'fork' })).toBeUndefined()
})

it.each(PLACES)('on %s a session is not forked onto itself', async (kind) => {
  const memory = emptyPlace(kind).open()
  await addAll(memory, numbered(3))
  await memory.demote(CHAT, 'warm')
  await expect(memory.forkSession({ ...CHAT, toSessionId: CHAT.sessionId })).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
  })
  expect(await memory.getSession(CHAT)).toMatchObject({ items: 3 })
})
