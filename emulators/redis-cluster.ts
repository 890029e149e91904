import { onFreePort, type TcpAddress } from './free-port.ts'
import { isRunning } from './processes.ts'
import { type RedisOptions, type RedisServer, restartAmong, startRedis } from './redis.ts'
import { agree, clusterView, type NodeView, servesSlot } from './redis-cluster-view.ts'
import { ask } from './resp.ts'
import { startAll, stopAll } from './start-all.ts'
import { until } from './until.ts'

export interface RedisClusterOptions extends Pick<RedisOptions, 'args' | 'password' | 'tls'> {
  /** @default 3, the fewest that can agree on a failover */
  readonly primaries?: number
  /** Of each primary. @default 0 */
  readonly replicas?: number
  /** How long a node may be silent before the others take it for failed. @default 1_000 */
  readonly nodeTimeoutMs?: number
}

export interface RedisCluster {
  /** Those that start as primaries, then the replicas of the first of them, of the second, and so on. */
  readonly nodes: readonly RedisServer[]
  readonly addresses: readonly TcpAddress[]
  /** Starts a node again, killed before or now, with what it knew of the cluster; takes its place in `nodes`. */
  restart(node: RedisServer): Promise<RedisServer>
  /** Resolves once all nodes that have not ended agree on who serves what, and all slots are served. */
  untilOk(): Promise<void>
  /** The node that serves a key, as the newest word of those that answer has it. */
  primaryOf(key: string): Promise<RedisServer>
  /**
   * Hands the slot of a key, with all keys in it, to another primary. Just before the last step, while the old one
   * answers ASK for each of them, calls `onTheWay`.
   */
  moveSlot(key: string, to: RedisServer, onTheWay?: () => Promise<void>): Promise<void>
  stop(): Promise<void>
}

const SLOTS = 16_384
/** Nodes talk to each other on a port this much above the one for clients. */
const BUS_PORT_OFFSET = 10_000
const KEYS_AT_ONCE = 100
const MIGRATE_TIMEOUT_MS = 5_000

/** Starts a real Redis cluster on 127.0.0.1. It takes 2 s at least: so long a primary waits before it serves. */
export async function startRedisCluster(options: RedisClusterOptions = {}): Promise<RedisCluster> {
  const { primaries = 3, replicas = 0, args = [], nodeTimeoutMs = 1_000, ...access } = options
  const clusterArgs = [
    ...['--cluster-enabled', 'yes', '--cluster-config-file', 'nodes.conf'],
    ...['--cluster-node-timeout', String(nodeTimeoutMs), '--repl-diskless-sync-delay', '0'],
  ]
  const startNode = (port: number) => startRedis({ ...access, port, args: [...clusterArgs, ...args] })
  const count = primaries * (1 + replicas)
  const nodes = await startAll(
    Array.from({ length: count }, () => () => onFreePort(undefined, startNode, BUS_PORT_OFFSET)),
  )
  const cluster = clusterOf(nodes)
  try {
    await joinNodes(nodes, primaries, replicas)
    await cluster.untilOk()
    return cluster
  } catch (error) {
    await cluster.stop()
    throw error
  }
}

async function joinNodes(nodes: readonly RedisServer[], primaries: number, replicas: number): Promise<void> {
  const firstSlot = (primary: number) => Math.ceil((primary * SLOTS) / primaries)
  await Promise.all(
    nodes.map(async (node, i) => {
      // Nodes that meet with the same epoch would have to sort that out first.
      await ask(node, 'CLUSTER', 'SET-CONFIG-EPOCH', String(i + 1))
      if (i < primaries) await ask(node, 'CLUSTER', 'ADDSLOTS', ...range(firstSlot(i), firstSlot(i + 1)).map(String))
    }),
  )
  // Each pair, since by hearsay alone it takes a second longer.
  for (const [i, node] of nodes.entries()) {
    await Promise.all(nodes.slice(i + 1).map(({ host, port }) => ask(node, 'CLUSTER', 'MEET', host, String(port))))
  }
  await Promise.all(
    nodes.slice(primaries).map(async (replica, i) => {
      const primary = nodes[Math.floor(i / replicas)] as RedisServer
      const id = String(await ask(primary, 'CLUSTER', 'MYID'))
      await until(`${replica.port} is a replica of ${primary.port}`, async () => {
        return (await ask(replica, 'CLUSTER', 'REPLICATE', id)) === 'OK'
      })
    }),
  )
}

function clusterOf(nodes: RedisServer[]): RedisCluster {
  const running = () => nodes.filter(({ pid }) => isRunning(pid))
  const primaryOf = async (key: string) => {
    const { port } = await viewOfPrimary(running(), key)
    return nodes.find((node) => node.port === port) as RedisServer
  }
  return {
    nodes,
    addresses: nodes.map(({ host, port }) => ({ host, port })),
    restart: (node) => restartAmong(nodes, node),
    untilOk: () => until('the cluster is whole', () => agree(running())),
    primaryOf,
    moveSlot: async (key, to, onTheWay) => {
      await moveSlot(key, await primaryOf(key), to, onTheWay)
      await until('all nodes know who has the slot now', async () => {
        const known = await Promise.all(running().map((node) => viewOfPrimary([node], key)))
        return known.every(({ port }) => port === to.port)
      })
    },
    stop: () => stopAll(nodes),
  }
}

async function viewOfPrimary(nodes: readonly RedisServer[], key: string): Promise<NodeView> {
  const answers = await Promise.allSettled(
    nodes.map(async (node) => {
      const slot = await slotOf(node, key)
      return (await clusterView(node)).filter((view) => servesSlot(view, slot))
    }),
  )
  const claims = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
  const newest = claims.sort((a, b) => b.epoch - a.epoch)[0]
  if (!newest) throw new Error(`Cannot find the primary of ${key}: no node that answers knows one`)
  return newest
}

async function slotOf(node: RedisServer, key: string): Promise<number> {
  return Number(await ask(node, 'CLUSTER', 'KEYSLOT', key))
}

// The steps and their order: https://redis.io/docs/latest/commands/cluster-setslot/
async function moveSlot(key: string, from: RedisServer, to: RedisServer, onTheWay?: () => Promise<void>) {
  const slot = String(await slotOf(from, key))
  const [fromId, toId] = await Promise.all([from, to].map(async (node) => String(await ask(node, 'CLUSTER', 'MYID'))))
  if (fromId === undefined || toId === undefined || fromId === toId) return
  await ask(to, 'CLUSTER', 'SETSLOT', slot, 'IMPORTING', fromId)
  await ask(from, 'CLUSTER', 'SETSLOT', slot, 'MIGRATING', toId)
  const migrateTo = ['MIGRATE', to.host, String(to.port), '', '0', String(MIGRATE_TIMEOUT_MS)]
  const auth = to.password === undefined ? [] : ['AUTH', to.password]
  for (;;) {
    const keys = (await ask(from, 'CLUSTER', 'GETKEYSINSLOT', slot, String(KEYS_AT_ONCE))) as readonly string[]
    if (keys.length === 0) break
    await ask(from, ...migrateTo, ...auth, 'KEYS', ...keys)
  }
  await onTheWay?.()
  for (const node of [to, from]) await ask(node, 'CLUSTER', 'SETSLOT', slot, 'NODE', toId)
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i)
}
