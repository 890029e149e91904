import { expect, it } from 'vitest'
import { CHAT } from '../support/items.ts'
import { emptyPlace, PLACES } from '../support/memories.ts'

it.each(PLACES)('on %s one call does not put more into a record than a store takes', async (kind) => {
  const memory = emptyPlace(kind).open()
  const items = Array.from({ length: 40 }, () => ({ content: 'x'.repeat(500_000), contentType: 'note' }))
  await expect(memory.replaceConversationEnd({ ...CHAT, expected: [], items })).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
  })
})

it('what is not a list is refused in our terms by a scope too', async () => {
  const scope = emptyPlace('in-process').open().scoped({ userId: 'ada' })
  for (const wrong of [undefined, null, {}, 'text']) {
    await expect(scope.addMemoryItems(wrong as never)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await expect(scope.restoreMemoryItems(wrong as never)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  }
})
