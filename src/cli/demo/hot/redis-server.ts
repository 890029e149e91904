import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TieredStorageManagerOptions } from '../../../index.ts'
import { CommandError } from '../../command.ts'
import { redisReason, serverInfo, withRedis } from '../../redis-link.ts'
import { findOnPath, freePort, killGuarded, LOCAL_HOST, startGuarded } from '../guarded-process.ts'

/** The Redis that the demo works with. */
export interface DemoRedis {
  readonly host: string
  readonly port: number
  readonly password: string | undefined
  readonly version: string
  /** Undefined for one that somebody else runs, and that is theirs to end. */
  readonly process: RedisProcess | undefined
}

export interface RedisProcess {
  /** Ends it with SIGKILL, and resolves when it is gone. Harmless when repeated. */
  kill(): Promise<void>
  /** Starts it anew, empty, on the same port. */
  restart(): Promise<void>
}

const HOW_TO_GET =
  'install it with "apt-get install redis-server" (Debian, Ubuntu) or "brew install redis" (macOS), ' +
  'set THERMOCLINE_REDIS_SERVER to its path, or name one that runs with REDIS_HOST and REDIS_PORT'
const START_ATTEMPTS = 5

/**
 * The one that REDIS_HOST and REDIS_PORT name, or else one that is started for the demo.
 * @throws CommandError where there is none to reach, or to start
 */
export async function findRedis(env: NodeJS.ProcessEnv, folder: string): Promise<DemoRedis> {
  const { REDIS_HOST, REDIS_PORT, THERMOCLINE_REDIS_PASSWORD: password } = env
  if (!(REDIS_HOST || REDIS_PORT)) return startRedis(env, folder)
  const given = { host: REDIS_HOST || LOCAL_HOST, port: Number(REDIS_PORT || 6379), password: password || undefined }
  return { ...given, version: await reach(given, 1), process: undefined }
}

/** How a manager reaches it. */
export function redisOptions({ host, port, password }: Omit<DemoRedis, 'version' | 'process'>): {
  readonly redisHost: string
  readonly redisPort: number
  readonly redis: NonNullable<TieredStorageManagerOptions['redis']>
} {
  return { redisHost: host, redisPort: port, redis: { ...(password !== undefined && { password }) } }
}

async function startRedis(env: NodeJS.ProcessEnv, folder: string): Promise<DemoRedis> {
  const program = env.THERMOCLINE_REDIS_SERVER || findOnPath('redis-server', env)
  if (program === undefined) throw new CommandError(`Cannot start redis-server: not found: ${HOW_TO_GET}`)
  const address = { host: LOCAL_HOST, port: await freePort(), password: randomBytes(16).toString('hex') }
  const config = join(folder, 'redis.conf')
  writeFileSync(config, configLines(address, folder).join('\n'))
  let running = startGuarded(program, [config])
  const kill = (): Promise<void> => killGuarded(running)
  try {
    const version = await reach(address, START_ATTEMPTS)
    const restart = async (): Promise<void> => {
      running = startGuarded(program, [config])
      await reach(address, START_ATTEMPTS)
    }
    return { ...address, version, process: { kill, restart } }
  } catch (error) {
    await kill()
    throw error
  }
}

/** For nobody but us: the folder is its owner's only, and so is the password in it. */
function configLines({ port, password }: { readonly port: number; readonly password: string }, dir: string): string[] {
  return [
    ...[`bind ${LOCAL_HOST}`, `port ${port}`, `requirepass ${password}`, `dir "${dir}"`],
    ...['save ""', 'appendonly no', 'maxmemory 64mb', 'maxmemory-policy allkeys-lru'],
  ]
}

/** Its version. An attempt waits for a second. */
async function reach(address: Omit<DemoRedis, 'version' | 'process'>, attempts: number): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await withRedis(
        redisOptions(address),
        async ({ client }) => (await serverInfo(client)).get('redis_version') ?? 'unknown',
      )
    } catch (error) {
      if (attempt < attempts) continue
      throw new CommandError(`Cannot reach Redis at ${address.host}:${address.port}: ${redisReason(error)}`)
    }
  }
}
