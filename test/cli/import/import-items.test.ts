import { describe, expect, it } from 'vitest'
import { type ImportOptions, type ImportProgress, importItems } from '../../../src/cli/import/import-items.ts'
import type { ImportTarget } from '../../../src/cli/import/import-target.ts'
import { ThermoclineError } from '../../../src/errors.ts'
import type { MemoryItem } from '../../../src/memory/memory-item.ts'
import type { TieredStorageManager } from '../../../src/thermocline.ts'
import { collect } from '../../support/items.ts'
import { emptyPlace } from '../../support/memories.ts'
import { Chance } from '../../support/random.ts'
import { FILE_TIME, jsonLines, textSource } from './read-text.ts'

const MIRA = { userId: 'mira', sessionId: 'talk' }
/** Far below what seals on its own in so small a test. */
const LOW = { tailMaxItems: 20, hotTierMaxAgeDays: 0, warmTierMaxAgeDays: 0 }

/** Notes of several sessions in turn, four of each millisecond. */
function notes(count: number, sessions = 3): object[] {
  return Array.from({ length: count }, (_, i) => ({
    ...{ userId: 'mira', sessionId: `s${i % sessions}`, contentType: 'note', content: `n${i}` },
    createdAt: FILE_TIME + Math.floor(i / (4 * sessions)),
  }))
}

function textOf(items: readonly object[]): string {
  return jsonLines(...items)
}

function importText(target: ImportTarget | undefined, text: string, options: ImportOptions = {}) {
  return importItems(target, [textSource(text)], options)
}

/** All items of some sessions, without what depends on reads. */
async function held(memory: TieredStorageManager, sessions = 3): Promise<object[][]> {
  const all = Array.from({ length: sessions }, async (_, i) => {
    const items = await memory.getConversationHistory({ userId: 'mira', sessionId: `s${i}` })
    return items.map(({ tier: _tier, cached: _cached, accessCount: _count, lastAccessedAt: _last, ...item }) => item)
  })
  return Promise.all(all)
}

/** Fails one call in so many, as a process that dies in the middle would leave things. */
function failing(memory: TieredStorageManager, chance: Chance): ImportTarget {
  let isDead = false
  const alive = <T>(call: () => Promise<T>): Promise<T> => {
    isDead ||= chance.of(0.01)
    return isDead ? Promise.reject(new ThermoclineError('STORE_UNAVAILABLE', 'Cannot write: gone')) : call()
  }
  return {
    addMemoryItem: (item) => alive(() => memory.addMemoryItem(item)),
    restoreMemoryItems: (items) => alive(() => memory.restoreMemoryItems(items)),
    getSession: (address) => memory.getSession(address),
    updateSession: (change) => alive(() => memory.updateSession(change)),
    iterateConversationHistory: (query) => memory.iterateConversationHistory(query),
  }
}

describe('an import', () => {
  it('adds what it reads, in the order of the file', async () => {
    const memory = emptyPlace('in-process').open()
    const report = await importText(memory, textOf(notes(100)))
    expect(report).toMatchObject({ read: 100, added: 100, alreadyThere: 0, refused: 0, sessions: 3, complete: true })
    const contents = (await held(memory)).map((items) => items.map((item) => (item as MemoryItem).content))
    expect(contents).toEqual([0, 1, 2].map((s) => notes(100).flatMap((_, i) => (i % 3 === s ? [`n${i}`] : []))))
  })

  it('that is repeated changes nothing, also where some of it was there', async () => {
    const memory = emptyPlace('in-process').open()
    await importText(memory, textOf(notes(40)))
    expect(await importText(memory, textOf(notes(100)))).toMatchObject({ added: 60, alreadyThere: 40 })
    const once = await held(memory)
    expect(await importText(memory, textOf(notes(100)))).toMatchObject({ added: 0, alreadyThere: 100 })
    expect(await held(memory)).toEqual(once)
  })

  it('counts as no read of what is there', async () => {
    const memory = emptyPlace('in-process').open()
    await importText(memory, textOf(notes(9, 1)))
    await importText(memory, textOf(notes(9, 1)))
    const [item] = await collect(memory.iterateConversationHistory({ userId: 'mira', sessionId: 's0', peek: true }))
    expect(item!.accessCount).toBe(0)
  })

  it.each([1, 2, 3, 4, 5, 6])(
    'that is broken off again and again ends as an undisturbed one (seed %i)',
    async (seed) => {
      const chance = new Chance(seed)
      const [disturbed, calm] = [emptyPlace('in-process').open(LOW), emptyPlace('in-process').open(LOW)]
      const text = textOf(notes(300))
      let breaks = 0
      // Items that somebody changed or deleted between two runs, by their contents.
      const [changed, deleted] = [new Set<string>(), new Set<string>()]
      while ((await importText(failing(disturbed, chance), text)).failure !== undefined) {
        breaks += 1
        for (const { id, content } of (await held(disturbed)).flat() as MemoryItem[]) {
          if (chance.of(0.02) && (await disturbed.deleteMemoryItem(id))) deleted.add(content)
          else if (chance.of(0.02) && (await disturbed.updateMemoryItem(id, { importance: 1 }))) changed.add(content)
        }
        if (chance.of(0.5)) await disturbed.runMigration({ all: true })
      }
      expect(breaks).toBeGreaterThan(0)
      await importText(calm, text)
      for (const { id, content } of (await held(calm)).flat() as MemoryItem[]) {
        if (deleted.has(content)) await calm.deleteMemoryItem(id)
        else if (changed.has(content)) await calm.updateMemoryItem(id, { importance: 1 })
      }
      expect(await held(disturbed)).toEqual(await held(calm))
    },
  )

  it('tells of its progress', async () => {
    const told: ImportProgress[] = []
    const text = textOf(notes(1100))
    await importText(emptyPlace('in-process').open(), text, { onProgress: (progress) => told.push(progress) })
    const totalBytes = Buffer.byteLength(text)
    expect(told.map(({ items }) => items)).toEqual([500, 1000, 1100])
    expect(told.at(-1)).toEqual({ items: 1100, sessions: 3, totalBytes, bytesRead: totalBytes })
  })

  it('without a memory reads all and tells all that is refused', async () => {
    const report = await importText(undefined, `${textOf(notes(5))}{}\n${textOf(notes(2))}[\n`)
    expect(report).toMatchObject({ read: 7, added: 0, refused: 2, complete: true })
    expect(report.problems).toEqual([expect.stringContaining('line 6: '), expect.stringContaining('line 9: ')])
  })

  it('says that items took the time of the file', async () => {
    expect((await importText(undefined, '{"role":"user","content":"a"}', MIRA)).fileTime).toBe(FILE_TIME)
    expect((await importText(undefined, textOf(notes(1)))).fileTime).toBeUndefined()
  })
})

describe('what can not be imported', () => {
  const bad = { ...notes(1)[0], metadata: { text: 'x'.repeat(9000) } }
  const text = textOf([...notes(30), bad, ...notes(60).slice(30)])

  it('ends the import, with all before it stored', async () => {
    const memory = emptyPlace('in-process').open()
    const broken = `${textOf(notes(30))}{"a":\n${textOf(notes(60).slice(30))}`
    expect(await importText(memory, broken)).toMatchObject({ added: 30, refused: 1, complete: false })
    expect(await importText(memory, textOf(notes(60)))).toMatchObject({ added: 30, alreadyThere: 30, complete: true })
  })

  it('is left out where that is wished', async () => {
    const memory = emptyPlace('in-process').open()
    expect(await importText(memory, text, { keepGoing: true })).toMatchObject({ added: 60, refused: 1, complete: true })
  })

  it('is told with its place where the memory refuses it', async () => {
    const { problems, complete } = await importText(emptyPlace('in-process').open(), text)
    expect(problems).toEqual([
      expect.stringMatching(/^talk\.jsonl, line 31: Cannot add item: metadata: expected at most 8192 bytes/),
    ])
    expect(complete).toBe(false)
  })

  it('is told in short where there is much of it', async () => {
    const { problems, refused } = await importText(undefined, '{}\n'.repeat(50))
    expect(refused).toBe(50)
    expect(problems).toHaveLength(20)
  })

  it('is left out without a word of blame where its session was erased since', async () => {
    const memory = emptyPlace('in-process').open()
    await importText(memory, textOf(notes(30)))
    await memory.deleteSession({ userId: 'mira', sessionId: 's0' })
    expect(await importText(memory, textOf(notes(60)))).toMatchObject({
      erased: 20,
      alreadyThere: 20,
      added: 20,
      refused: 0,
    })
  })
})
