import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { importItems } from '../../../src/cli/import/import-items.ts'
import type { ImportTarget } from '../../../src/cli/import/import-target.ts'
import { TieredStorageManager } from '../../../src/thermocline.ts'
import { jsonLines, textSource } from '../../cli/import/read-text.ts'
import { collect } from '../../support/items.ts'
import { TempFolder } from '../../support/temp-folder.ts'
import { FAULTY_IMPORTS } from './faulty-imports.ts'
import { differences, fileProblems, readState } from './memory-state.ts'

const CHAT = { userId: 'ada', sessionId: 'chat' }
const TALK = { userId: 'ada', sessionId: 'talk' }
/** In two sessions, many of the same time. */
const LINES = Array.from({ length: 60 }, (_, i) => ({
  ...(i % 3 === 0 ? TALK : CHAT),
  role: 'user',
  content: `said ${i % 7}`,
  createdAt: Date.UTC(2025, 0, 1 + Math.floor(i / 10)),
}))

let folder: TempFolder

beforeEach(() => {
  folder = new TempFolder()
})

afterEach(() => {
  folder[Symbol.dispose]()
})

function open(name: string): TieredStorageManager {
  return new TieredStorageManager({
    path: folder.file(name),
    synchronous: 'normal',
    tailMaxItems: 8,
    tierMigrationInterval: 0,
  })
}

function importLines(memory: TieredStorageManager, lines: readonly object[], fault: Partial<ImportTarget> = {}) {
  const target: ImportTarget = {
    addMemoryItem: (item) => memory.addMemoryItem(item),
    restoreMemoryItems: (items) => memory.restoreMemoryItems(items),
    getSession: (address) => memory.getSession(address),
    updateSession: (change) => memory.updateSession(change),
    iterateConversationHistory: (query) => memory.iterateConversationHistory(query),
    ...fault,
  }
  return importItems(target, [textSource(jsonLines(...lines))], {})
}

/** What users do to what is there. */
async function change(memory: TieredStorageManager): Promise<void> {
  const [first, second] = await collect(memory.iterateConversationHistory(CHAT))
  await memory.updateMemoryItem(first!.id, { content: 'edited' })
  await memory.deleteMemoryItem(second!.id)
  await memory.updateSession({ ...CHAT, metadata: { title: 'Renamed' } })
  await memory.deleteSession(TALK)
}

/** How a memory that was changed in the midst of an import differs from one that was changed after it. */
async function differencesAfter(around: (memory: TieredStorageManager) => Partial<ImportTarget>): Promise<string> {
  await using reference = open('reference.db')
  await importLines(reference, LINES)
  await change(reference)
  await using victim = open('victim.db')
  await importLines(victim, LINES.slice(0, 25))
  await change(victim)
  await importLines(victim, LINES, around(victim))
  return differences(await readState(reference), await readState(victim)).join('\n')
}

describe('the checker of the import campaign', () => {
  it('finds nothing wrong with an import that goes on as it should', async () => {
    expect(await differencesAfter(() => ({}))).toBe('')
  })

  it.each(FAULTY_IMPORTS)('finds out an import that $name', async ({ around, complaint }) => {
    expect(await differencesAfter(around)).toMatch(complaint)
  })

  it('finds out a session that is missing, and items in another order', async () => {
    await using memory = open('memory.db')
    await importLines(memory, LINES)
    const state = await readState(memory)
    const [[talk, { about, items }]] = [...state] as [[string, NonNullable<ReturnType<typeof state.get>>]]
    expect(differences(state, new Map([...state].slice(1)))).toEqual([
      `${talk}: is missing, with ${items.length} items`,
    ])
    const turned = new Map([...state, [talk, { about, items: items.toReversed() }]])
    expect(differences(state, turned)).toEqual([`${talk}: is in another order`])
    const twice = new Map([...state, [talk, { about, items: [...items, items.at(-1)!] }]])
    expect(differences(state, twice)).toEqual([`${talk}: has items twice`, `${talk}: is in another order`])
  })

  it('finds out a file whose counters are wrong', async () => {
    {
      await using memory = open('memory.db')
      await importLines(memory, LINES)
    }
    const path = folder.file('memory.db')
    expect(await fileProblems(path, {})).toEqual([])
    {
      using database = new DatabaseSync(path)
      database.exec('UPDATE session SET tail_items = tail_items + 1, n = n + 1')
    }
    expect((await fileProblems(path, {})).join('\n')).toMatch(/tail_items is \d+, but there are/)
  })
})
