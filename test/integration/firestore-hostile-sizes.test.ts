import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FirestoreEmulator } from '../../emulators/firestore-emulator.ts'
import { isThermoclineError } from '../../src/errors.ts'
import { encodeNewItem } from '../../src/memory/item-body.ts'
import { identifySession } from '../../src/memory/session.ts'
import { StampMaker } from '../../src/memory/stamp.ts'
import type { TieredStorageManager } from '../../src/thermocline.ts'
import { startFirestoreForTests } from '../support/firestore.ts'
import { FirestoreLake, noise } from '../support/firestore-lake.ts'
import { addAll, CHAT, contents, DAY_MS, message } from '../support/items.ts'

const KIB = 1024

let emulator: FirestoreEmulator
beforeAll(async () => {
  emulator = await startFirestoreForTests()
})
afterAll(() => emulator?.stop())

function noises(count: number, bytes: number): readonly string[] {
  return Array.from({ length: count }, () => noise(bytes))
}

describe('within the limits of Firestore', () => {
  it('items of 511 KiB, many at once, go from the tail to archives', async () => {
    const lake = new FirestoreLake()
    const memory = lake.open()
    const texts = noises(10, 511 * KIB)
    await Promise.all(texts.map((text) => memory.addMemoryItem(message(text))))
    expect(contents(await lake.read())).toEqual(texts)
    lake.clock.advance(100 * DAY_MS)
    await lake.open().demote(CHAT)
    expect(contents(await lake.read())).toEqual(texts)
    await lake.expectWithinLimits()
  })

  it('managers at once change items into large ones that are twice as long as JSON in JSON', async () => {
    const lake = new FirestoreLake()
    const ids = await addAll(lake.open(), ['one', 'two', 'three'])
    const texts = ids.map((_, i) => `${i}${'"\\'.repeat(120 * KIB)}`)
    await Promise.all(ids.map((id, i) => lake.open().updateMemoryItem(id, { content: texts[i]! })))
    expect(contents(await lake.read())).toEqual(texts)
    await lake.expectWithinLimits()
  })

  it('an end is replaced by as much as may be, behind a full tail', async () => {
    const lake = new FirestoreLake()
    const memory = lake.open()
    const before = noises(4, 60 * KIB)
    const ids = await addAll(memory, before)
    const texts = noises(12, 63 * KIB)
    const items = texts.map((content) => ({ content, contentType: 'note' }))
    await memory.replaceConversationEnd({ ...CHAT, expected: ids.slice(-1), items })
    expect(contents(await lake.read())).toEqual([...before.slice(0, -1), ...texts])
    await lake.expectWithinLimits()
  })

  it('a session of large items is forked', async () => {
    const lake = new FirestoreLake()
    const memory = lake.open()
    const texts = noises(40, 60 * KIB)
    await addAll(memory, texts)
    await memory.forkSession({ ...CHAT, toSessionId: 'copy' })
    expect(contents(await lake.open().getConversationHistory({ ...CHAT, sessionId: 'copy' }))).toEqual(texts)
    await lake.expectWithinLimits()
  })

  it.each([true, false])('6 MiB that do not compress go to archives and back (compression %s)', async (isOn) => {
    const lake = new FirestoreLake()
    const memory = lake.open({ enableCompression: isOn })
    const texts = noises(384, 16 * KIB)
    for (let i = 0; i < texts.length; i += 64) await addAll(memory, texts.slice(i, i + 64))
    lake.clock.advance(100 * DAY_MS)
    await memory.demote(CHAT)
    expect(contents(await lake.read())).toEqual(texts)
    await memory.promote(CHAT)
    expect(contents(await lake.read())).toEqual(texts)
    await lake.expectWithinLimits()
  })
})

/** A record that others have filled, up to the last two KiB. Gives what it holds. */
async function fill({ watched, clock }: FirestoreLake): Promise<string[]> {
  const store = watched.store()
  await store.open()
  const stamps = new StampMaker()
  const texts: string[] = []
  try {
    for (;;) {
      const now = clock.now()
      const content = noise(texts.length < 16 ? 60 * KIB : 2 * KIB)
      const entry = { stamp: stamps.next(now), body: encodeNewItem(message(content), now).text, createdAt: now }
      await store.append(identifySession(CHAT), [entry], { reviewAt: now })
      texts.push(content)
    }
  } catch (error) {
    if (!isThermoclineError(error, 'RECORD_FULL')) throw error
    // What comes now sorts after it.
    clock.advance(1)
    return texts
  } finally {
    await store.close()
  }
}

type Act = (memory: TieredStorageManager, texts: readonly string[]) => Promise<readonly string[]>

async function newestId(memory: TieredStorageManager): Promise<string> {
  const [item] = await memory.getConversationHistory({ ...CHAT, limit: 1 })
  return item!.id
}

const ACTS: Readonly<Record<string, Act>> = {
  'an item is added': async (memory, texts) => {
    const [text] = noises(1, 50 * KIB)
    await memory.addMemoryItem(message(text!))
    return [...texts, text!]
  },
  'an item of 500 KiB is added': async (memory, texts) => {
    const [text] = noises(1, 500 * KIB)
    await memory.addMemoryItem(message(text!))
    return [...texts, text!]
  },
  'an item is made longer': async (memory, texts) => {
    const [text] = noises(1, 50 * KIB)
    await memory.updateMemoryItem(await newestId(memory), { content: text! })
    return [...texts.slice(0, -1), text!]
  },
  'an item is deleted': async (memory, texts) => {
    await memory.deleteMemoryItem(await newestId(memory))
    return texts.slice(0, -1)
  },
  'the end is replaced by something longer': async (memory, texts) => {
    const [text] = noises(1, 50 * KIB)
    const expected = [await newestId(memory)]
    await memory.replaceConversationEnd({ ...CHAT, expected, items: [{ content: text!, contentType: 'note' }] })
    return [...texts.slice(0, -1), text!]
  },
  'something is said of the session': async (memory, texts) => {
    await memory.updateSession({ ...CHAT, metadata: { what: noise(6 * KIB) } })
    return texts
  },
  'a sweep comes by': async (memory, texts) => {
    expect(await memory.runMigration()).toMatchObject({ sessions: 1, failed: 0 })
    return texts
  },
}

describe('a record without room gets some', () => {
  it.each(Object.entries(ACTS))('when %s', async (_, act) => {
    const lake = new FirestoreLake()
    const before = await fill(lake)
    const expected = await act(lake.open(), before)
    expect(contents(await lake.read())).toEqual(expected)
    await lake.expectWithinLimits()
  })

  it('when many writers fill it faster than it is sealed', async () => {
    const lake = new FirestoreLake()
    const writers = Array.from({ length: 16 }, () => lake.open())
    const texts = writers.map(() => noises(3, 60 * KIB))
    // Each sends two items at first, so that all together are more than a record holds.
    await Promise.all(writers.map((memory, i) => addAll(memory, texts[i]!)))
    expect(lake.watched.count('too-large')).toBeGreaterThan(0)
    const stored = contents(await lake.read())
    expect(stored.toSorted()).toEqual(texts.flat().sort())
    for (const own of texts) expect(stored.filter((text) => own.includes(text))).toEqual(own)
    await lake.expectWithinLimits()
  })
})
