import type { Redis } from 'ioredis'
import type { MemoryItem } from '../../dist/index.js'
import { type SessionKey, stampOf } from '../../src/memory/session.ts'
import { StampMaker } from '../../src/memory/stamp.ts'
import { redisHotStore } from '../../src/stores/redis/hot-store.ts'
import type { Round } from '../compare.ts'
import { oneByOne } from '../rounds.ts'
import type { RawLog } from './raw-redis.ts'

const PREFIX = 'append'

/** A copy in Redis that items are added to. */
export interface Appended {
  readonly key: SessionKey
  /** Of the key that it lies in. */
  readonly name: string
  /** How many appends it holds. */
  readonly n: number
  readonly newest: MemoryItem
  /** Its records alone. */
  readonly log: RawLog
}

export interface AppendRounds {
  readonly ours: Round
  readonly raw: Round
  close(): Promise<void>
}

/**
 * Appends of one item by our script, and of the same bytes by APPEND. Each round begins with the same copy, so that none
 * grows past its bound.
 */
export async function appendRounds(client: Redis, copy: Appended, count: number): Promise<AppendRounds> {
  const { key, newest, log } = copy
  const store = redisHotStore({
    keyPrefix: PREFIX,
    connect: () => ({ client, lastError: () => undefined, close: async () => undefined }),
  })
  await store.open()
  const stamps = new StampMaker()
  stamps.observe(stampOf(newest.id), Date.now())
  let { n } = copy
  const byScript = oneByOne(count, async () => {
    n += 1
    const item = { ...newest, id: `${key}.${stamps.next(Date.now())}` }
    if (!(await store.append(key, [item], n))) throw new Error('Cannot compare: the copy that is appended to is gone')
  })
  const bare = oneByOne(count, () => client.append(`${PREFIX}:raw`, log.lastRecord))
  return {
    ours: async () => {
      n = copy.n
      await client.copy(copy.name, `${PREFIX}:h:{${key}}`, 'REPLACE')
      return byScript()
    },
    raw: async () => {
      await client.copy(log.name, `${PREFIX}:raw`, 'REPLACE')
      return bare()
    },
    close: () => store.close(),
  }
}
