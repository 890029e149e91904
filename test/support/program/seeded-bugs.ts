import type { SegmentRef } from '../../../src/memory/record.ts'
import { decodeSegment, encodeSegment } from '../../../src/memory/segment-format/index.ts'
import { StampMaker } from '../../../src/memory/stamp.ts'
import { UnitIndex } from '../../../src/search/unit-index.ts'
import { inProcessHotStore } from '../../../src/stores/in-process/hot-store.ts'
import type {
  AppendEntry,
  DurableStore,
  LoadedRecord,
  SessionSummary,
  StructuralChange,
} from '../../../src/tiers/durable-store.ts'
import type { HotStore } from '../../../src/tiers/hot-store.ts'
import type { Wrap } from '../place.ts'
import { withCalls } from '../watched-store.ts'
import type { STAGES } from './run-programs.ts'

/** A bug that random programs have to find. */
export interface SeededBug {
  /** Where; by default in a place without faults, in this process. */
  readonly stage?: keyof typeof STAGES
  /** A store with the bug. */
  readonly wrap?: Wrap
  /** Puts the bug into the code itself. Returns the way to take it out again. */
  readonly patch?: () => () => void
}

export const SEEDED_BUGS: Readonly<Record<string, SeededBug>> = {
  'a commit does not compare the fence': {
    wrap: (store) =>
      withCalls(store, () => ({
        async commit(key, fence, change) {
          const record = await store.load(key, { withFence: true })
          return store.commit(key, record?.fence ?? fence, change)
        },
      })),
  },
  'a commit whose reply was lost lands though the fence has moved': {
    stage: 'in-process-faults',
    wrap: (store) =>
      withCalls(store, () => ({
        async commit(key, fence, change) {
          const record = await store.load(key, { withFence: true })
          return store.commit(key, record?.fence ?? fence, change)
        },
      })),
  },
  'a commit ignores what was appended meanwhile': { wrap: committing(({ onlyIfN: _, ...change }) => change) },
  'a commit loses the overlay': { wrap: committing((change) => ({ ...change, overlay: new Map() })) },
  'a commit takes one entry too many out of the tail': {
    wrap: committing((change, { tail }) => {
      const last = change.dropTail?.at(-1)
      const next = last && tail.find(({ stamp }) => stamp > last.stamp)
      return next === undefined ? change : { ...change, dropTail: [...change.dropTail!, next] }
    }),
  },
  'a session that is buried forgets up to when it was erased': {
    wrap: committing(({ erasedTo, ...change }) =>
      change.bury === true || erasedTo === undefined ? change : { ...change, erasedTo },
    ),
  },
  'what was made in the last millisecond of an erase stays': {
    wrap: committing((change) =>
      change.erasedTo === undefined ? change : { ...change, erasedTo: change.erasedTo - 1 },
    ),
  },
  'segments forget what was deleted in them': { wrap: committing(withoutGone) },
  'what a commit adds is not counted': { wrap: uncounted() },
  'an append does not say what was erased': {
    wrap: (store) =>
      withCalls(store, () => ({ append: async (...args) => ({ ...(await store.append(...args)), erasedTo: 0 }) })),
  },
  'an append that is sent again is stored again': {
    stage: 'in-process-faults',
    wrap: (store) => {
      const again: AppendEntry[] = []
      return withCalls(store, () => ({
        async append(session, entries, options) {
          const tail = (await store.load(session.key))?.tail ?? []
          again.push(...entries.filter(({ stamp }) => tail.some((entry) => entry.stamp === stamp)))
          return store.append(session, entries, options)
        },
        async load(key, options) {
          const record = await store.load(key, options)
          return record && { ...record, tail: [...record.tail, ...again].sort((a, b) => (a.stamp < b.stamp ? -1 : 1)) }
        },
      }))
    },
  },
  'a load gives the tail without its newest entry': {
    wrap: loading((record) => (record.tail.length > 5 ? { ...record, tail: record.tail.slice(0, -1) } : record)),
  },
  'a list leaves out sessions without items': {
    wrap: listing((sessions) => sessions.filter(({ items }) => items > 0)),
  },
  'nobody hears of the appends and commits of other managers': {
    wrap: (store) => new Proxy(store, { get: (target, name) => (name === 'watch' ? undefined : bound(target, name)) }),
  },
  'files: nobody hears of the commits of other processes': {
    stage: 'sqlite',
    wrap: (store) =>
      new Proxy(store, { get: (target, name) => (name === 'foreignChanges' ? () => 0 : bound(target, name)) }),
  },
  'nothing is ever due': {
    wrap: (store) => withCalls(store, () => ({ due: async () => ({ sessions: [], cursor: undefined }) })),
  },
  'hot copies are not forgotten': { patch: () => replaceMethod(hotStorePrototype(), 'forget', () => () => undefined) },
  'a copy that comes too late is kept': {
    patch: () =>
      replaceMethod(
        hotStorePrototype(),
        'fill',
        (fill) =>
          function (this: HotStore, key, lease, copy) {
            const answer = this.read(key, { maxProofAgeMs: 0, revive: () => copy }) as Awaited<
              ReturnType<HotStore['read']>
            >
            return fill.call(this, key, answer.kind === 'miss' ? answer.lease : lease, copy)
          },
      ),
  },
  'a search does not look at the overlay': {
    patch: () =>
      replaceMethod(
        UnitIndex.prototype,
        'hidden',
        (hidden) =>
          function (this: UnitIndex, erasedTo, _overlay, now) {
            return hidden.call(this, erasedTo, new Map(), now)
          },
      ),
  },
  'stamps do not heed what was read': {
    patch: () => replaceMethod(StampMaker.prototype, 'observe', () => () => undefined),
  },
}

/** Changes what `commit` is given. */
function committing(
  change: (change: StructuralChange, record: LoadedRecord) => StructuralChange | Promise<StructuralChange>,
): Wrap {
  return (store) =>
    withCalls(store, () => ({
      async commit(key, fence, wanted) {
        const record = await store.load(key)
        return store.commit(key, fence, record === undefined ? wanted : await change(wanted, record))
      },
    }))
}

/** Changes what `load` gives. */
function loading(change: (record: LoadedRecord) => LoadedRecord): Wrap {
  return (store) =>
    withCalls(store, () => ({
      async load(key, options) {
        const record = await store.load(key, options)
        return record && change(record)
      },
    }))
}

/** Changes what `list` gives. */
function listing(change: (sessions: readonly SessionSummary[]) => readonly SessionSummary[]): Wrap {
  return (store) =>
    withCalls(store, () => ({
      async list(owner, cursor, limit) {
        const page = await store.list(owner, cursor, limit)
        return { ...page, sessions: change(page.sessions) }
      },
    }))
}

function uncounted(): Wrap {
  const uncountedItems = new Map<string, number>()
  return (store) =>
    withCalls(store, () => ({
      async commit(key, fence, change) {
        const result = await store.commit(key, fence, change)
        if (result.kind === 'committed' && change.addTail !== undefined)
          uncountedItems.set(key, (uncountedItems.get(key) ?? 0) + change.addTail.length)
        return result
      },
      async load(key, options) {
        const record = await store.load(key, options)
        return record && { ...record, tailItems: record.tailItems - (uncountedItems.get(key) ?? 0) }
      },
    }))
}

async function withoutGone(change: StructuralChange): Promise<StructuralChange> {
  const rewrite = async (bytes: Uint8Array): Promise<Uint8Array> => {
    const { entries } = await decodeSegment(bytes)
    return encodeSegment({ entries, gone: [] }, { codec: 'none' })
  }
  const put = await Promise.all((change.put ?? []).map(async ({ id, bytes }) => ({ id, bytes: await rewrite(bytes) })))
  const segments = await Promise.all(
    (change.segments ?? []).map(
      async (ref): Promise<SegmentRef> =>
        ref.inline === undefined ? ref : { ...ref, inline: await rewrite(ref.inline) },
    ),
  )
  return { ...change, put, ...(change.segments !== undefined && { segments }) }
}

function bound(store: DurableStore, name: string | symbol): unknown {
  const value: unknown = Reflect.get(store, name)
  return typeof value === 'function' ? value.bind(store) : value
}

function hotStorePrototype(): HotStore {
  return Object.getPrototypeOf(inProcessHotStore()) as HotStore
}

/** Puts another method in the place of one of a class. */
function replaceMethod<T extends object, Name extends keyof T>(
  prototype: T,
  name: Name,
  make: (method: T[Name]) => T[Name],
): () => void {
  const method = prototype[name]
  prototype[name] = make(method)
  return () => {
    prototype[name] = method
  }
}
