import { Redis } from 'ioredis'
import type { RedisServer } from '../../emulators/redis.ts'
import { redisSettings } from '../../src/clients/redis-settings.ts'

/** A client with the settings that ours has, and nothing around it. */
export async function connectRaw({ host, port }: RedisServer): Promise<Redis> {
  const client = new Redis({ ...redisSettings(Math.random), host, port })
  await new Promise((resolve, reject) => client.once('ready', resolve).once('error', reject))
  return client
}

/** The records of a session and nothing else, in a key of its own. */
export interface RawLog {
  readonly name: string
  /** What its newest records take. */
  readonly newestBytes: number
  /** The newest record alone. */
  readonly lastRecord: string
}

/** Copies the records out of one of our keys. */
export async function copyRecords(client: Redis, key: string, name: string, newest: number): Promise<RawLog> {
  const lines = ((await client.get(key)) ?? '').split('\n')
  const records = lines.slice(0, -1).map((line) => `${line}\n`)
  await client.set(name, records.join(''))
  return { name, newestBytes: Buffer.byteLength(records.slice(-newest).join('')), lastRecord: records.at(-1)! }
}

/** The fastest way that we know: one range of just these bytes, and all of it parsed at once. */
export async function readRaw(client: Redis, { name, newestBytes }: RawLog): Promise<unknown[]> {
  const text = await client.getrange(name, -newestBytes, -1)
  return JSON.parse(`[${text.slice(0, -2)}]`) as unknown[]
}

/** How often the server was asked for something, by lower-case command. */
export async function callsOf(client: Redis, command: string): Promise<number> {
  const stats = await client.info('commandstats')
  return Number(stats.match(new RegExp(`^cmdstat_${command}:calls=(\\d+)`, 'm'))?.[1] ?? 0)
}
