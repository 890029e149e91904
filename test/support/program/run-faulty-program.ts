import assert from 'node:assert/strict'
import { isThermoclineError } from '../../../src/errors.ts'
import { type FaultyDurableStore, faultyDurableStore, randomFaults } from '../../../src/testing/index.ts'
import type { TieredStorageManager, TieredStorageManagerOptions } from '../../../src/thermocline.ts'
import { PATIENT_CALLS } from '../firestore.ts'
import { CHAT, message } from '../items.ts'
import type { Place } from '../place.ts'
import { type DoubtfulItem, DoubtfulItems, nameOf } from './doubtful-items.ts'
import type { FaultyProgram, FaultyStep } from './faulty-programs.ts'

/**
 * Runs a program through managers whose appends and commits fail, get lost or land late. Nothing that resolved may be
 * lost, doubled or brought back; what rejected without an answer may have happened or not.
 */
export async function runFaultyProgram(place: Place, program: FaultyProgram, onStep: () => void): Promise<void> {
  const run = new FaultyRun(place, program)
  for (const step of program.steps) {
    await run.take(step)
    // What is added in the millisecond of an erase would be stamped ahead of the clock.
    place.clock.advance(1)
    onStep()
  }
  await run.take({ do: 'release' })
  await run.take({ do: 'check' })
}

class FaultyRun {
  readonly #place: Place
  readonly #items = new DoubtfulItems()
  readonly #stores: readonly FaultyDurableStore[]
  readonly #managers: readonly TieredStorageManager[]
  /** Its own store never fails. */
  readonly #reader: TieredStorageManager
  readonly #keys = new Map<number, { readonly name: string; readonly createdAt: number }>()
  #names = 0

  constructor(place: Place, { seed, rate, tailMaxItems }: FaultyProgram) {
    const options: TieredStorageManagerOptions = {
      ...{ tailMaxItems, tailMaxBytes: 2048, archiveMaxBytes: 2048, inProcessMaxAgeMs: 0 },
      ...{ hotTierMaxAgeDays: 0, warmTierMaxAgeDays: 1 },
      // So many calls fail here that a breaker would leave a remote store alone.
      durableCalls: { ...PATIENT_CALLS, breakerFailures: 1_000_000 },
    }
    this.#place = place
    this.#stores = [seed, seed + 1].map((one) => {
      const strike = randomFaults({ seed: one, rate, kinds: ['refuse', 'lose-reply', 'ghost'] as const })
      return faultyDurableStore(place.store(), (call) =>
        call.operation === 'append' || call.operation === 'commit' ? strike(call) : 'none',
      )
    })
    this.#managers = this.#stores.map((durable) => place.open({ ...options, stores: { durable, hot: place.hot() } }))
    this.#reader = place.open(options)
  }

  async take(step: FaultyStep): Promise<void> {
    switch (step.do) {
      case 'add':
        await Promise.all(Array.from({ length: step.count }, () => this.#add(this.#manager(step), step.size)))
        return
      case 'add keyed':
        return this.#addKeyed(this.#manager(step), step.key)
      case 'update':
        return this.#update(this.#manager(step), step.index)
      case 'delete':
        return this.#delete(this.#manager(step), step.index)
      case 'replace':
        return this.#replace(this.#manager(step), step.take)
      case 'pop':
        return this.#pop(this.#manager(step))
      case 'delete session':
        return this.#deleteSession(this.#manager(step))
      case 'history':
        return this.#items.seen(await this.#manager(step).getConversationHistory(CHAT), false)
      case 'pack':
      case 'demote':
        await answerOf(this.#manager(step).demote(CHAT, step.do === 'pack' ? 'warm' : 'cold'))
        return
      case 'promote':
        await answerOf(this.#manager(step).promote(CHAT))
        return
      case 'sweep':
        await this.#manager(step).runMigration()
        return
      case 'advance':
        return this.#place.clock.advance(step.ms)
      case 'release':
        for (const { ghosts } of this.#stores) await ghosts.release()
        return
      case 'check':
        return this.#check()
      default:
        step satisfies never
    }
  }

  #manager({ by }: { readonly by: number }): TieredStorageManager {
    return this.#managers[by % this.#managers.length]!
  }

  async #add(memory: TieredStorageManager, size: number): Promise<void> {
    const content = `${this.#newName()} ${'x'.repeat(size)}`
    const id = await answerOf(memory.addMemoryItem(message(content)))
    this.#items.added(nameOf(content), content, id === 'unclear' ? undefined : id, id !== 'unclear')
  }

  async #addKeyed(memory: TieredStorageManager, key: number): Promise<void> {
    const { name, createdAt } = this.#keys.get(key) ?? { name: this.#newName(), createdAt: this.#place.clock.now() }
    this.#keys.set(key, { name, createdAt })
    const content = `${name} keyed`
    const adding = memory.addMemoryItem(message(content, { idempotencyKey: `key ${key}`, createdAt }))
    const id = await answerOf(adding, 'ERASED')
    if (id === 'refused') {
      // It was never stored, or erased with its session.
      const known = this.#items.all.find((item) => item.name === name)
      if (known !== undefined) this.#items.isNotThere(known)
      // From now on the key is another item's.
      this.#keys.delete(key)
      return
    }
    this.#items.added(name, content, id === 'unclear' ? undefined : id, id !== 'unclear')
  }

  async #update(memory: TieredStorageManager, index: number): Promise<void> {
    const item = this.#known(index)
    if (item?.id === undefined) return
    const content = `${item.name} ${this.#newName()}`
    const updated = await answerOf(memory.updateMemoryItem(item.id, () => ({ content })))
    if (updated === 'unclear') {
      if (item.mayBe.has('there')) this.#items.changed(item, content, false)
    } else if (updated === undefined) this.#items.isNotThere(item)
    else this.#items.changed(item, content, true)
  }

  async #delete(memory: TieredStorageManager, index: number): Promise<void> {
    const item = this.#known(index)
    if (item?.id === undefined) return
    const isDeleted = await answerOf(memory.deleteMemoryItem(item.id))
    if (isDeleted === false) return this.#items.isNotThere(item)
    if (isDeleted === true) this.#items.isThere(item)
    this.#items.deleted(item, isDeleted === true)
  }

  async #pop(memory: TieredStorageManager): Promise<void> {
    const popped = await answerOf(memory.popMemoryItem(CHAT))
    const newest = this.#items.newest()
    if (popped === 'unclear') {
      for (const item of newest) this.#items.deleted(item, false)
    } else if (popped === undefined) {
      for (const item of this.#items.all) if (item.mayBe.has('there')) this.#items.isNotThere(item)
    } else {
      const item = newest.find(({ name }) => name === nameOf(popped.content))
      assert.ok(item, `${popped.content.slice(0, 20)} was popped, and is not the newest`)
      this.#items.isThere(item)
      this.#items.deleted(item, true)
    }
  }

  async #replace(memory: TieredStorageManager, take: number): Promise<void> {
    const end = await memory.getConversationHistory({ ...CHAT, limit: take, read: 'strong' })
    const content = `${this.#newName()} instead`
    const ids = await answerOf(
      memory.replaceConversationEnd({
        ...CHAT,
        expected: end.map(({ id }) => id),
        items: [{ content, contentType: 'summary' }],
      }),
    )
    assert.ok(ids !== undefined, 'nothing has changed since the end was read')
    const names = new Set(end.map((item) => nameOf(item.content)))
    for (const item of this.#items.all) if (names.has(item.name)) this.#items.deleted(item, ids !== 'unclear')
    this.#items.added(nameOf(content), content, ids === 'unclear' ? undefined : ids[0], ids !== 'unclear')
  }

  async #deleteSession(memory: TieredStorageManager): Promise<void> {
    const isDeleted = await answerOf(memory.deleteSession(CHAT))
    // Where there was no session there is nothing to be erased, and a write that is under way may make one.
    if (isDeleted === false) {
      for (const item of this.#items.all) if (item.mayBe.has('there')) this.#items.isNotThere(item)
      return
    }
    for (const item of this.#items.all) this.#items.deleted(item, isDeleted === true)
  }

  async #check(): Promise<void> {
    const isSettled = this.#stores.every(({ ghosts }) => ghosts.size === 0)
    const items = await this.#reader.getConversationHistory({ ...CHAT, read: 'strong' })
    this.#items.seen(items, isSettled)
    for (const { content } of items.slice(-3)) {
      const { hits } = await this.#reader.searchMemory({ userId: CHAT.userId, query: nameOf(content) })
      assert.deepEqual(
        hits.map(({ item }) => item.content),
        [content],
      )
    }
  }

  #known(index: number): DoubtfulItem | undefined {
    const { all } = this.#items
    return all[index % Math.max(1, all.length)]
  }

  #newName(): string {
    this.#names += 1
    return `w${this.#names}`
  }
}

/** `unclear` where no answer tells whether it was done; `refused` for an error with the code that a caller expects. */
async function answerOf<T, Code extends string>(
  call: Promise<T>,
  refusal?: Code,
): Promise<T | 'unclear' | (Code extends 'ERASED' ? 'refused' : never)> {
  try {
    return await call
  } catch (error) {
    if (!isThermoclineError(error)) throw error
    if (error.code === 'STORE_TIMEOUT' || error.code === 'STORE_UNAVAILABLE') return 'unclear'
    if (error.code === refusal) return 'refused' as Code extends 'ERASED' ? 'refused' : never
    throw error
  }
}
