import { bodyOf } from '../../src/memory/item-body.ts'
import type { ItemBody } from '../../src/memory/memory-item.ts'
import { type HotStoreBounds, type HotStoreUnderTest, ManualClock } from '../../src/testing/index.ts'
import type { HotLease, HotQuery, HotStore } from '../../src/tiers/hot-store.ts'
import type { StoredCopy } from '../../src/tiers/hot/session-copy.ts'
import { inMemorySharedStore, SharedServer } from './in-memory-shared-store.ts'

interface Buggy {
  readonly store: HotStore
  readonly server: SharedServer
  /** One of the two objects only. */
  readonly isSecond: boolean
}

type Bug = (buggy: Buggy) => Partial<HotStore>

/** Two objects on one server, both with the bug. */
export function withSharedBug(bug: Bug, bounds: HotStoreBounds): HotStoreUnderTest {
  const clock = new ManualClock()
  const server = new SharedServer(clock)
  const make = (isSecond: boolean): HotStore => {
    const store = inMemorySharedStore(server, bounds)
    return Object.assign(store, bug({ store: methodsOf(store), server, isSecond }))
  }
  return { store: make(false), another: make(true), advanceTime: (ms) => clock.advance(ms) }
}

/** The store as it was before the bug took its place. */
function methodsOf(store: HotStore): HotStore {
  return {
    name: store.name,
    isShared: true,
    open: store.open.bind(store),
    close: store.close.bind(store),
    read: store.read.bind(store),
    fill: store.fill.bind(store),
    append: store.append.bind(store),
    forget: store.forget.bind(store),
    clear: store.clear.bind(store),
    getSegment: store.getSegment.bind(store),
    putSegment: store.putSegment.bind(store),
    dropSegments: store.dropSegments.bind(store),
    release: store.release.bind(store),
    stats: store.stats.bind(store),
  }
}

/** Every copy comes back changed. */
function revived(change: (stored: StoredCopy, query: HotQuery) => Partial<StoredCopy>): Bug {
  return ({ store }) => ({
    read: (key, query) =>
      store.read(key, { ...query, revive: (stored) => query.revive({ ...stored, ...change(stored, query) }) }),
  })
}

/** The part of a copy that is asked for is taken in another way. */
function taken(part: (whole: StoredCopy, newest: number) => Partial<StoredCopy>): Bug {
  return ({ store }) => ({
    read(key, { newest, ...query }) {
      if (newest === undefined) return store.read(key, query)
      return store.read(key, { ...query, revive: (whole) => query.revive({ ...whole, ...part(whole, newest) }) })
    },
  })
}

/** The body of every item comes back changed. */
function bodies(change: (body: ItemBody) => ItemBody): Bug {
  return revived(({ entries }) => ({ entries: entries.map(({ stamp, body }) => ({ stamp, body: change(body) })) }))
}

/** Changes what lies on the server after a call that had an effect. */
function rewrite({ server }: Buggy, key: Parameters<HotStore['read']>[0], change: object): void {
  const text = server.get(key)
  if (text !== undefined) server.set(key, JSON.stringify({ ...JSON.parse(text), ...change }))
}

export const SHARED_HOT_STORE_BUGS: Readonly<Record<string, readonly [topic: string, bug: Bug]>> = {
  'a part of a copy says that it is complete': ['newest', revived(() => ({ complete: true }))],
  'a copy never says that it is complete': ['newest', revived(() => ({ complete: false }))],
  'a part is the oldest items': [
    'newest',
    taken(({ entries }, newest) => ({ entries: entries.slice(0, newest), complete: newest >= entries.length })),
  ],
  'a part is one item short': [
    'newest',
    taken(({ entries }, newest) => ({
      entries: newest > entries.length ? entries : entries.slice(1 - newest),
      complete: newest > entries.length,
    })),
  ],
  'a part is in the order newest first': [
    'newest',
    taken(({ entries }, newest) => ({
      entries: entries.slice(-newest).reverse(),
      complete: newest >= entries.length,
    })),
  ],
  'a part counts what it holds': [
    'newest',
    taken(({ entries, complete }, newest) => {
      const part = entries.slice(-newest)
      return { entries: part, n: part.length, complete: complete && newest >= entries.length }
    }),
  ],
  'a part is what was there when the copy was filled': [
    'newest',
    taken(({ entries, units, complete }, newest) => {
      const before = entries.length > 3 && units.length === 1 ? entries.slice(0, -1) : entries
      return { entries: before.slice(-newest), complete: complete && newest >= entries.length }
    }),
  ],
  'a part ends before an item that is too long': [
    'newest',
    taken(({ entries }, newest) => {
      const part = entries.slice(-newest)
      const from = part.findLastIndex(({ body }) => body.content.length > 64_000) + 1
      return { entries: part.slice(from), complete: from === 0 && newest >= entries.length }
    }),
  ],
  'a part begins amid a character': [
    'newest',
    bodies((body) => (body.content.includes('\u65e5') ? { ...body, content: `\ufffd${body.content.slice(1)}` } : body)),
  ],
  'the parts of a copy know nothing of its units': [
    'copy',
    taken(({ entries, units, complete }, newest) => ({
      entries: entries.slice(-newest),
      units: units.slice(-1),
      complete: complete && newest >= entries.length,
    })),
  ],
  'a copy forgets who its session is of': [
    'copy',
    revived(({ session }) => ({ session: { ...session, tenantId: 'default' } })),
  ],
  'ids are kept apart by commas': [
    'copy',
    revived(({ session }) => ({ session: { ...session, userId: session.userId.split(',')[0]! } })),
  ],
  'the fence is lost': ['copy', revived(() => ({ shownFence: undefined }))],
  'counts are rounded': ['copy', revived(({ n }) => ({ n: Number(n.toPrecision(14)) }))],
  'all that a copy has is of the tail': ['copy', revived(({ units }) => ({ units: units.slice(-1) }))],
  'an archive is a page': [
    'copy',
    revived(({ units }) => ({ units: units.map((u) => ({ ...u, facts: { ...u.facts, isArchive: false } })) })),
  ],
  'the times of reads are lost': [
    'copy',
    revived(({ units }) => ({
      units: units.map((u) => ({ ...u, facts: { ...u.facts, heat: { ...u.facts.heat, recent: [] } } })),
    })),
  ],
  'a tail that was empty is no unit': [
    'copy',
    ({ store }) => ({
      read: (key, query) =>
        store.read(key, {
          ...query,
          revive(stored) {
            const [tail, before] = [stored.units.at(-1), stored.units.at(-2)]
            const wasEmpty = before !== undefined && stored.n === 24
            return query.revive(wasEmpty && tail ? { ...stored, units: stored.units.slice(0, -1) } : stored)
          },
        }),
    }),
  ],
  'metadata is merged into an object': [
    'copy',
    bodies((body) => (body.metadata ? { ...body, metadata: Object.assign({}, body.metadata) } : body)),
  ],
  'what items hold is not frozen': ['copy', bodies((body) => JSON.parse(JSON.stringify(body)))],
  'payloads are dropped': ['copy', bodies(({ payload, ...body }) => body)],
  'idempotency keys are dropped': ['copy', bodies(({ idempotencyKey, ...body }) => body)],
  'append says yes without a copy': [
    'append',
    ({ store }) => ({
      async append(key, items, n) {
        await store.append(key, items, n)
        return true
      },
    }),
  ],
  'append says no where it has the items already': [
    'append',
    ({ store, server }) => ({
      async append(key, items, n) {
        const before = server.get(key)
        return (await store.append(key, items, n)) && server.get(key) !== before
      },
    }),
  ],
  'a copy of old is served': [
    'proof',
    ({ store }) => ({ read: (key, query) => store.read(key, { ...query, maxProofAgeMs: Number.MAX_SAFE_INTEGER }) }),
  ],
  'a copy does not say how long it may be served': [
    'proof',
    revived((_, { maxProofAgeMs }) => ({ provenForMs: maxProofAgeMs })),
  ],
  'an unproven copy is thrown away': [
    'proof',
    ({ store }) => ({
      async read(key, query) {
        const answer = await store.read(key, query)
        return answer.kind === 'copy' ? answer : { kind: 'miss', lease: answer.lease }
      },
    }),
  ],
  'an unproven copy comes without a lease': [
    'proof',
    ({ store }) => ({
      async read(key, query) {
        const answer = await store.read(key, query)
        if (answer.kind === 'copy' || answer.unproven === undefined) return answer
        return { ...answer, lease: { token: 'none' } }
      },
    }),
  ],
  'an unproven copy stays beside its lease': [
    'proof',
    ({ store, server }) => ({
      async read(key, query) {
        const before = server.get(key)
        const answer = await store.read(key, query)
        if (answer.kind === 'miss' && answer.unproven !== undefined) server.set(key, before!)
        return answer
      },
      async fill(key, lease, copy) {
        const answer = await store.fill(key, lease, copy)
        if (answer || !server.get(key)?.includes('"copy"')) return answer
        server.set(key, String(lease.token))
        return store.fill(key, lease, copy)
      },
    }),
  ],
  'an unproven copy is only what was asked for': [
    'proof',
    ({ store }) => ({
      async read(key, query) {
        const { newest = Number.MAX_SAFE_INTEGER } = query
        const revive: HotQuery['revive'] = (stored) =>
          query.revive({ ...stored, entries: stored.entries.slice(-newest), complete: false })
        const answer = await store.read(key, query)
        if (answer.kind === 'copy' || answer.unproven === undefined) return answer
        const { session, n, shownFence, complete, items } = answer.unproven
        const entries = items.map((item) => ({ stamp: item.id.slice(27) as never, body: bodyOf(item) }))
        const units = answer.unproven.storedUnits()
        return { ...answer, unproven: revive({ session, n, shownFence, complete, entries, units, provenForMs: 0 }) }
      },
    }),
  ],
  'an append proves the copy': [
    'proof',
    (buggy) => ({
      async append(key, items, n) {
        const goesOn = await buggy.store.append(key, items, n)
        if (goesOn) rewrite(buggy, key, { provenAt: buggy.server.clock.now() })
        return goesOn
      },
    }),
  ],
  'a read proves the copy': [
    'proof',
    (buggy) => ({
      async read(key, query) {
        const answer = await buggy.store.read(key, query)
        if (answer.kind === 'copy') rewrite(buggy, key, { provenAt: buggy.server.clock.now() })
        return answer
      },
    }),
  ],
  'a proof is as old as the fill': [
    'proof',
    (buggy) => ({
      async fill(key, lease, copy) {
        const filled = await buggy.store.fill(key, lease, copy)
        if (filled) rewrite(buggy, key, { provenAt: buggy.server.clock.now() })
        return filled
      },
    }),
  ],
  'what was filled again is as unproven as before': [
    'proof',
    (buggy) => {
      const provenAt = new Map<string, number>()
      return {
        async fill(key, lease, copy) {
          const filled = await buggy.store.fill(key, lease, copy)
          if (filled && provenAt.has(key)) rewrite(buggy, key, { provenAt: provenAt.get(key) })
          if (filled) provenAt.set(key, provenAt.get(key) ?? buggy.server.clock.now())
          return filled
        },
      }
    },
  ],
  'the appends of one object are lost': [
    'two objects',
    ({ store, isSecond }) => (isSecond ? { append: async () => true } : { append: store.append }),
  ],
  'appends of one object are lost while there is a lease': [
    'interleaving',
    ({ store, server, isSecond }) => ({
      async append(key, items, n) {
        return isSecond && server.get(key)?.startsWith('{"kind":"lease"') ? false : store.append(key, items, n)
      },
    }),
  ],
  'what one object forgets, it forgets for itself': [
    'two objects',
    ({ store, isSecond }) => ({ forget: isSecond ? async () => undefined : store.forget }),
  ],
  'each object keeps its own leases': [
    'two objects',
    ({ store, server }) => {
      const leases = new Map<string, HotLease>()
      return {
        async read(key, query) {
          const answer = await store.read(key, query)
          if (answer.kind === 'miss') leases.set(key, answer.lease)
          return answer
        },
        async fill(key, lease, copy) {
          if (leases.get(key) !== lease) return false
          leases.delete(key)
          server.set(key, String(lease.token))
          return store.fill(key, lease, copy)
        },
        append(key, items, n) {
          leases.delete(key)
          return store.append(key, items, n)
        },
        forget(key) {
          leases.delete(key)
          return store.forget(key)
        },
        clear() {
          leases.clear()
          return store.clear()
        },
      }
    },
  ],
  'clear of one object is lost': [
    'two objects',
    ({ store, isSecond }) => ({ clear: isSecond ? async () => undefined : store.clear }),
  ],
  'what one object releases is gone for all': [
    'two objects',
    ({ server }) => ({ release: (key) => server.delete(key) }),
  ],
  'each object serves what it has read before': [
    'interleaving',
    ({ store }) => {
      const seen = new Map<string, Awaited<ReturnType<HotStore['read']>>>()
      return {
        async read(key, query) {
          const before = seen.get(key)
          if (before?.kind === 'copy') return before
          const answer = await store.read(key, query)
          seen.set(key, answer)
          return answer
        },
        append(key, items, n) {
          seen.delete(key)
          return store.append(key, items, n)
        },
        forget(key) {
          seen.delete(key)
          return store.forget(key)
        },
        clear() {
          seen.clear()
          return store.clear()
        },
      }
    },
  ],
}
