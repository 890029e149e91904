import { graveOf } from '../../src/memory/session.ts'
import { newFence } from '../../src/tiers/rewriting/fence.ts'
import { type Bugs, committing, loading } from './buggy-durable-store.ts'

export const COMMIT_BUGS: Bugs = {
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
        await store.commit(session.key, record.fence!, {
          n: record.n,
          nextFence: newFence(),
          reviewAt: record.reviewAt,
        })
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
        return store.touch(key, reviewAt && record ? { ...rest, reviewAt: { ...reviewAt, n: record.n } } : rest)
      },
    }),
  ],
  'a touch does not look at the fence': [
    'reviewAt and touch',
    (store) => ({
      async touch(key, patch) {
        const record = await store.load(key, { withFence: true })
        const { reviewAt, ...rest } = patch
        return store.touch(
          key,
          reviewAt && record ? { ...rest, reviewAt: { ...reviewAt, fence: record.fence! } } : rest,
        )
      },
    }),
  ],
  'what is buried forgets since when, under the grave of an owner': [
    'removal',
    (store) => ({
      commit(key, fence, change) {
        return store.commit(key, fence, key === graveOf(key) ? { ...change, erasedTo: 0 } : change)
      },
    }),
  ],
}
