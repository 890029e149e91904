import { primariesOf, type RedisClient } from '../../clients/ioredis.ts'

const PAGE = 1000

/** Deletes all keys with a prefix. SCAN sees one server only, so every primary of a cluster is asked. */
export async function unlinkAll(client: RedisClient, prefix: string): Promise<void> {
  for (const node of primariesOf(client)) {
    let cursor = '0'
    do {
      const [next, keys] = (await node.call('scan', cursor, 'MATCH', `${prefix}*`, 'COUNT', PAGE)) as [string, string[]]
      cursor = next
      // One by one: a cluster refuses a command on keys of several slots.
      await Promise.all(keys.map((key) => client.call('unlink', key)))
    } while (cursor !== '0')
  }
}
