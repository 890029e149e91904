import type { TcpAddress } from './free-port.ts'
import { isRunning } from './processes.ts'
import { type RedisOptions, type RedisServer, restartAmong, startRedis } from './redis.ts'
import { ask, sendCommand } from './resp.ts'
import { startAll, stopAll } from './start-all.ts'
import { until } from './until.ts'

export interface RedisSentinelOptions extends Pick<RedisOptions, 'args' | 'tls'> {
  /** What clients call the primary, whichever server that is. @default "lake" */
  readonly name?: string
  /** @default 1 */
  readonly replicas?: number
  /** @default 3; more than half of them decide on a failover */
  readonly sentinels?: number
  /** Of the primary and the replicas; the sentinels ask for none. @default none */
  readonly password?: string
  /** How long a server may be silent before the sentinels take it for failed. @default 1_000 */
  readonly downAfterMs?: number
}

export interface RedisSentinelSet {
  readonly name: string
  /** The server that starts as primary, then the replicas. */
  readonly servers: readonly RedisServer[]
  readonly sentinels: readonly RedisServer[]
  /** Of the sentinels. */
  readonly addresses: readonly TcpAddress[]
  /** The server that the sentinels name. Rejects while those that answer name several. */
  primary(): Promise<RedisServer>
  /** Starts a server or a sentinel again, killed before or now, with its files; takes its place in its list. */
  restart(server: RedisServer): Promise<RedisServer>
  /** Resolves once all that have not ended know each other, and the replicas are in step with one primary. */
  untilOk(): Promise<void>
  stop(): Promise<void>
}

const FAILOVER_TIMEOUT_MS = 3_000
// The defaults are made for networks: it would take 2 s until sentinels have met, 10 s until they see a new replica, and
// after a stall of 2 s they would do nothing for 30 s. Redis 6 can't be told, and is just slower.
const PACE = ['info-period', '200', 'publish-period', '200', 'tilt-period', '1000']

/** Starts a real primary with replicas on 127.0.0.1, and sentinels that put a replica in its place when it fails. */
export async function startRedisSentinel(options: RedisSentinelOptions = {}): Promise<RedisSentinelSet> {
  const { name = 'lake', replicas = 1, sentinels: count = 3, downAfterMs = 1_000, args = [], ...access } = options
  const startServer = (more: readonly string[]) =>
    startRedis({ ...access, args: ['--repl-diskless-sync-delay', '0', ...more, ...args] })
  const primary = await startServer([])
  const servers = [primary]
  const sentinels: RedisServer[] = []
  const set = setOf(name, servers, sentinels)
  try {
    const replicaOf = ['--replicaof', primary.host, String(primary.port)]
    servers.push(...(await startAll(Array.from({ length: replicas }, () => () => startServer(replicaOf)))))
    // The first thing a sentinel learns about replicas is what the primary knows of them then.
    await until('the replicas are in step', () => inStep(servers))
    const { password, tls = false } = access
    const config = [
      `sentinel monitor ${name} ${primary.host} ${primary.port} ${Math.floor(count / 2) + 1}`,
      `sentinel down-after-milliseconds ${name} ${downAfterMs}`,
      `sentinel failover-timeout ${name} ${FAILOVER_TIMEOUT_MS}`,
      ...(password === undefined ? [] : [`sentinel auth-pass ${name} ${password}`]),
    ]
    const startSentinel = () => startRedis({ config, tls, args: ['--sentinel'] })
    sentinels.push(...(await startAll(Array.from({ length: count }, () => startSentinel))))
    await Promise.all(sentinels.map(setPace))
    await set.untilOk()
    return set
  } catch (error) {
    await set.stop()
    throw error
  }
}

function setOf(name: string, servers: RedisServer[], sentinels: RedisServer[]): RedisSentinelSet {
  const running = (list: readonly RedisServer[]) => list.filter(({ pid }) => isRunning(pid))
  return {
    name,
    servers,
    sentinels,
    get addresses() {
      return sentinels.map(({ host, port }) => ({ host, port }))
    },
    primary: async () => {
      const port = await primaryPort(running(sentinels), name)
      return servers.find((server) => server.port === port) as RedisServer
    },
    restart: async (server) => {
      if (!sentinels.some(({ port }) => port === server.port)) return restartAmong(servers, server)
      const again = await restartAmong(sentinels, server)
      await setPace(again)
      return again
    },
    untilOk: () =>
      until('the Sentinel set is whole', async () => {
        if (!(await inStep(running(servers)))) return false
        const seen = await Promise.all(
          running(sentinels).map((one) => seesAll(one, name, running(sentinels), running(servers))),
        )
        return seen.every(Boolean)
      }),
    stop: () => stopAll([...sentinels, ...servers]),
  }
}

async function setPace(sentinel: RedisServer): Promise<void> {
  await sendCommand(sentinel, ['SENTINEL', 'DEBUG', ...PACE])
}

async function primaryPort(sentinels: readonly RedisServer[], name: string): Promise<number> {
  const answers = await Promise.all(
    sentinels.map((sentinel) => {
      return sendCommand(sentinel, ['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name]).catch(() => null)
    }),
  )
  const named = new Set(answers.flatMap((answer) => (Array.isArray(answer) ? [Number(answer[1])] : [])))
  const [port] = named
  if (port !== undefined && named.size === 1) return port
  throw new Error(`Cannot tell the primary of ${name}: received ${[...named].join(', ') || 'no answer'}`)
}

/** Whether exactly one is a primary, and all others follow it and have all it had to copy. */
async function inStep(servers: readonly RedisServer[]): Promise<boolean> {
  const infos = await Promise.all(servers.map(async (server) => String(await ask(server, 'INFO', 'replication'))))
  const primary = servers[infos.findIndex((info) => info.includes('role:master'))]
  const followers = infos.filter(
    (info) => info.includes(`master_port:${primary?.port}\r\n`) && info.includes('master_link_status:up'),
  )
  return followers.length === servers.length - 1
}

async function seesAll(
  sentinel: RedisServer,
  name: string,
  sentinels: readonly RedisServer[],
  servers: readonly RedisServer[],
): Promise<boolean> {
  const lists = ['MASTERS', 'REPLICAS', 'SENTINELS'].map(async (what) => {
    const reply = await ask(sentinel, 'SENTINEL', what, ...(what === 'MASTERS' ? [] : [name]))
    return (reply as readonly (readonly string[])[]).map(fields)
  })
  const well = (await Promise.all(lists)).flat().filter(({ flags = '', 'master-link-status': link = 'ok' }) => {
    // Not "master_down", which is what a sentinel said of the primary before, and stays for seconds.
    return !/[so]_down|disconnected|failover/.test(flags) && link === 'ok'
  })
  const ports = new Set(well.map(({ port }) => Number(port)))
  return [...sentinels, ...servers].every(({ port }) => port === sentinel.port || ports.has(port))
}

function fields(list: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(Array.from({ length: list.length / 2 }, (_, i) => list.slice(2 * i, 2 * i + 2)))
}
