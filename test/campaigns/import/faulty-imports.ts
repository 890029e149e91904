import type { ImportTarget } from '../../../src/cli/import/import-target.ts'
import type { NewMemoryItem } from '../../../src/memory/memory-item.ts'
import type { TieredStorageManager } from '../../../src/thermocline.ts'

/** An importer with a fault, and what the checker must say of what it leaves. */
export interface FaultyImport {
  readonly name: string
  readonly complaint: RegExp
  readonly around: (memory: TieredStorageManager) => Partial<ImportTarget>
}

export const FAULTY_IMPORTS: readonly FaultyImport[] = [
  {
    name: 'adds everything anew, without keys',
    complaint: /an item should not be there/,
    around: (memory) => ({
      addMemoryItem: ({ idempotencyKey: _key, sequence: _sequence, ...item }) => memory.addMemoryItem(item),
    }),
  },
  {
    name: 'loses the last items of a file',
    complaint: /an item is missing/,
    around: (memory) => {
      let added = 0
      return { addMemoryItem: async (item) => (++added > 20 ? '' : memory.addMemoryItem(item)) }
    },
  },
  {
    name: 'sets edited items back',
    complaint: /is not as it should be/,
    around: (memory) => ({
      ...knowingNothing,
      addMemoryItem: async (item) => {
        const id = await memory.addMemoryItem(item)
        await memory.updateMemoryItem(id, { content: item.content })
        return id
      },
    }),
  },
  {
    name: 'brings back what was deleted',
    complaint: /an item should not be there/,
    around: (memory) => ({
      addMemoryItem: async (item) => {
        const id = await memory.addMemoryItem(item)
        return (await memory.getMemoryItem(id)) === undefined ? memory.addMemoryItem(renamed(item)) : id
      },
    }),
  },
  {
    name: 'brings back a session that was deleted',
    complaint: /"talk"\]: should not be there/,
    around: (memory) => ({
      addMemoryItem: (item) =>
        memory.addMemoryItem(item).catch(() => memory.addMemoryItem({ ...renamed(item), createdAt: Date.now() })),
    }),
  },
  {
    name: 'forgets the order of items of the same time',
    complaint: /an item is missing.*an item should not be there/s,
    around: (memory) => ({ addMemoryItem: ({ sequence: _sequence, ...item }) => memory.addMemoryItem(item) }),
  },
  {
    name: 'sets back what is said of a session',
    complaint: /is said to be/,
    around: (memory) => ({
      getSession: async (address) => {
        await memory.updateSession({ ...address, metadata: { title: 'As it was' } })
        return memory.getSession(address)
      },
    }),
  },
]

/** Finds nothing there, so that all is stored again. */
const knowingNothing: Pick<ImportTarget, 'getSession'> = { getSession: async () => undefined }

function renamed(item: NewMemoryItem): NewMemoryItem {
  return { ...item, idempotencyKey: `${item.idempotencyKey} again` }
}
