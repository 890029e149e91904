import { copyFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type RedisServer, restartAmong, startRedis } from '../../../emulators/redis.ts'
import { startRedisCluster } from '../../../emulators/redis-cluster.ts'
import { ask } from '../../../emulators/resp.ts'
import type { TieredStorageManagerOptions } from '../../../src/thermocline.ts'
import { microseconds } from '../erase/journal.ts'

/** So little that sessions are evicted all the time. A server of a cluster takes 0.9 MB more for itself. */
const MAX_MEMORY = { single: '2mb', cluster: '3mb' } as const

export type TargetKind = 'single' | 'cluster'

/** One server, or the primaries of a cluster. */
export interface RedisTarget extends AsyncDisposable {
  readonly options: NonNullable<TieredStorageManagerOptions['redis']>
  /** A server that starts again takes its place in here. */
  readonly servers: readonly RedisServer[]
  restart(server: RedisServer): Promise<void>
  /** Of a cluster: hands a slot with some of the keys of a server to another one. */
  moveSlot?(from: RedisServer): Promise<void>
}

export async function startTarget(kind: TargetKind): Promise<RedisTarget> {
  const args = ['--maxmemory', MAX_MEMORY[kind], '--maxmemory-policy', 'allkeys-lru']
  if (kind === 'cluster') {
    const cluster = await startRedisCluster({ args })
    return {
      options: { cluster: cluster.addresses },
      servers: cluster.nodes,
      restart: async (server) => {
        await cluster.restart(server)
        await cluster.untilOk()
      },
      moveSlot: async (from) => {
        // A pause makes the others take a server for failed, and for a while after it they take no keys.
        await cluster.untilOk()
        const key = await ask(from, 'RANDOMKEY')
        const others = cluster.nodes.filter((node) => node !== from)
        if (typeof key === 'string') await cluster.moveSlot(key, others[key.length % others.length]!)
      },
      [Symbol.asyncDispose]: () => cluster.stop(),
    }
  }
  const servers = [await startRedis({ args })]
  const { host, port } = servers[0]!
  return {
    options: { redisHost: host, redisPort: port },
    servers,
    restart: async (server) => void (await restartAmong(servers, server)),
    [Symbol.asyncDispose]: async () => void (await Promise.all(servers.map((server) => server.stop()))),
  }
}

/** What a server holds now, for it to start with later. */
export class Snapshot {
  /** Between these two it was made, in microseconds. */
  readonly made: { readonly from: number; readonly to: number }
  readonly #file: string
  readonly #copy: string

  private constructor(folder: string, from: number) {
    this.#file = join(folder, 'dump.rdb')
    this.#copy = join(folder, 'older.rdb')
    // Whoever starts again before it is put back has nothing.
    renameSync(this.#file, this.#copy)
    this.made = { from, to: microseconds() }
  }

  static async of(server: RedisServer): Promise<Snapshot> {
    const folder = await folderOf(server)
    const from = microseconds()
    await ask(server, 'SAVE')
    return new Snapshot(folder, from)
  }

  putBack(): void {
    copyFileSync(this.#copy, this.#file)
  }

  remove(): void {
    for (const file of [this.#file, this.#copy]) rmSync(file)
  }
}

async function folderOf(server: RedisServer): Promise<string> {
  const [, folder] = (await ask(server, 'CONFIG', 'GET', 'dir')) as readonly string[]
  return folder!
}

export async function evictedKeys(servers: readonly RedisServer[]): Promise<number> {
  const infos = await Promise.all(servers.map((server) => ask(server, 'INFO', 'stats')))
  return infos.reduce<number>((sum, info) => sum + Number(/evicted_keys:(\d+)/.exec(String(info))?.[1] ?? 0), 0)
}
