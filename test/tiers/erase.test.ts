import { beforeEach, describe, expect, it } from 'vitest'
import { systemSession } from '../../src/memory/session.ts'
import { firstStampAt } from '../../src/memory/stamp.ts'
import type { TieredStorageManager } from '../../src/thermocline.ts'
import { addEverywhere, type ErasableUser, expectGone, itemsLeft } from '../support/erasable-user.ts'
import { collect, contents, MINUTE_MS } from '../support/items.ts'
import { emptyPlace, PLACES, type Place } from '../support/memories.ts'

describe.each(PLACES)('erasing a user, on %s', (kind) => {
  let place: Place
  let memory: TieredStorageManager
  let ada: ErasableUser

  beforeEach(async () => {
    place = emptyPlace(kind)
    memory = place.open()
    ada = await addEverywhere(memory, 'ada', place.clock.now())
    place.clock.advance(1000)
  })

  async function secondPass(by = place.open()): Promise<void> {
    place.clock.advance(20 * MINUTE_MS)
    expect(await by.runMigration()).toMatchObject({ failed: 0 })
  }

  it('leaves nothing of the user in any tier, for any manager', async () => {
    const other = place.open()
    expect((await itemsLeft(other, ada)).size).toBe(ada.ids.length - 1)
    await memory.eraseUser({ userId: 'ada' })
    await expectGone(memory, ada)
    await expectGone(place.open(), ada)
    for (const sessionId of ada.sessionIds) {
      expect(await other.getConversationHistory({ userId: 'ada', sessionId, read: 'strong' })).toEqual([])
    }
    // As far as another manager may be behind.
    place.clock.advance(100)
    await expectGone(other, ada)
    await secondPass(other)
    await expectGone(memory, ada)
  })

  it('touches nobody else: not the same name in another tenant, nor names that are alike', async () => {
    const others = [
      await addEverywhere(memory, 'ada', place.clock.now(), 'ada', 'acme'),
      await addEverywhere(memory, 'ada ', place.clock.now()),
      await addEverywhere(memory, 'Ada', place.clock.now()),
    ]
    await memory.eraseUser({ userId: 'ada' })
    await secondPass()
    for (const other of others) expect((await itemsLeft(place.open(), other)).size).toBe(other.ids.length - 1)
    await expectGone(memory, ada)
  })

  it('gives a receipt, which a sweep 20 minutes later makes final and without the ids', async () => {
    const requestedAt = place.clock.now()
    const receipt = await memory.eraseUser({ userId: 'ada' })
    expect(receipt).toMatchObject({
      final: false,
      tenantId: 'default',
      userId: 'ada',
      requestedAt,
      firstPassAt: requestedAt,
      secondPassDueAt: requestedAt + 20 * MINUTE_MS,
      removed: { sessions: 7 },
    })
    // What was deleted before is not counted, what is in the overlay counts once.
    expect(receipt.removed.items).toBeGreaterThanOrEqual(ada.ids.length - 1)
    expect(receipt.removed.items).toBeLessThanOrEqual(ada.ids.length)
    expect(receipt.removed.segments).toBeGreaterThanOrEqual(4)
    expect(receipt.outOfReach.length).toBeGreaterThan(0)
    const other = place.open()
    expect(await other.getEraseReceipt(receipt.id)).toEqual(receipt)
    place.clock.advance(20 * MINUTE_MS - 1)
    await other.runMigration()
    await other.runMigration({ all: true })
    expect(await memory.getEraseReceipt(receipt.id), 'not before it is due').toEqual(receipt)
    place.clock.advance(1)
    await other.runMigration()
    const { tenantId: _tenant, userId: _user, ...rest } = receipt
    const final = { ...rest, final: true, finalAt: place.clock.now() }
    expect(await memory.getEraseReceipt(receipt.id)).toEqual(final)
    place.clock.advance(20 * MINUTE_MS)
    await other.runMigration({ all: true })
    expect(await memory.getEraseReceipt(receipt.id)).toEqual(final)
  })

  it('keeps what is added from then on, also of sessions that are new', async () => {
    await memory.eraseUser({ userId: 'ada' })
    const other = place.open()
    for (const [i, writer] of [memory, other].entries()) {
      for (const sessionId of ['brand new', 'tail', `new ${i}`])
        await writer.addMemoryItem({ userId: 'ada', sessionId, content: `again ${i}`, contentType: 'note' })
    }
    await memory.updateSession({ userId: 'ada', sessionId: 'tail', metadata: { title: 'anew' } })
    const expectThere = async () => {
      for (const reader of [memory, other, place.open()]) {
        for (const sessionId of ['tail', 'brand new']) {
          const items = await reader.getConversationHistory({ userId: 'ada', sessionId, read: 'strong' })
          expect(contents(items).sort()).toEqual(['again 0', 'again 1'])
        }
        expect((await reader.listSessions({ userId: 'ada' })).sessions).toHaveLength(4)
        const { metadata } = (await reader.getSession({ userId: 'ada', sessionId: 'tail' }))!
        expect(metadata).toEqual({ title: 'anew' })
      }
    }
    await expectThere()
    await secondPass()
    await expectThere()
  })

  it('refuses what is sent again with its key, or put back as it was', async () => {
    const items = await memory.getConversationHistory({ userId: 'ada', sessionId: 'edited' })
    await memory.eraseUser({ userId: 'ada' })
    for (const sender of [memory, place.open()]) {
      await expect(sender.addMemoryItem(ada.keyed)).rejects.toMatchObject({ code: 'ERASED' })
      const elsewhere = { ...ada.keyed, sessionId: 'never heard of' }
      await expect(sender.addMemoryItem(elsewhere)).rejects.toMatchObject({ code: 'ERASED' })
      expect(await sender.restoreMemoryItems(items)).toEqual({ restored: 0, erased: items.length })
    }
    await expectGone(memory, ada)
    await secondPass()
    await expectGone(memory, ada)
  })

  it('by two managers at once ends as by one, with a receipt for each', async () => {
    const other = place.open()
    const receipts = await Promise.all([memory.eraseUser({ userId: 'ada' }), other.eraseUser({ userId: 'ada' })])
    place.clock.advance(100)
    for (const reader of [memory, other]) await expectGone(reader, ada)
    const removed = receipts.reduce((sum, { removed: { items } }) => sum + items, 0)
    expect(removed).toBeGreaterThanOrEqual(ada.ids.length - 1)
    place.clock.advance(20 * MINUTE_MS)
    const sweeps = await Promise.all([memory.runMigration(), other.runMigration()])
    expect(sweeps.map(({ failed }) => failed)).toEqual([0, 0])
    for (const { id } of receipts) {
      const receipt = await memory.getEraseReceipt(id)
      expect(receipt).toMatchObject({ final: true })
      expect(receipt).not.toHaveProperty('userId')
    }
    await expectGone(memory, ada)
  })

  it('misses no session that is written to while a long list of them is read', async () => {
    for (let i = 0; i < 250; i++) {
      place.clock.advance(10)
      const content = `of session ${i}`
      await memory.addMemoryItem({ userId: 'bea', sessionId: `s${i}`, content, contentType: 'note' })
    }
    const writer = place.open()
    let isFirst = true
    const busy = emptyEraser(async () => {
      if (!isFirst) return
      isFirst = false
      // The oldest becomes the newest, ahead of where the reader of the list is.
      place.clock.advance(10)
      await writer.addMemoryItem({ userId: 'bea', sessionId: 's0', content: 'meanwhile', contentType: 'note' })
    })
    await busy.eraseUser({ userId: 'bea' })
    const left = await place.open().getConversationHistory({ userId: 'bea', sessionId: 's0' })
    expect(contents(left)).not.toContain('of session 0')
    expect((await place.open().listSessions({ userId: 'bea' })).sessions.length).toBeLessThanOrEqual(1)
  })

  /** A manager that does something after each page of a list. */
  function emptyEraser(afterList: () => Promise<void>): TieredStorageManager {
    const durable = new Proxy(place.store(), {
      get(store, name) {
        const value: unknown = Reflect.get(store, name)
        if (typeof value !== 'function') return value
        return async (...args: unknown[]) => {
          const answer: unknown = await Reflect.apply(value, store, args)
          if (name === 'list') await afterList()
          return answer
        }
      },
    })
    // Asked many times a second: must answer at once.
    Object.defineProperty(durable, 'foreignChanges', { value: undefined })
    Object.defineProperty(durable, 'watch', { value: undefined })
    return place.open({ stores: { durable, hot: place.hot() } })
  }

  it('leaves jobs that nobody else can see or reach', async () => {
    const { id } = await memory.eraseUser({ userId: 'ada' })
    const { key } = systemSession(id)
    const itemId = `${key}.${firstStampAt(place.clock.now())}`
    expect(await collect(memory.iterateSessions())).toEqual([])
    expect(await memory.getTierCounts()).toMatchObject({ sessions: 0 })
    expect(await memory.getMemoryItem(itemId)).toBeUndefined()
    await expect(memory.updateMemoryItem(itemId, { content: 'x' })).rejects.toMatchObject({ code: 'OUT_OF_SCOPE' })
    await expect(memory.deleteMemoryItem(itemId)).rejects.toMatchObject({ code: 'OUT_OF_SCOPE' })
    const scope = memory.scoped({ userId: 'ada' })
    await expect(scope.getMemoryItem(itemId)).rejects.toMatchObject({ code: 'OUT_OF_SCOPE' })
    await expect(scope.deleteMemoryItem(itemId)).rejects.toMatchObject({ code: 'OUT_OF_SCOPE' })
    for (const tenantId of ['\u0001thermocline', 'thermocline']) {
      const asked = memory.listSessions({ tenantId, userId: '\u0001jobs' })
      await expect(asked).rejects.toMatchObject({ code: 'INVALID_ID' })
    }
    expect(await memory.getEraseReceipt('nonsense')).toBeUndefined()
    expect(await memory.getEraseReceipt(id)).toMatchObject({ id })
  })

  it('of nobody gives a receipt for nothing', async () => {
    const receipt = await memory.eraseUser({ userId: 'nobody' })
    expect(receipt).toMatchObject({ final: false, removed: { sessions: 0, items: 0, segments: 0 } })
    await secondPass()
    expect(await memory.getEraseReceipt(receipt.id)).toMatchObject({ final: true })
  })
})
