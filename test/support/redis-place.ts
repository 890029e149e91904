import { expect, onTestFinished } from 'vitest'
import type { TcpAddress } from '../../emulators/free-port.ts'
import type { RedisServer } from '../../emulators/redis.ts'
import { ask } from '../../emulators/resp.ts'
import { TieredStorageManager, type TieredStorageManagerOptions } from '../../src/thermocline.ts'
import type { SharedHotStats } from '../../src/tiers/hot-store.ts'
import { TempFolder } from './temp-folder.ts'

/** One SQLite file and one Redis, with managers that know nothing of each other, as if each were another process. */
export interface RedisPlace {
  readonly file: string
  readonly keyPrefix: string
  /** All that were made, also those that could not be opened. */
  readonly managers: readonly TieredStorageManager[]
  /** Opened, and closed with the test. */
  open(options?: TieredStorageManagerOptions): Promise<TieredStorageManager>
}

let places = 0

/** A place of the test that is running. `redis` says where Redis is, if not at an address. */
export function redisPlace(
  server: TcpAddress | undefined,
  redis: TieredStorageManagerOptions['redis'] = {},
): RedisPlace {
  const folder = new TempFolder()
  const managers: TieredStorageManager[] = []
  const file = folder.file('memory.db')
  places += 1
  const keyPrefix = `place-${places}`
  onTestFinished(async () => {
    await Promise.all(managers.map((manager) => manager.close()))
    folder[Symbol.dispose]()
  })
  return {
    file,
    keyPrefix,
    managers,
    async open(options = {}) {
      const manager = new TieredStorageManager({
        path: file,
        synchronous: 'normal',
        tierMigrationInterval: 0,
        ...options,
        ...(server && { redisHost: server.host, redisPort: server.port }),
        redis: { keyPrefix, ...redis, ...options.redis },
      })
      managers.push(manager)
      await manager.initialize()
      return manager
    },
  }
}

/** What a manager says of its Redis. */
export function sharedStats(memory: TieredStorageManager): SharedHotStats {
  const { shared } = memory.getStats().hot
  if (shared === undefined) throw new Error('Cannot tell how Redis is: the manager has none')
  return shared
}

/** Waits until the managers use Redis again, at most so many milliseconds. */
export async function untilUsed(
  memories: TieredStorageManager | readonly TieredStorageManager[],
  timeout = 2_000,
): Promise<void> {
  for (const memory of [memories].flat()) {
    await expect.poll(() => sharedStats(memory).isReachable, { timeout, interval: 5 }).toBe(true)
  }
}

/** What a call answers, and how many milliseconds it took. */
export async function timed<T>(call: () => Promise<T>): Promise<{ readonly answer: T; readonly ms: number }> {
  const startedAt = performance.now()
  const answer = await call()
  return { answer, ms: performance.now() - startedAt }
}

/** All keys of a server that begin so. */
export async function keysOf(server: TcpAddress, prefix = ''): Promise<string[]> {
  const keys = new Set<string>()
  let cursor = '0'
  do {
    const [next, page] = (await ask(server, 'SCAN', cursor, 'MATCH', `${prefix}*`, 'COUNT', '1000')) as [
      string,
      string[],
    ]
    for (const key of page) keys.add(key)
    cursor = next
  } while (cursor !== '0')
  return [...keys].sort()
}

/** Bytes of keys and values of a server, in which something can be looked for. */
export async function bytesIn(server: RedisServer): Promise<string> {
  const keys = await keysOf(server)
  const values = await Promise.all(keys.map((key) => ask(server, 'GETRANGE', key, '0', '-1')))
  return [...keys, ...values.map(String)].join('\n')
}
