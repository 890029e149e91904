// npm run emulators: real services for development, until Ctrl-C.
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { startFirestoreEmulator } from './firestore-emulator.ts'
import type { RunningProcess } from './processes.ts'
import { startRedis } from './redis.ts'

const USAGE = 'npm run emulators -- [--redis-port PORT] [--firestore-port PORT]'
const PROJECT_ID = 'demo-thermocline'

const ports = readPorts()
const started: RunningProcess[] = []
// Listening for a signal does not keep Node alive; a timer does.
const alive = setInterval(() => {}, 60_000)
try {
  const end = firstSignal()
  const results = await Promise.allSettled([
    startRedis(ports.redis).then(keep),
    startFirestoreEmulator(ports.firestore).then(keep),
  ])
  const [redis, firestore] = results
  if (redis.status === 'rejected') throw redis.reason
  if (firestore.status === 'rejected') throw firestore.reason
  const lines = {
    REDIS_HOST: redis.value.host,
    REDIS_PORT: String(redis.value.port),
    GOOGLE_CLOUD_PROJECT: PROJECT_ID,
    ...firestore.value.env,
  }
  console.log('Redis and the Firestore emulator are running, empty. In another terminal:\n')
  for (const [name, value] of Object.entries(lines)) console.log(`export ${name}=${value}`)
  console.log('\nCtrl-C stops both; nothing is kept.')
  const lost = (name: string, process: RunningProcess) =>
    process.ended.then((how) => `${name} ended by itself (${how})`)
  const failure = await Promise.race([end, lost('Redis', redis.value), lost('The Firestore emulator', firestore.value)])
  if (failure !== undefined) throw new Error(failure)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  await Promise.all(started.map((service) => service.stop()))
  clearInterval(alive)
}

function keep<T extends RunningProcess>(service: T): T {
  started.push(service)
  return service
}

async function firstSignal(): Promise<undefined> {
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM'), once(process, 'SIGHUP')])
}

function readPorts(): { redis: { port?: number }; firestore: { port?: number } } {
  try {
    const { values } = parseArgs({
      options: { 'redis-port': { type: 'string' }, 'firestore-port': { type: 'string' } },
    })
    return { redis: port(values['redis-port']), firestore: port(values['firestore-port']) }
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
