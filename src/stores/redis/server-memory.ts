import { primariesOf, type RedisClient } from '../../clients/ioredis.ts'

/** What the servers say of their memory; of a cluster, of all its primaries together. */
export interface ServerMemory {
  readonly usedMemoryBytes: number
  /** 0 where at least one has no limit. */
  readonly maxMemoryBytes: number
  readonly smallestMaxMemoryBytes: number
  /** As Redis calls it; several with " and " where primaries differ. */
  readonly policy: string
  readonly evictedKeys: ReadonlyMap<string, number>
}

/** Memory and policy as they were asked for. */
export interface MemorySettings {
  readonly maxMemoryBytes: number
  readonly policy: string
}

export type NodeCall = (node: RedisClient, ...command: readonly [string, ...string[]]) => Promise<unknown>

/** By INFO, which managed services allow where they refuse CONFIG. */
export async function readServerMemory(client: RedisClient, call: NodeCall): Promise<ServerMemory> {
  const infos = await Promise.all(primariesOf(client).map(async (node) => parseInfo(String(await call(node, 'INFO')))))
  const limits = infos.map((info) => numberOf(info, 'maxmemory'))
  return {
    usedMemoryBytes: sum(infos.map((info) => numberOf(info, 'used_memory'))),
    maxMemoryBytes: limits.includes(0) ? 0 : sum(limits),
    smallestMaxMemoryBytes: Math.min(...limits),
    policy: [...new Set(infos.map((info) => info.get('maxmemory_policy') ?? 'unknown'))].sort().join(' and '),
    evictedKeys: new Map(infos.map((info) => [info.get('run_id') ?? '', numberOf(info, 'evicted_keys')])),
  }
}

/** The limit is shared out evenly among the primaries of a cluster. */
export async function configureMemory(client: RedisClient, asked: MemorySettings, call: NodeCall): Promise<void> {
  const primaries = primariesOf(client)
  const share = String(Math.ceil(asked.maxMemoryBytes / primaries.length))
  await Promise.all(
    primaries.map(async (node) => {
      await call(node, 'CONFIG', 'SET', 'maxmemory', share)
      await call(node, 'CONFIG', 'SET', 'maxmemory-policy', asked.policy)
    }),
  )
}

/** Whether it is just what was asked for; a share of a cluster may have been rounded up. */
export function isInForce(asked: MemorySettings, server: ServerMemory): boolean {
  const roundedUp = server.maxMemoryBytes - asked.maxMemoryBytes
  return server.policy === asked.policy && roundedUp >= 0 && roundedUp < server.evictedKeys.size
}

/** Why the server can't do what was asked, in sentences for people; empty where it can. */
export function memoryWarnings(asked: MemorySettings, server: ServerMemory): string[] {
  const warnings: string[] = []
  const { maxMemoryBytes, policy } = server
  if (maxMemoryBytes === 0) {
    warnings.push('Redis has no maxmemory: it evicts nothing and grows until its machine has no memory left.')
  } else if (maxMemoryBytes < asked.maxMemoryBytes) {
    warnings.push(`Redis may use ${mib(maxMemoryBytes)} MiB, less than the ${mib(asked.maxMemoryBytes)} asked for.`)
  }
  // volatile-lru is as good as allkeys-lru: it looks at keys with a TTL only, and all of ours have one.
  if (orderOf(policy) === orderOf(asked.policy)) return warnings
  warnings.push(
    policy.includes('noeviction')
      ? 'Redis has the policy noeviction: once it is full, nothing can be set.'
      : `Redis has the policy ${policy}, which does not choose what to evict as ${asked.policy} does.`,
  )
  return warnings
}

function orderOf(policy: string): string {
  return policy.replaceAll(/(allkeys|volatile)-/g, '')
}

function parseInfo(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split('\r\n').flatMap((line) => {
      const [, name, value] = /^(\w+):(.*)$/.exec(line) ?? []
      return name !== undefined && value !== undefined ? [[name, value] as const] : []
    }),
  )
}

function numberOf(info: ReadonlyMap<string, string>, name: string): number {
  return Number(info.get(name) ?? 0)
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

function mib(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(0)
}
