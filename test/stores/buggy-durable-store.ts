import { inProcessDurableStore } from '../../src/stores/in-process/durable-store.ts'
import type { DurableStore, LoadedRecord, StructuralChange } from '../../src/tiers/durable-store.ts'

/** A store with a bug in it: the in-process one with some methods replaced. */
export type Bug = (store: DurableStore) => Partial<DurableStore>

/** `store` with a bug, methods bound so that they may be replaced one by one. */
export function withBug(bug: Bug): DurableStore {
  const store = inProcessDurableStore()
  return {
    name: store.name,
    capabilities: store.capabilities,
    open: () => store.open(),
    close: () => store.close(),
    append: (...args) => store.append(...args),
    load: (...args) => store.load(...args),
    getSegment: (...args) => store.getSegment(...args),
    commit: (...args) => store.commit(...args),
    touch: (...args) => store.touch(...args),
    due: (...args) => store.due(...args),
    list: (...args) => store.list(...args),
    foreignChanges: () => store.foreignChanges!(),
    watch: (listener) => store.watch!(listener),
    ...bug(store),
  }
}

/** Changes what `load` gives. */
export function loading(change: (record: LoadedRecord, newest: number | undefined) => LoadedRecord): Bug {
  return (store) => ({
    async load(key, options) {
      const record = await store.load(key, options)
      return record && change(record, options?.newest)
    },
  })
}

/** Changes what `commit` is given. */
export function committing(change: (change: StructuralChange, record: LoadedRecord) => StructuralChange): Bug {
  return (store) => ({
    async commit(key, fence, wanted) {
      const record = await store.load(key)
      return store.commit(key, fence, record === undefined ? wanted : change(wanted, record))
    },
  })
}

/** Bugs by name, each with the topic of the suite that has to notice. */
export type Bugs = Readonly<Record<string, readonly [topic: string, bug: Bug]>>
