import { identifySession, type SessionKey } from '../../src/memory/session.ts'
import { inProcessHotStore } from '../../src/stores/in-process/hot-store.ts'
import type { HotStoreBounds } from '../../src/testing/index.ts'
import { SessionCopy, type SessionCopyParts } from '../../src/tiers/hot/session-copy.ts'
import type { HotLease, HotQuery, HotStore } from '../../src/tiers/hot-store.ts'

type Bug = (store: HotStore, bounds: HotStoreBounds) => Partial<HotStore>

/** The in-process hot store with some methods replaced. It has no peek, which would not know of the bugs. */
export function withHotBug(bug: Bug, bounds: HotStoreBounds): HotStore {
  const store = inProcessHotStore(bounds)
  return {
    name: store.name,
    open: () => store.open(),
    close: () => store.close(),
    read: (...args) => store.read(...args),
    fill: (...args) => store.fill(...args),
    append: (...args) => store.append(...args),
    forget: (key) => store.forget(key),
    clear: () => store.clear(),
    getSegment: (...args) => store.getSegment(...args),
    putSegment: (...args) => store.putSegment(...args),
    dropSegments: (...args) => store.dropSegments(...args),
    release: (key) => store.release(key),
    stats: () => store.stats(),
    ...bug(store, bounds),
  }
}

/** What a bug asks by itself: the store in the process answers any query with all it holds. */
const ALL: HotQuery = {
  maxProofAgeMs: 0,
  revive() {
    throw new Error('the store in the process revives nothing')
  },
}

/** Fills whether or not the lease stands, and says that it did. */
async function fillAnyway(store: HotStore, key: SessionKey, copy: SessionCopy): Promise<boolean> {
  await store.forget(key)
  const answer = await store.read(key, ALL)
  return answer.kind === 'miss' ? store.fill(key, answer.lease, copy) : false
}

const NOTHING = {
  n: 0,
  items: [],
  complete: true,
  spans: [],
  filledAt: 0,
  tierUntil: 0,
  provenUntil: 0,
  idleMs: 0,
}

/** As it is but for what is given. */
function rebuilt(copy: SessionCopy, change: Partial<SessionCopyParts>): SessionCopy {
  const forever = Number.POSITIVE_INFINITY
  return new SessionCopy({
    session: copy.session,
    n: copy.n,
    shownFence: copy.shownFence,
    items: copy.items,
    complete: copy.complete,
    spans: copy.spans,
    filledAt: 0,
    tierUntil: forever,
    provenUntil: forever,
    idleMs: forever,
    ...change,
  })
}

export const HOT_STORE_BUGS: Readonly<Record<string, readonly [topic: string, bug: Bug]>> = {
  'fill needs no lease': ['lease', (store) => ({ fill: (key, _lease, copy) => fillAnyway(store, key, copy) })],
  'a miss by another reader renews the lease': [
    'interleaving',
    (store) => {
      // Each lease stands until the session is forgotten; only an append does not void it.
      const standing = new Map<string, Set<HotLease>>()
      return {
        async read(...args) {
          const answer = await store.read(...args)
          const [key] = args
          if (answer.kind !== 'miss') return answer
          const lease = { token: {} }
          standing.set(key, (standing.get(key) ?? new Set()).add(lease))
          return { kind: 'miss', lease }
        },
        async fill(key, lease, copy) {
          return standing.get(key)?.has(lease) ? fillAnyway(store, key, copy) : false
        },
        forget(key) {
          standing.delete(key)
          return store.forget(key)
        },
        clear() {
          standing.clear()
          return store.clear()
        },
      }
    },
  ],
  'forget leaves the lease': [
    'lease',
    (store) => {
      const forgotten = new Map<string, HotLease>()
      return {
        async forget(key) {
          const answer = await store.read(key, ALL)
          if (answer.kind === 'miss') forgotten.set(key, answer.lease)
          await store.forget(key)
        },
        fill: (key, lease, copy) =>
          forgotten.get(key) === lease ? fillAnyway(store, key, copy) : store.fill(key, lease, copy),
      }
    },
  ],
  'clear leaves leases': [
    'lease',
    (store) => {
      const seen = new Map<HotLease, string>()
      let cleared = false
      return {
        async read(...args) {
          const answer = await store.read(...args)
          const [key] = args
          if (answer.kind === 'miss') seen.set(answer.lease, key)
          return answer
        },
        clear() {
          cleared = true
          return store.clear()
        },
        fill: (key, lease, copy) =>
          cleared && seen.get(lease) === key ? fillAnyway(store, key, copy) : store.fill(key, lease, copy),
      }
    },
  ],
  'append ignores gaps': [
    'append',
    (store) => ({
      async append(key, items, n) {
        const answer = await store.read(key, ALL)
        if (answer.kind === 'miss' || n <= answer.n + items.length) return store.append(key, items, n)
        return fillAnyway(store, key, rebuilt(answer, { items: [...answer.items, ...items], n }))
      },
    }),
  ],
  'append adds latecomers at the end': [
    'append',
    (store) => ({
      async append(key, items, n) {
        const answer = await store.read(key, ALL)
        if (answer.kind === 'miss' || n !== answer.n + items.length) return store.append(key, items, n)
        return fillAnyway(store, key, rebuilt(answer, { items: [...answer.items, ...items], n }))
      },
    }),
  ],
  'append adds what is known': [
    'append',
    (store) => ({
      async append(key, items, n) {
        const answer = await store.read(key, ALL)
        if (answer.kind === 'miss' || n > answer.n) return store.append(key, items, n)
        return fillAnyway(store, key, rebuilt(answer, { items: [...answer.items, ...items] }))
      },
    }),
  ],
  'append counts and does not add': [
    'append',
    (store) => ({
      async append(key, items, n) {
        const answer = await store.read(key, ALL)
        if (answer.kind === 'miss') return store.append(key, items, n)
        return fillAnyway(store, key, rebuilt(answer, { n: Math.max(n, answer.n) }))
      },
    }),
  ],
  'append starts a copy': [
    'append',
    (store) => ({
      async append(key, items, n) {
        await store.append(key, items, n)
        const answer = await store.read(key, ALL)
        if (answer.kind === 'copy') return true
        const session = identifySession({ tenantId: 'tenant', userId: 'user', sessionId: 'chat' })
        const empty = new SessionCopy({ ...NOTHING, session })
        return store.fill(key, answer.lease, rebuilt(empty, { items, n }))
      },
    }),
  ],
  'a copy that was cut short says that it is complete': [
    'bounds',
    (store) => ({
      async read(...args) {
        const answer = await store.read(...args)
        return answer.kind === 'miss' ? answer : rebuilt(answer, { complete: true })
      },
    }),
  ],
  'a bound keeps the oldest': [
    'bounds',
    (store, bounds) => ({
      fill: (key, lease, copy) =>
        store.fill(
          key,
          lease,
          rebuilt(copy, { items: copy.items.slice(0, bounds.maxItemsPerSession), complete: false }),
        ),
    }),
  ],
  'segments of all sessions share their ids': [
    'segments',
    (store) => {
      const bytes = new Map<string, Uint8Array>()
      return {
        getSegment: (_key, id) => bytes.get(id),
        putSegment: (key, id, put) => {
          bytes.set(id, put)
          return store.putSegment(key, id, put)
        },
      }
    },
  ],
  'stats count reads twice': [
    'bounds',
    (store) => ({ stats: () => ({ ...store.stats(), hits: 2 * store.stats().hits }) }),
  ],
}
