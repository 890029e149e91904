import { randomBytes } from 'node:crypto'
import { closeSync, openSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { CommandError } from '../../command.ts'
import { findOnPath, freePort, isExecutable, killGuarded, LOCAL_HOST, startGuarded } from '../guarded-process.ts'

/** The emulator that the demo works with. */
export interface DemoFirestore {
  /** `host:port`, for FIRESTORE_EMULATOR_HOST. */
  readonly address: string
  /** Nobody else's. */
  readonly projectId: string
  readonly isOurs: boolean
  /** Leaves nothing of the demo: ends what it started, and empties its project in what somebody else runs. */
  end(): Promise<void>
}

const MAIN_CLASS = 'com.google.cloud.datastore.emulator.firestore.CloudFirestore'
const JAR_UNDER_SDK_ROOT = 'platform/cloud-firestore-emulator/cloud-firestore-emulator.jar'
const GET_JAVA =
  'install Java 17 or newer, with "apt-get install openjdk-17-jre-headless" (Debian, Ubuntu) or "brew install openjdk@17" (macOS)'
const GET_JAR =
  'install the Google Cloud CLI (https://cloud.google.com/sdk/docs/install) and run "gcloud components install cloud-firestore-emulator", ' +
  'or set THERMOCLINE_FIRESTORE_JAR to the path of cloud-firestore-emulator.jar'
const NAME_ONE = 'or name one that runs with FIRESTORE_EMULATOR_HOST'
const START_PATIENCE_MS = 30_000
const POLL_MS = 50
const CALL_TIMEOUT_MS = 2000

/**
 * The one that FIRESTORE_EMULATOR_HOST names, or else one that is started for the demo. Never the cloud.
 * @throws CommandError where there is none to reach, or to start
 */
export async function findFirestore(env: NodeJS.ProcessEnv, folder: string): Promise<DemoFirestore> {
  const projectId = `demo-thermocline-${randomBytes(4).toString('hex')}`
  const address = env.FIRESTORE_EMULATOR_HOST
  if (!address) return startFirestore(env, folder, projectId)
  if (!(await answers(address)))
    throw new CommandError(`Cannot reach the Firestore emulator at ${address}, which FIRESTORE_EMULATOR_HOST names`)
  const documents = `http://${address}/emulator/v1/projects/${projectId}/databases/(default)/documents`
  const end = async (): Promise<void> => {
    await fetch(documents, { method: 'DELETE', signal: AbortSignal.timeout(CALL_TIMEOUT_MS) })
  }
  return { address, projectId, isOurs: false, end }
}

async function startFirestore(env: NodeJS.ProcessEnv, folder: string, projectId: string): Promise<DemoFirestore> {
  const java = findJava(env)
  if (java === undefined)
    throw new CommandError(`Cannot start the Firestore emulator: no Java: ${GET_JAVA}, ${NAME_ONE}`)
  const jar = findJar(env)
  if (jar === undefined)
    throw new CommandError(`Cannot start the Firestore emulator: not found: ${GET_JAR}, ${NAME_ONE}`)
  const port = await freePort()
  const log = join(folder, 'firestore.log')
  const output = openSync(log, 'a')
  const where = [`--host=${LOCAL_HOST}`, `--port=${port}`]
  const running = startGuarded(
    java,
    ['-Xmx512m', '-XX:+UseSerialGC', '-cp', jar, MAIN_CLASS, 'start', ...where],
    output,
  )
  closeSync(output)
  const address = `${LOCAL_HOST}:${port}`
  const deadline = performance.now() + START_PATIENCE_MS
  while (!(await answers(address))) {
    const written = readFileSync(log, 'utf8').trim()
    // What Java says where it can't even begin.
    const isHopeless = /^(Error|Unrecognized|Exception in thread)/m.test(written)
    if (performance.now() < deadline && !isHopeless) {
      await delay(POLL_MS)
      continue
    }
    await killGuarded(running)
    throw new CommandError(`Cannot start the Firestore emulator of ${jar}: ${written.split('\n')[0] || 'no answer'}`)
  }
  return { address, projectId, isOurs: true, end: () => killGuarded(running) }
}

function findJava(env: NodeJS.ProcessEnv): string | undefined {
  const ofHome = env.JAVA_HOME && join(env.JAVA_HOME, 'bin', 'java')
  return ofHome && isExecutable(ofHome) ? ofHome : findOnPath('java', env)
}

function findJar(env: NodeJS.ProcessEnv): string | undefined {
  if (env.THERMOCLINE_FIRESTORE_JAR) return env.THERMOCLINE_FIRESTORE_JAR
  const gcloud = findOnPath('gcloud', env)
  if (gcloud === undefined) return undefined
  // What is on the path is often a link into the SDK.
  const jar = join(dirname(dirname(realpathSync(gcloud))), JAR_UNDER_SDK_ROOT)
  return isReadable(jar) ? jar : undefined
}

function isReadable(path: string): boolean {
  try {
    closeSync(openSync(path, 'r'))
    return true
  } catch {
    return false
  }
}

function answers(address: string): Promise<boolean> {
  return fetch(`http://${address}/`, { signal: AbortSignal.timeout(CALL_TIMEOUT_MS) }).then(
    ({ ok }) => ok,
    () => false,
  )
}
