import type { DurableStore } from '../../src/tiers/durable-store.ts'
import type { Bugs } from './buggy-durable-store.ts'

export const PAGE_AND_CHANGE_BUGS: Bugs = {
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
    () => ({ capabilities: { remote: false, persistent: true, outOfReach: [] } }),
  ],
}
