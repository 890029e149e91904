import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { isThermoclineError } from '../../src/errors.ts'
import { identifySession } from '../../src/memory/session.ts'
import { sqliteDurableStore } from '../../src/stores/sqlite/durable-store.ts'
import { type DurableFault, faultyDurableStore } from '../../src/testing/index.ts'
import type { BaseMemoryManager } from '../../src/tiers/base-memory-manager.ts'
import { Death } from '../support/dying-store.ts'
import { addEverywhere, expectGone, itemsLeft } from '../support/erasable-user.ts'
import { addAll, CHAT, contents, MINUTE_MS, message } from '../support/items.ts'
import { emptyPlace, PLACES, type Place } from '../support/memories.ts'
import { TempFolder } from '../support/temp-folder.ts'

const HOUR_MS = 60 * MINUTE_MS

describe.each(PLACES)('erasing a user while things go wrong, on %s', (kind) => {
  /** A manager whose appends the test lets through when it likes. */
  function slow(place: Place, fault: DurableFault) {
    const durable = faultyDurableStore(place.store(), ({ operation }) => (operation === 'append' ? fault : 'none'))
    return { durable, memory: place.open({ stores: { durable, hot: place.hot() } }) }
  }

  const ENDS = {
    'the user is erased': (place: Place) => place.open().eraseUser({ userId: 'ada' }),
    'the session is deleted': (place: Place) => place.open().deleteSession(CHAT),
  } as const

  it.each(Object.entries(ENDS))('a write that lands after %s is not seen, then or later', async (_, end) => {
    const place = emptyPlace(kind)
    const late = slow(place, 'ghost')
    await addAll(place.open(), ['before'])
    const keyed = message('late and keyed', { idempotencyKey: 'k', createdAt: place.clock.now() })
    for (const item of [message('late'), keyed]) {
      await expect(late.memory.addMemoryItem(item)).rejects.toMatchObject({ code: 'STORE_TIMEOUT' })
    }
    place.clock.advance(10)
    await end(place)
    await late.durable.ghosts.release()
    const expectNothing = async () => {
      place.clock.advance(100)
      for (const reader of [late.memory, place.open()]) {
        for (const read of ['cached', 'strong'] as const) {
          expect(await reader.getConversationHistory({ ...CHAT, read })).toEqual([])
        }
        expect(await reader.getSession(CHAT)).toBeUndefined()
      }
    }
    await expectNothing()
    place.clock.advance(HOUR_MS)
    await place.open().runMigration()
    await expectNothing()
  })

  it('a write that lands later does not make a session that nobody had heard of', async () => {
    const place = emptyPlace(kind)
    const late = slow(place, 'ghost')
    await expect(late.memory.addMemoryItem(message('late'))).rejects.toMatchObject({ code: 'STORE_TIMEOUT' })
    place.clock.advance(10)
    await place.open().eraseUser({ userId: 'ada' })
    await late.durable.ghosts.release()
    for (const reader of [late.memory, place.open()]) {
      expect(await reader.getConversationHistory({ ...CHAT, read: 'strong' })).toEqual([])
      expect(await reader.listSessions({ userId: 'ada' })).toEqual({ sessions: [] })
    }
    place.clock.advance(HOUR_MS)
    await place.open().runMigration()
    expect(await place.open().getSession(CHAT)).toBeUndefined()
  })

  it('an add that is answered only then counts as one that came after', async () => {
    const place = emptyPlace(kind)
    const late = slow(place, 'hold')
    const adding = late.memory.addMemoryItem(message('answered late'))
    await expect.poll(() => late.durable.held.size).toBe(1)
    place.clock.advance(10)
    await place.open().eraseUser({ userId: 'ada' })
    // Refused as too old, it is sent once more with a place of its own.
    const releasing = late.durable.held.release()
    await expect.poll(() => late.durable.held.size).toBe(1)
    await Promise.all([releasing, late.durable.held.release()])
    const id = await adding
    place.clock.advance(HOUR_MS)
    await place.open().runMigration()
    for (const reader of [late.memory, place.open()]) {
      expect(await reader.getMemoryItem(id, { read: 'strong' })).toMatchObject({ content: 'answered late' })
    }
  })

  it.each([false, true])(
    'is all or nothing wherever its process dies (call done: %s)',
    { timeout: 20_000 },
    async (takesEffect) => {
      let deaths = 0
      for (let call = 1; ; call++) {
        const place = emptyPlace(kind)
        const ada = await addEverywhere(place.open(), 'ada', place.clock.now())
        const before = (await itemsLeft(place.open(), ada)).size
        place.clock.advance(1000)
        const death = new Death()
        const mortal = place.open({ stores: { durable: death.wrap(place.store()), hot: place.hot() } })
        await mortal.initialize()
        death.arm(call, takesEffect)
        const end = await mortal.eraseUser({ userId: 'ada' }).catch((error: unknown) => error)
        if (!death.isDead) break
        deaths += 1
        const sweeper = place.open()
        for (let i = 0; i < 3; i++) {
          place.clock.advance(HOUR_MS)
          await sweeper.runMigration()
        }
        const left = (await itemsLeft(sweeper, ada)).size
        if (isThermoclineError(end, 'ERASE_UNFINISHED')) {
          await expectGone(sweeper, ada)
          const receipt = await sweeper.getEraseReceipt(end.details.receiptId as string)
          expect(receipt, `call ${call}`).toMatchObject({ final: true })
          expect(receipt).not.toHaveProperty('userId')
          expect(receipt!.removed.items).toBeLessThanOrEqual(ada.ids.length)
        } else {
          expect([0, before], `call ${call}`).toContain(left)
        }
      }
      expect(deaths).toBeGreaterThan(20)
    },
  )

  it.each([false, true])(
    'is made final by another sweep wherever the second pass dies (done: %s)',
    { timeout: 20_000 },
    async (done) => {
      let deaths = 0
      for (let call = 1; ; call++) {
        const place = emptyPlace(kind)
        const ada = await addEverywhere(place.open(), 'ada', place.clock.now())
        const { id } = await place.open().eraseUser({ userId: 'ada' })
        const death = new Death()
        const mortal = place.open({ stores: { durable: death.wrap(place.store()), hot: place.hot() } })
        await mortal.initialize()
        place.clock.advance(20 * MINUTE_MS)
        death.arm(call, done)
        await mortal.runMigration().catch(() => undefined)
        const hasDied = death.isDead
        if (!hasDied) break
        deaths += 1
        const sweeper = place.open()
        for (let i = 0; i < 2; i++) {
          place.clock.advance(HOUR_MS)
          expect(await sweeper.runMigration()).toMatchObject({ failed: 0 })
        }
        const receipt = await sweeper.getEraseReceipt(id)
        expect(receipt, `call ${call}`).toMatchObject({ final: true })
        expect(receipt).not.toHaveProperty('userId')
        await expectGone(sweeper, ada)
      }
      expect(deaths).toBeGreaterThan(5)
    },
  )

  it('tells the store of the caller, and goes on with the next sweep where that fails', async () => {
    const place = emptyPlace(kind)
    const told: object[] = []
    let failures = 1
    const base: BaseMemoryManager = {
      initialize: async () => undefined,
      add: async () => undefined,
      get: async () => undefined,
      history: async () => [],
      erase: async (scope) => {
        told.push(scope)
        if (failures-- > 0) throw new Error('not now')
      },
    }
    const memory = place.open({ baseMemoryManager: base })
    await addAll(memory, ['one'])
    const erasing = memory.eraseUser({ userId: 'ada' })
    await expect(erasing).rejects.toMatchObject({ code: 'ERASE_UNFINISHED', cause: { code: 'BASE_MEMORY_FAILED' } })
    const id = await erasing.catch((error: { details: { receiptId: string } }) => error.details.receiptId)
    expect(await memory.getConversationHistory(CHAT)).toEqual([])
    for (let i = 0; i < 2; i++) {
      place.clock.advance(HOUR_MS)
      expect(await memory.runMigration()).toMatchObject({ failed: 0 })
    }
    const receipt = (await memory.getEraseReceipt(id as string))!
    expect(receipt).toMatchObject({ final: true })
    expect(receipt.erasedFrom).toContain('base memory manager')
    expect(told).toEqual([1, 2].map(() => ({ tenantId: 'default', userId: 'ada' })))
  })

  it('forgets what is said of a session to which items are added at that moment', async () => {
    const place = emptyPlace(kind)
    const writer = place.open()
    await addAll(writer, ['before'])
    await writer.updateSession({ ...CHAT, metadata: { title: 'secret' } })
    const { key } = identifySession(CHAT)
    let hasWritten = false
    const store = place.store()
    const durable = new Proxy(store, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name)
        if (typeof value !== 'function') return value
        return async (...args: unknown[]) => {
          if (name === 'commit' && args[0] === key && !hasWritten) {
            hasWritten = true
            place.clock.advance(5)
            await addAll(writer, ['meanwhile'])
          }
          return Reflect.apply(value, target, args)
        }
      },
    })
    Object.defineProperty(durable, 'foreignChanges', { value: undefined })
    Object.defineProperty(durable, 'watch', { value: undefined })
    const eraser = place.open({ stores: { durable, hot: place.hot() } })
    await eraser.eraseUser({ userId: 'ada' })
    expect(hasWritten).toBe(true)
    expect(await place.open().getSession(CHAT)).not.toHaveProperty('metadata')
    expect(contents(await place.open().getConversationHistory(CHAT))).not.toContain('before')
  })
})

describe('the second pass on a SQLite file', () => {
  it('is final only once the log could be emptied', async () => {
    using folder = new TempFolder()
    const place = emptyPlace('in-process')
    const path = folder.file('memory.db')
    const stores = () => ({ durable: sqliteDurableStore({ path, lockTimeoutMs: 20 }), hot: place.hot() })
    const memory = place.open({ stores: stores() })
    await addAll(memory, ['one'])
    const { id } = await memory.eraseUser({ userId: 'ada' })
    place.clock.advance(20 * MINUTE_MS)
    const reader = new DatabaseSync(path)
    reader.exec('BEGIN; SELECT * FROM session')
    try {
      expect(await memory.runMigration()).toMatchObject({ failed: 1, failures: [{ code: 'STORE_TIMEOUT' }] })
      expect(await memory.getEraseReceipt(id)).toMatchObject({ final: false })
      place.clock.advance(HOUR_MS)
      expect(await memory.runMigration()).toMatchObject({ failed: 1 })
      expect(await memory.getEraseReceipt(id)).toMatchObject({ final: false })
      reader.exec('COMMIT')
    } finally {
      reader.close()
    }
    place.clock.advance(HOUR_MS)
    expect(await memory.runMigration()).toMatchObject({ failed: 0 })
    expect(await memory.getEraseReceipt(id)).toMatchObject({ final: true })
  })
})
