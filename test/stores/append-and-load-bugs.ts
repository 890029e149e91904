import type { AppendEntry } from '../../src/tiers/durable-store.ts'
import { type Bugs, loading } from './buggy-durable-store.ts'

export const APPEND_AND_LOAD_BUGS: Bugs = {
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
}
