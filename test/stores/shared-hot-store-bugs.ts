import type { ItemBody } from '../../src/memory/memory-item.ts'
import type { SessionKey } from '../../src/memory/session.ts'
import { type HotStoreBounds, type HotStoreUnderTest, ManualClock } from '../../src/testing/index.ts'
import type { StoredCopy } from '../../src/tiers/hot/session-copy.ts'
import type { HotAnswer, HotQuery, HotStore } from '../../src/tiers/hot-store.ts'
import { type CopyText, inMemorySharedStore, SharedServer } from './in-memory-shared-store.ts'

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
function taken(part: (entries: StoredCopy['entries'], newest: number) => Partial<StoredCopy>): Bug {
  return ({ store }) => ({
    read(key, { newest, ...query }) {
      if (newest === undefined) return store.read(key, query)
      const revive: HotQuery['revive'] = (whole) => {
        const { entries, complete } = whole
        const right = { entries: entries.slice(-newest), complete: complete && newest >= entries.length }
        return query.revive({ ...whole, ...right, ...part(entries, newest) })
      }
      return store.read(key, { ...query, revive })
    },
  })
}

/** The body of every item comes back changed. */
function bodies(change: (body: ItemBody) => ItemBody): Bug {
  return revived(({ entries }) => ({ entries: entries.map(({ stamp, body }) => ({ stamp, body: change(body) })) }))
}

/** Changes the copy that lies on the server. */
function rewrite({ server }: Buggy, key: SessionKey, change: (copy: CopyText) => Partial<CopyText>): void {
  const copy = JSON.parse(server.get(key) ?? '{}') as CopyText
  if (copy.kind === 'copy') server.set(key, JSON.stringify({ ...copy, ...change(copy) }))
}

/** Proves a copy as of now. */
function proveNow(buggy: Buggy, key: SessionKey): void {
  rewrite(buggy, key, () => ({ provenAt: buggy.server.clock.now() }))
}

export const SHARED_HOT_STORE_BUGS: Readonly<Record<string, readonly [topic: string, bug: Bug]>> = {
  'a part of a copy says that it is complete': ['newest', revived(() => ({ complete: true }))],
  'a copy never says that it is complete': ['newest', revived(() => ({ complete: false }))],
  'a part is the oldest items': ['newest', taken((entries, newest) => ({ entries: entries.slice(0, newest) }))],
  'a part is one item short': [
    'newest',
    taken((entries, newest) => ({ entries: newest > entries.length ? entries : entries.slice(1 - newest) })),
  ],
  'a part lacks the newest item': ['newest', taken((entries) => ({ entries: entries.slice(0, -1) }))],
  'a part is in the order newest first': ['newest', taken((entries) => ({ entries: [...entries].reverse() }))],
  'a part counts what it holds': ['newest', taken((entries, newest) => ({ n: Math.min(newest, entries.length) }))],
  'a part of a copy that lacks older items is complete': [
    'newest',
    taken((entries, newest) => ({ complete: newest >= entries.length })),
  ],
  'a part ends before an item that is too long': [
    'newest',
    taken((entries, newest) => {
      const part = entries.slice(-newest)
      const from = part.findLastIndex(({ body }) => body.content.length > 64_000) + 1
      return from === 0 ? {} : { entries: part.slice(from), complete: false }
    }),
  ],
  'a part begins amid a character': [
    'newest',
    bodies((body) => (body.content.includes('\u65e5') ? { ...body, content: `\ufffd${body.content.slice(1)}` } : body)),
  ],
  'the parts of a copy know nothing of its units': [
    'copy',
    revived(({ units }, { newest }) => (newest === undefined ? {} : { units: units.slice(-1) })),
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
    (buggy) => ({
      async fill(key, lease, copy) {
        const filled = await buggy.store.fill(key, lease, copy)
        const isEmpty = ({ entries, units }: CopyText) =>
          units.length > 1 && units.at(-1)?.after === entries.at(-1)?.[0]
        rewrite(buggy, key, (text) => (isEmpty(text) ? { units: text.units.slice(0, -1) } : {}))
        return filled
      },
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
    revived(({ entries, provenForMs }, { newest = entries.length }) =>
      provenForMs > 0 ? {} : { entries: entries.slice(-newest), complete: false },
    ),
  ],
  'an append proves the copy': [
    'proof',
    (buggy) => ({
      async append(key, items, n) {
        const goesOn = await buggy.store.append(key, items, n)
        if (goesOn) proveNow(buggy, key)
        return goesOn
      },
    }),
  ],
  'a read proves the copy': [
    'proof',
    (buggy) => ({
      async read(key, query) {
        const answer = await buggy.store.read(key, query)
        if (answer.kind === 'copy') proveNow(buggy, key)
        return answer
      },
    }),
  ],
  'a proof is as old as the fill': [
    'proof',
    (buggy) => ({
      async fill(key, lease, copy) {
        const filled = await buggy.store.fill(key, lease, copy)
        if (filled) proveNow(buggy, key)
        return filled
      },
    }),
  ],
  'what was filled again is as unproven as before': [
    'proof',
    (buggy) => {
      const proven = new Map<SessionKey, number>()
      return {
        async fill(key, lease, copy) {
          const filled = await buggy.store.fill(key, lease, copy)
          rewrite(buggy, key, ({ provenAt }) => ({ provenAt: proven.get(key) ?? provenAt }))
          if (!proven.has(key)) proven.set(key, buggy.server.clock.now())
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
      const leases = new Map<SessionKey, unknown>()
      return {
        async read(key, query) {
          const answer = await store.read(key, query)
          if (answer.kind === 'miss') leases.set(key, answer.lease.token)
          return answer
        },
        async fill(key, lease, copy) {
          if (leases.get(key) !== lease.token) return false
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
      const seen = new Map<SessionKey, HotAnswer>()
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
