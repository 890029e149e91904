import { inProcessDurableStore } from '../../src/stores/in-process/durable-store.ts'
import type { AppendEntry, DurableStore, LoadedRecord, StructuralChange } from '../../src/tiers/durable-store.ts'

/** A store with a bug in it: the in-process one with some methods replaced. */
type Bug = (store: DurableStore) => Partial<DurableStore>

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
function loading(change: (record: LoadedRecord, newest: number | undefined) => LoadedRecord): Bug {
  return (store) => ({
    async load(key, options) {
      const record = await store.load(key, options)
      return record && change(record, options?.newest)
    },
  })
}

/** Changes what `commit` is given. */
function committing(change: (change: StructuralChange, record: LoadedRecord) => StructuralChange): Bug {
  return (store) => ({
    async commit(key, fence, wanted) {
      const record = await store.load(key)
      return store.commit(key, fence, record === undefined ? wanted : change(wanted, record))
    },
  })
}

/** Bugs that a store could have, by name, and in which topic the suite has to notice. */
export const DURABLE_STORE_BUGS: Readonly<Record<string, readonly [topic: string, bug: Bug]>> = {
  'an entry sent again is added again': [
    'append',
    (store) => {
      const again: AppendEntry[] = []
      return {
        async append(session, entries, options) {
          const { tail } = (await store.load(session.key)) ?? { tail: [] }
          again.push(...entries.filter(({ stamp }) => tail.some((entry) => entry.stamp === stamp)))
          return store.append(session, entries, options)
        },
        async load(key, options) {
          const record = await store.load(key, options)
          return record && { ...record, tail: [...record.tail, ...again].sort((a, b) => (a.stamp < b.stamp ? -1 : 1)) }
        },
      }
    },
  ],
  'an entry sent again overwrites what is stored': [
    'append',
    (store) => {
      const newest = new Map<string, AppendEntry>()
      return {
        append(session, entries, options) {
          for (const entry of entries) newest.set(session.key + entry.stamp, entry)
          return store.append(session, entries, options)
        },
        async load(key, options) {
          const record = await store.load(key, options)
          return record && { ...record, tail: record.tail.map((entry) => newest.get(key + entry.stamp) ?? entry) }
        },
      }
    },
  ],
  'entries of one append are written one by one': [
    'append',
    (store) => ({
      async append(session, entries, options) {
        let reply = await store.append(session, entries.slice(0, 1), options)
        for (const entry of entries.slice(1)) {
          await undefined
          reply = await store.append(session, [entry], options)
        }
        return reply
      },
    }),
  ],
  'the tail is in the order of arrival': [
    'append',
    loading((record) => ({ ...record, tail: [...record.tail].sort((a, b) => (a.body < b.body ? -1 : 1)) })),
  ],
  'tailBytes counts characters': [
    'bodies',
    loading((record) => ({ ...record, tailBytes: record.tail.reduce((sum, { body }) => sum + body.length, 0) })),
  ],
  'bodies are parsed and written anew': [
    'bodies',
    loading((record) => ({
      ...record,
      tail: record.tail.map(({ stamp, body }) => ({ stamp, body: JSON.stringify(JSON.parse(body)) })),
    })),
  ],
  'an append brings back what was erased': [
    'append',
    (store) => {
      const erased: AppendEntry[] = []
      return {
        async append(session, entries, options) {
          const reply = await store.append(session, entries, options)
          if (reply.erasedTo > 0) erased.push(...entries)
          return reply
        },
        async load(key, options) {
          const record = await store.load(key, options)
          if (record === undefined || erased.length === 0) return record
          const all = new Map([...erased, ...record.tail].map((entry) => [entry.stamp, entry]))
          return { ...record, tail: [...all.values()].sort((a, b) => (a.stamp < b.stamp ? -1 : 1)) }
        },
      }
    },
  ],
  'the reply of an append hides erasedTo': [
    'append',
    (store) => ({
      append: async (...args) => ({ ...(await store.append(...args)), erasedTo: 0 }),
    }),
  ],
  'the count of a reply is read after the append, beside others': [
    'concurrency',
    (store) => ({
      async append(session, entries, options) {
        const reply = await store.append(session, entries, options)
        await undefined
        const { n } = (await store.load(session.key))!
        return { ...reply, n }
      },
    }),
  ],
  'load of the newest says that it is complete': ['load', loading((record) => ({ ...record, tailComplete: true }))],
  'load of the newest gives the oldest': [
    'load',
    (store) => ({
      async load(key, options) {
        const record = await store.load(key, { ...options, newest: Number.MAX_SAFE_INTEGER })
        const tail = record?.tail.slice(0, options?.newest) ?? []
        return record && { ...record, tail, tailComplete: tail.length === record.tailItems }
      },
    }),
  ],
  'load always gives the fence': [
    'load',
    (store) => ({ load: (key, options) => store.load(key, { ...options, withFence: true }) }),
  ],
  'commit ignores the fence': [
    'fence',
    (store) => ({
      async commit(key, _fence, change) {
        const record = await store.load(key, { withFence: true })
        return record === undefined ? { kind: 'conflict' } : store.commit(key, record.fence!, change)
      },
    }),
  ],
  'commit leaves the fence as it was': [
    'fence',
    (store) => {
      const outer = new Map<string, string>()
      return {
        async load(key, options) {
          const record = await store.load(key, options)
          return record && (options?.withFence ? { ...record, fence: 'same' } : record)
        },
        async commit(key, fence, change) {
          outer.set(key, fence)
          const record = await store.load(key, { withFence: true })
          if (record === undefined || fence !== 'same') return { kind: 'conflict' }
          return store.commit(key, record.fence!, change)
        },
      }
    },
  ],
  'append changes the fence': [
    'fence',
    (store) => ({
      async append(session, entries, options) {
        const reply = await store.append(session, entries, options)
        const record = (await store.load(session.key, { withFence: true }))!
        await store.commit(session.key, record.fence!, { n: record.n, reviewAt: record.reviewAt })
        return reply
      },
    }),
  ],
  'a commit that fails leaves its segments': [
    'fence',
    (store) => {
      const orphans = new Map<string, Uint8Array>()
      return {
        commit(key, fence, change) {
          for (const { id, bytes } of change.put ?? []) orphans.set(key + id, bytes)
          for (const id of change.remove ?? []) orphans.delete(key + id)
          return store.commit(key, fence, change)
        },
        getSegment: async (key, id) => orphans.get(key + id),
      }
    },
  ],
  'dropTail drops everything': [
    'commit',
    committing((change, record) => (change.dropTail === undefined ? change : { ...change, dropTail: record.tail })),
  ],
  'dropTail is done by range': [
    'commit',
    committing((change, { tail }) => {
      const last = change.dropTail?.at(-1)?.stamp
      return last === undefined ? change : { ...change, dropTail: tail.filter(({ stamp }) => stamp <= last) }
    }),
  ],
  'the overlay is lost with a commit that does not name it': [
    'commit',
    committing((change) => ({ ...change, overlay: change.overlay ?? new Map() })),
  ],
  'deletions in the overlay are lost': [
    'commit',
    loading((record) => ({
      ...record,
      overlay: new Map([...record.overlay].filter(([, change]) => change.kind === 'edited')),
    })),
  ],
  'erasedTo can fall': [
    'commit',
    (store) => {
      const erasedTo = new Map<string, number>()
      return {
        commit(key, fence, change) {
          if (change.erasedTo !== undefined) erasedTo.set(key, change.erasedTo)
          return store.commit(key, fence, change)
        },
        async load(key, options) {
          const record = await store.load(key, options)
          return record && { ...record, erasedTo: erasedTo.get(key) ?? 0 }
        },
      }
    },
  ],
  'inline bytes are cut off at the first nul': [
    'segments',
    loading((record) => ({
      ...record,
      segments: record.segments.map((ref) => (ref.inline ? { ...ref, inline: ref.inline.subarray(0, 0) } : ref)),
    })),
  ],
  'segments of all sessions share their ids': [
    'segments',
    (store) => {
      const bytes = new Map<string, Uint8Array>()
      return {
        async commit(key, fence, change) {
          const result = await store.commit(key, fence, change)
          if (result.kind === 'committed') for (const { id, bytes: put } of change.put ?? []) bytes.set(id, put)
          if (result.kind === 'committed') for (const id of change.remove ?? []) bytes.delete(id)
          return result
        },
        getSegment: async (_key, id) => bytes.get(id),
      }
    },
  ],
  'removed segments stay': ['segments', committing(({ remove, ...change }) => change)],
  'the heat of segments is lost': [
    'segments',
    loading((record) => ({
      ...record,
      segments: record.segments.map((ref) => ({ ...ref, heat: { reads: 0, recent: [] } })),
    })),
  ],
  'a commit always sets reviewAt': ['reviewAt and touch', committing((change, record) => ({ ...change, n: record.n }))],
  'a commit never makes the review later': [
    'reviewAt and touch',
    committing((change, record) => ({ ...change, reviewAt: Math.min(change.reviewAt, record.reviewAt) })),
  ],
  'a touch always sets reviewAt': [
    'reviewAt and touch',
    (store) => ({
      async touch(key, patch) {
        const record = await store.load(key)
        const { reviewAt, ...rest } = patch
        return store.touch(key, reviewAt && record ? { ...rest, reviewAt: { at: reviewAt.at, n: record.n } } : rest)
      },
    }),
  ],
  'due excludes its own bound': [
    'due',
    (store) => ({ due: (shard, before, ...rest) => store.due(shard, before - 1, ...rest) }),
  ],
  'due looks into every shard': [
    'due',
    (store) => ({
      async due(_shard, before, cursor, limit) {
        const pages = await Promise.all(Array.from({ length: 64 }, (_, i) => store.due(i, before, cursor, limit)))
        const sessions = pages.flatMap((page) => page.sessions).sort((a, b) => a.reviewAt - b.reviewAt)
        return { sessions: sessions.slice(0, limit), cursor: pages.find((page) => page.cursor)?.cursor }
      },
    }),
  ],
  'the cursor of due is an offset': [
    'due',
    (store) => ({
      async due(shard, before, cursor, limit) {
        const { sessions } = await store.due(shard, before, undefined, 10_000)
        const from = Number(cursor ?? 0)
        const page = sessions.slice(from, from + limit)
        return { sessions: page, cursor: page.length < limit ? undefined : String(from + limit) }
      },
    }),
  ],
  'the cursor of due is a time only, and skips ties': [
    'due',
    (store) => ({
      async due(shard, before, cursor, limit) {
        const { sessions } = await store.due(shard, before, undefined, 10_000)
        const page = sessions.filter(({ reviewAt }) => reviewAt > Number(cursor ?? 0)).slice(0, limit)
        return { sessions: page, cursor: page.length < limit ? undefined : String(page.at(-1)!.reviewAt) }
      },
    }),
  ],
  'pages of list repeat the session where they began': [
    'list',
    (store) => ({
      async list(owner, cursor, limit) {
        const { sessions } = await store.list(owner, undefined, 10_000)
        const from = cursor === undefined ? 0 : sessions.findIndex(({ key }) => key === cursor)
        const page = sessions.slice(from, from + limit)
        return { sessions: page, cursor: from + limit >= sessions.length ? undefined : page.at(-1)!.key }
      },
    }),
  ],
  'list gives the oldest first': [
    'list',
    (store) => ({
      async list(owner, cursor, limit) {
        const page = await store.list(owner, cursor, limit)
        return { ...page, sessions: [...page.sessions].reverse() }
      },
    }),
  ],
  'list compares owners glued together': [
    'list',
    (store) => {
      const owners = new Map<string, { tenantId: string; userId: string }>()
      return {
        append(session, entries, options) {
          const { tenantId, userId } = session
          owners.set(JSON.stringify([tenantId, userId]), { tenantId, userId })
          return store.append(session, entries, options)
        },
        async list({ tenantId, userId }, cursor, limit) {
          const alike = [...owners.values()].filter((owner) => owner.tenantId + owner.userId === tenantId + userId)
          const pages = await Promise.all(alike.map((owner) => store.list(owner, cursor, limit)))
          const sessions = pages.flatMap((page) => page.sessions).sort((a, b) => b.updatedAt - a.updatedAt)
          return { sessions: sessions.slice(0, limit), cursor: pages.find((page) => page.cursor)?.cursor }
        },
      }
    },
  ],
  'sessions whose ids look alike after normalising are one': [
    'isolation',
    (store) => {
      const first = new Map<string, Parameters<DurableStore['append']>[0]>()
      return {
        append(session, entries, options) {
          const name = JSON.stringify([session.tenantId, session.userId, session.sessionId]).normalize('NFC')
          const same = first.get(name) ?? session
          first.set(name, same)
          return store.append(same, entries, options)
        },
      }
    },
  ],
  'watch is given a copy of the entries': [
    'changes',
    (store) => ({
      watch: (listener) => store.watch!(({ key, entries }) => listener({ key, entries: entries && [...entries] })),
    }),
  ],
  'watch cannot be stopped': [
    'changes',
    (store) => ({
      watch(listener) {
        store.watch!(listener)
        return () => undefined
      },
    }),
  ],
  'it says that it is persistent, and is not': [
    'lifetime',
    () => ({ capabilities: { remote: false, persistent: true } }),
  ],
}
