import { connectRedis, type RedisClient, ThermoclineError, type TieredStorageManagerOptions } from '../index.ts'

/** A connection of a command's own, to look at the Redis that holds hot copies. */
export interface RedisLink {
  readonly client: RedisClient
  /** What all keys of this memory begin with. */
  readonly keyPrefix: string
  /** The connections to all servers that take writes: several of a cluster. */
  servers(): readonly RedisClient[]
}

/**
 * Connects to where the options say, for one use.
 * @throws ThermoclineError `STORE_UNAVAILABLE`, `PEER_MISSING`
 */
export async function withRedis<T>(
  { redisHost, redisPort, redis = {} }: TieredStorageManagerOptions,
  use: (link: RedisLink) => Promise<T>,
): Promise<T> {
  const {
    keyPrefix = 'thermocline',
    maxItemsPerSession: _items,
    maxBytesPerSession: _bytes,
    maxSegmentBytes: _segment,
    ...where
  } = redis
  const connection = await connectRedis({
    ...(redisHost !== undefined && { redisHost }),
    ...(redisPort !== undefined && { redisPort }),
    ...where,
  })
  try {
    const { client } = connection
    if (client.status !== 'ready') {
      const why = connection.lastError() ?? 'not connected within a second'
      throw new ThermoclineError('STORE_UNAVAILABLE', `Cannot connect to redis: ${why}`)
    }
    const servers = (): readonly RedisClient[] => client.nodes?.('master') ?? [client]
    return await use({ client, keyPrefix, servers })
  } finally {
    await connection.close()
  }
}

/** Names of the keys of all copies of sessions. Looks at every key of the servers, a thousand at a time. */
export async function* sessionKeys(link: RedisLink): AsyncGenerator<readonly string[], void, undefined> {
  for (const server of link.servers()) {
    let cursor = '0'
    do {
      const reply = await server.call('scan', cursor, 'MATCH', `${link.keyPrefix}:h:*`, 'COUNT', 1000)
      const [next, names] = reply as readonly [string, readonly string[]]
      cursor = next
      yield names
    } while (cursor !== '0')
  }
}

/** What a server says of itself, by name. */
export async function serverInfo(server: RedisClient): Promise<ReadonlyMap<string, string>> {
  const lines = String(await server.call('info')).matchAll(/^(\w+):(.*?)\r?$/gm)
  return new Map(Array.from(lines, ([, name, value]) => [name!, value!]))
}

/** Why it can't be used, in words. */
export function redisReason(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
