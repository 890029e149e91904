import { expect, it } from 'vitest'
import type { MemoryItem } from '../../src/memory/memory-item.ts'
import { addAll, CHAT, MINUTE_MS, numbered } from '../support/items.ts'
import { keptBase } from '../support/kept-base.ts'
import { emptyPlace } from '../support/memories.ts'

it('a fork is written to the base memory manager too', async () => {
  const place = emptyPlace('in-process')
  const kept: MemoryItem[] = []
  const memory = place.open({ baseMemoryManager: keptBase(kept) })
  await addAll(memory, numbered(2))
  await memory.forkSession({ ...CHAT, toSessionId: 'fork' })
  expect(kept.filter(({ sessionId }) => sessionId === 'fork')).toHaveLength(2)
})

it('a receipt names the base memory manager only if it was asked', async () => {
  const place = emptyPlace('sqlite')
  const base = { ...keptBase([]), erase: async () => Promise.reject(new Error('down')) }
  const memory = place.open({ baseMemoryManager: base })
  const without = place.open()
  await addAll(memory, numbered(2))
  const failure = await memory.eraseUser({ userId: 'ada' }).catch((error: unknown) => error)
  for (let i = 0; i < 3; i++) {
    place.clock.advance(30 * MINUTE_MS)
    await without.runMigration()
  }
  const { receiptId } = (failure as { details: { receiptId: string } }).details
  const receipt = await memory.getEraseReceipt(receiptId)
  expect(receipt?.final === true && receipt.erasedFrom.includes('base memory manager')).toBe(false)
})
