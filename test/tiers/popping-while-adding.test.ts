import { expect, it } from 'vitest'
import { addAll, CHAT, message, numbered } from '../support/items.ts'
import { emptyPlace, PLACES } from '../support/memories.ts'

it.each(PLACES)('on %s popping gets its turn while others add without end', async (kind) => {
  const memory = emptyPlace(kind).open()
  await addAll(memory, numbered(3))
  let isOver = false
  const adding = (async () => {
    for (let i = 0; i < 3000 && !isOver; i++) await memory.addMemoryItem(message(`more ${i}`))
  })()
  const popped = await memory.popMemoryItem(CHAT).catch((error: unknown) => error)
  isOver = true
  await adding
  expect(popped).toMatchObject({ contentType: 'user_message' })
})

it.each(PLACES)('on %s adding gets its turn while others pop without end', async (kind) => {
  const memory = emptyPlace(kind).open()
  await addAll(memory, numbered(3))
  let isOver = false
  const popping = (async () => {
    for (let i = 0; i < 3000 && !isOver; i++) await memory.popMemoryItem(CHAT)
    return isOver
  })()
  await memory.addMemoryItem(message('more'))
  isOver = true
  expect(await popping).toBe(true)
})
