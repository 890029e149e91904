import { Redis } from 'ioredis'
import type { RedisClient } from '../../../src/clients/ioredis.ts'
import { inProcessHotStore } from '../../../src/stores/in-process/hot-store.ts'
import { redisHotStore } from '../../../src/stores/redis/hot-store.ts'
import { RedisInvalidations } from '../../../src/stores/redis/invalidations.ts'
import { APPEND, FILL, type Script } from '../../../src/stores/redis/scripts.ts'
import { DistrustedKeys } from '../../../src/tiers/hot/distrusted-keys.ts'
import { layeredHotStore } from '../../../src/tiers/hot/layered-hot-store.ts'
import { SessionCopy } from '../../../src/tiers/hot/session-copy.ts'
import type { HotStore } from '../../../src/tiers/hot-store.ts'
import type { PlannedFault } from './redis-faults.ts'

/** A bug that a short race has to find. */
export interface SeededBug {
  /** Puts it into the code of this process. */
  readonly patch: () => void
  /** What brings it to light; by default nothing is needed. */
  readonly faults?: readonly PlannedFault[]
}

export const SEEDED_BUGS: Readonly<Record<string, SeededBug>> = {
  'an append does not notice a gap': {
    patch: () =>
      changeScript(APPEND, [
        ['local isGap = n ~= ARGV[1] and isBelow(n, ARGV[2])', 'local isGap = false'],
        ['if n ~= ARGV[1] then return 1 end', 'if not isBelow(n, ARGV[2]) then return 1 end'],
      ]),
  },
  'an append leaves a lease standing': {
    patch: () =>
      changeScript(APPEND, [["if footer:sub(-1) ~= 'C' or", "if footer:sub(-1) ~= 'C' then return 0 end if"]]),
  },
  'a copy is filled without its lease': {
    patch: () => changeScript(FILL, [["redis.call('GET', KEYS[1]) ~= ARGV[1]", 'false']]),
  },
  'a change is not told to Redis': { patch: () => changeRedisStore({ forget: () => async () => undefined }) },
  'a failed call is not remembered': {
    patch: () => changeMethods(DistrustedKeys.prototype, { add: () => () => undefined }),
    faults: [{ kind: 'pause', forMs: 600 }],
  },
  'nobody looks when a copy was proven': {
    patch: () => changeRedisStore({ read: (read) => (key, query) => read(key, { ...query, maxProofAgeMs: 1e12 }) }),
    faults: [{ kind: 'restore', ageMs: 3000 }],
  },
  'a copy that is too old is proven without looking': {
    patch: () => changeMethods(SessionCopy.prototype, { isOf: () => () => true }),
    faults: [{ kind: 'restore', ageMs: 3000 }],
  },
  'the wrong end of a copy is read': {
    patch: () =>
      changeRedisStore({
        read:
          (read) =>
          (key, { newest, revive, ...query }) =>
            read(key, {
              ...query,
              revive: (stored) => revive({ ...stored, entries: stored.entries.slice(0, newest) }),
            }),
      }),
  },
  'a part of a session is taken for all of it': {
    patch: () => Object.defineProperty(SessionCopy.prototype, 'complete', { get: () => true }),
  },
  'a strong read is answered from the process': {
    patch: () =>
      changeMethods(prototypeOf(layeredHotStore(inProcessHotStore(), inProcessHotStore())), {
        read: (read) => (key, query) => read(key, { ...query, strong: false }),
      }),
  },
  'nobody hears what others change': {
    patch: () => changeMethods(RedisInvalidations.prototype, { listen: () => () => undefined }),
  },
  'silence is taken for quiet': {
    patch: () => changeMethods(RedisInvalidations.prototype, { isHeard: () => () => true }),
    faults: [{ kind: 'cut', type: 'pubsub', forMs: 2500 }],
  },
  'a copy is kept in the process though it was voided on its way': {
    patch: () =>
      changeMethods(prototypeOf(inProcessHotStore()), {
        fill: (fill, store) => (key, _lease, copy) => {
          const answer = store.read(key, { maxProofAgeMs: 0, revive: () => copy })
          return answer instanceof Promise || answer.kind === 'copy' ? false : fill(key, answer.lease, copy)
        },
      }),
  },
}

type Methods<T> = { readonly [Name in keyof T]?: (method: T[Name], self: T) => T[Name] }

function changeRedisStore(methods: Methods<HotStore>): void {
  changeMethods(prototypeOf(redisHotStore({ connect: () => Promise.reject(new Error('never opened')) })), methods)
}

/** Lets another text run in the place of a script. */
function changeScript(script: Script, changes: readonly (readonly [from: string, to: string])[]): void {
  let { text } = script
  for (const [from, to] of changes) {
    if (!text.includes(from)) throw new Error(`Cannot put a bug into a script: it does not have ${from}`)
    text = text.replace(from, () => to)
  }
  changeMethods(Redis.prototype as RedisClient, {
    call:
      (call) =>
      (command, sha, ...args) =>
        command === 'evalsha' && sha === script.sha ? call('eval', text, ...args) : call(command, sha!, ...args),
  })
}

/** Puts other methods into a class, each made from the one that is there and the object it belongs to. */
function changeMethods<T extends object>(prototype: T, methods: Methods<T>): void {
  for (const name of Object.keys(methods) as (keyof T)[]) {
    const method = prototype[name] as (...args: unknown[]) => unknown
    const change = methods[name] as (method: unknown, self: T) => (...args: unknown[]) => unknown
    Object.defineProperty(prototype, name, {
      configurable: true,
      writable: true,
      value(this: T, ...args: unknown[]) {
        return change(method.bind(this), this)(...args)
      },
    })
  }
}

function prototypeOf(store: HotStore): HotStore {
  return Object.getPrototypeOf(store) as HotStore
}
