import { isThermoclineError, type RedisClient } from '../../index.ts'
import type { Settings } from '../config.ts'
import { type RedisLink, redisReason, serverInfo, withRedis } from '../redis-link.ts'
import { hasRedis } from '../redis-secrets.ts'
import { formatBytes } from '../text-layout.ts'
import { type Check, ok, problem, warning } from './check.ts'

const WITHOUT = 'all goes on without it, from the database; programs on it need the very same one'

/** Looks at the Redis that holds hot copies, and leaves nothing in it. */
export async function redisChecks({ options }: Settings): Promise<Check[]> {
  if (!hasRedis(options)) {
    return [ok('Redis', 'none; if programs on this memory share one, it has to be named here too')]
  }
  try {
    return await withRedis(options, async (link) => [
      ...(await Promise.all(link.servers().map(checkServer))).flat(),
      await checkCommands(link),
      await checkTracking(link),
    ])
  } catch (error) {
    return [problem('Redis', redisReason(error), isThermoclineError(error, 'PEER_MISSING') ? undefined : WITHOUT)]
  }
}

/** Of ioredis, for one server. */
interface ServerOptions {
  readonly host?: string
  readonly port?: number
  readonly sentinels?: readonly unknown[] | null
  readonly name?: string
}

async function checkServer(server: RedisClient): Promise<Check[]> {
  const info = await serverInfo(server)
  const { host, port, sentinels, name } = (server.options ?? {}) as ServerOptions
  // Behind Sentinels the options have no address of the primary.
  const address = sentinels ? `primary of ${name}, port ${info.get('tcp_port')}` : `${host}:${port}`
  return [
    checkVersion(address, info.get('redis_version') ?? 'unknown'),
    checkMemory(Number(info.get('used_memory')), Number(info.get('maxmemory')), info.get('maxmemory_policy') ?? ''),
  ]
}

export function checkVersion(address: string, version: string): Check {
  const message = `${address}, version ${version}`
  if (Number.parseInt(version, 10) >= 6) return ok('Redis', message)
  return problem('Redis', message, 'use Redis 6 or newer: older ones tell nobody of changes')
}

export function checkMemory(used: number, max: number, policy: string): Check {
  const name = 'Redis memory'
  if (max === 0) {
    const advice = 'set maxmemory, and the policy allkeys-lru'
    return warning(name, `${formatBytes(used)} used and no limit: it grows until the machine has no more`, advice)
  }
  const message = `${formatBytes(used)} of ${formatBytes(max)} used`
  if (policy !== 'noeviction') return ok(name, `${message}, evicts by ${policy}`)
  return warning(name, `${message}; once it is full it takes no more (noeviction)`, 'set the policy allkeys-lru')
}

/** What copies are kept with, done once to a key that is gone afterwards. */
const SCRIPT = `
  redis.call('SET', KEYS[1], 'copy', 'PX', 1000)
  redis.call('SETRANGE', KEYS[1], redis.call('STRLEN', KEYS[1]), redis.call('TIME')[1])
  redis.call('GETRANGE', KEYS[1], 0, redis.call('GET', KEYS[1]):len())
  return redis.call('DEL', KEYS[1])`

async function checkCommands({ client, keyPrefix }: RedisLink): Promise<Check> {
  const name = 'Redis commands'
  const key = `${keyPrefix}:doctor`
  const calls: readonly (readonly [string, ...string[]])[] = [
    ['eval', SCRIPT, '1', key],
    ['evalsha', '0'.repeat(40), '1', key],
    ['getrange', key, '0', '-1'],
    ['get', key],
    ['set', key, '', 'PX', '1000'],
    ['pexpire', key, '1000'],
    ['unlink', key],
  ]
  const refused: string[] = []
  for (const call of calls) {
    const text = await client.call(...call).then(() => '', redisReason)
    if (text.startsWith('NOPERM')) refused.push(call[0])
    // Redis does not say which.
    else if (/ACL failure|user executing the script/.test(text)) refused.push('a command within scripts')
    // It was to be looked for, not to be there.
    else if (text !== '' && !text.startsWith('NOSCRIPT')) return problem(name, `it takes no copies: ${text}`, WITHOUT)
  }
  if (refused.length === 0) return ok(name, 'it takes copies and gives them back')
  return problem(name, `this user may not use ${refused.join(', ')}`, 'docs/redis.md has the rules of a user')
}

/** As the processes listen to what others change: each on a connection of its own, for that alone. */
async function checkTracking({ keyPrefix, servers }: RedisLink): Promise<Check> {
  const name = 'Redis tracking'
  const advice = 'allow it, as docs/redis.md says: until then no process keeps copies of its own'
  for (const server of servers()) {
    const listener = server.duplicate({ protocol: 2, lazyConnect: true, retryStrategy: () => null })
    listener.on('error', () => undefined)
    try {
      await listener.connect()
      const id = Number(await listener.call('client', 'id'))
      await listener.call('client', 'tracking', 'on', 'redirect', id, 'bcast', 'prefix', `${keyPrefix}:h:`)
      await listener.call('subscribe', '__redis__:invalidate')
    } catch (error) {
      return warning(name, `it does not tell of changes: ${redisReason(error)}`, advice)
    } finally {
      listener.disconnect()
    }
  }
  return ok(name, 'it tells processes of what others change')
}
