// npm run emulators: real services for development, until Ctrl-C.
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { startFirestoreEmulator } from './firestore-emulator.ts'
import type { TcpAddress } from './free-port.ts'
import { startGemini } from './gemini.ts'
import { startRedis } from './redis.ts'
import { startRedisCluster } from './redis-cluster.ts'
import { startRedisSentinel } from './redis-sentinel.ts'
import { startAll, stopAll } from './start-all.ts'

const USAGE = 'npm run emulators -- [--redis-port PORT] [--firestore-port PORT] [--cluster] [--sentinel] [--gemini]'
const PROJECT_ID = 'demo-thermocline'

interface Service {
  readonly name: string
  /** What a program needs in its environment to find it. */
  readonly env: Readonly<Record<string, string>>
  /** Resolves when it is of no use any more. A set of servers never is: it is made for losing some. */
  readonly ended?: Promise<string>
  stop(): Promise<void>
}

const options = readOptions()
let services: readonly Service[] = []
// Listening for a signal does not keep Node alive; a timer does.
const alive = setInterval(() => {}, 60_000)
try {
  const end = firstSignal()
  services = await startAll(
    [
      redis,
      firestore,
      options.cluster && redisCluster,
      options.sentinel && redisSentinel,
      options.gemini && gemini,
    ].filter((start) => !!start),
  )
  const names = new Intl.ListFormat('en').format(services.map(({ name }) => name))
  console.log(`Running, and empty: ${names}. In another terminal:\n`)
  for (const [name, value] of services.flatMap(({ env }) => Object.entries(env))) {
    console.log(`export ${name}=${value}`)
  }
  console.log('\nCtrl-C stops them; nothing is kept.')
  const losses = services.flatMap(({ name, ended }) =>
    ended ? [ended.then((how) => `${name} ended by itself (${how})`)] : [],
  )
  const failure = await Promise.race([end, ...losses])
  if (failure !== undefined) throw new Error(failure)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  await stopAll(services)
  clearInterval(alive)
}

async function redis(): Promise<Service> {
  const server = await startRedis(options.redis)
  return { ...server, name: 'Redis', env: { REDIS_HOST: server.host, REDIS_PORT: String(server.port) } }
}

async function firestore(): Promise<Service> {
  const emulator = await startFirestoreEmulator(options.firestore)
  return { ...emulator, name: 'the Firestore emulator', env: { GOOGLE_CLOUD_PROJECT: PROJECT_ID, ...emulator.env } }
}

async function redisCluster(): Promise<Service> {
  const { addresses, stop } = await startRedisCluster()
  return { name: 'a Redis cluster', env: { REDIS_CLUSTER: addressList(addresses) }, stop }
}

async function redisSentinel(): Promise<Service> {
  const { addresses, name, stop } = await startRedisSentinel()
  const env = { REDIS_SENTINELS: addressList(addresses), REDIS_SENTINEL_NAME: name }
  return { name: 'a Redis Sentinel set', env, stop }
}

async function gemini(): Promise<Service> {
  const { env, stop } = await startGemini()
  return { name: 'a stand-in for Gemini', env: { ...env, GEMINI_API_KEY: 'stand-in' }, stop }
}

function addressList(addresses: readonly TcpAddress[]): string {
  return addresses.map(({ host, port }) => `${host}:${port}`).join(',')
}

async function firstSignal(): Promise<undefined> {
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM'), once(process, 'SIGHUP')])
}

interface Options {
  readonly redis: { readonly port?: number }
  readonly firestore: { readonly port?: number }
  readonly cluster: boolean
  readonly sentinel: boolean
  readonly gemini: boolean
}

function readOptions(): Options {
  try {
    const { values } = parseArgs({
      options: {
        'redis-port': { type: 'string' },
        'firestore-port': { type: 'string' },
        cluster: { type: 'boolean', default: false },
        sentinel: { type: 'boolean', default: false },
        gemini: { type: 'boolean', default: false },
      },
    })
    const { cluster, sentinel, gemini } = values
    return { redis: port(values['redis-port']), firestore: port(values['firestore-port']), cluster, sentinel, gemini }
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\nUsage: ${USAGE}`)
    process.exit(2)
  }
}

function port(text: string | undefined): { port?: number } {
  if (text === undefined) return {}
  const port = Number(text)
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new RangeError(`Cannot read a port: not a whole number from 1 to 65535: received ${text}`)
  }
  return { port }
}
