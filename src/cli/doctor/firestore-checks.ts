import { isThermoclineError, type ThermoclineError, TieredStorageManager } from '../../index.ts'
import type { Settings } from '../config.ts'
import { type FirestorePlace, firestorePlace, placeText } from '../firestore-place.ts'
import { type Check, ok, problem } from './check.ts'
import { installedVersion } from './machine-checks.ts'

const PACKAGE = '@google-cloud/firestore'
const INSTALL = `npm install ${PACKAGE}@9`
/** Looked for, and mostly not there. */
const NOBODY = { userId: 'thermocline doctor', sessionId: 'thermocline doctor' }

/** Looks at the Firestore that holds a memory, by reads alone: at most 200 of them are billed. */
export async function firestoreChecks({ options }: Settings, env: NodeJS.ProcessEnv): Promise<Check[]> {
  const place = firestorePlace(options, env)
  const about = ok('Firestore', placeText(place).replace('Firestore: ', ''))
  const version = installedVersion(PACKAGE)
  if (version === undefined) return [about, problem('Firestore package', `${PACKAGE} is not installed`, INSTALL)]
  // Redis has checks of its own.
  const { redisHost: _host, redisPort: _port, redis: _redis, ...ofFirestore } = options
  const memory = new TieredStorageManager({ ...ofFirestore, tierMigrationInterval: 0, requireScope: false })
  try {
    return [about, ok('Firestore package', version), ...(await checkDatabase(memory, place))]
  } finally {
    await memory.close()
  }
}

async function checkDatabase(memory: TieredStorageManager, place: FirestorePlace): Promise<Check[]> {
  const read = await attempt(async () => {
    await memory.initialize()
    const startedAt = performance.now()
    await memory.getSession(NOBODY)
    return performance.now() - startedAt
  })
  if ('error' in read) return [problem('Firestore read', read.error.message, adviceFor(read.error, place))]
  const indexes = await attempt(async () => {
    await memory.listSessions({ userId: NOBODY.userId, limit: 1 })
    for await (const _session of memory.iterateSessions()) break
  })
  return [
    ok(
      'Firestore read',
      `a document was looked for in ${Math.round(read.value)} ms, the making of a connection included`,
    ),
    'error' in indexes
      ? problem('Firestore indexes', indexes.error.message, adviceFor(indexes.error, place))
      : ok('Firestore indexes', `both queries are answered${place.emulator ? '; the emulator needs no indexes' : ''}`),
  ]
}

type Attempt<T> = { readonly value: T } | { readonly error: ThermoclineError }

async function attempt<T>(body: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { value: await body() }
  } catch (error) {
    if (isThermoclineError(error)) return { error }
    throw error
  }
}

const NOT_FOUND = 5
const PERMISSION_DENIED = 7
const FAILED_PRECONDITION = 9

/** What to do about it, by code and by what gRPC said: https://github.com/grpc/grpc/blob/master/doc/statuscodes.md */
export function adviceFor(error: ThermoclineError, { projectId, databaseId, emulator }: FirestorePlace): string {
  const { code, details, message } = error
  const project = projectId ?? 'PROJECT'
  if (code === 'PEER_MISSING') return INSTALL
  if (code === 'STORE_REFUSED' && details.grpcCode === NOT_FOUND) {
    return `gcloud firestore databases create --project=${project} --database='${databaseId}' --location=LOCATION`
  }
  if (code === 'STORE_REFUSED' && details.grpcCode === PERMISSION_DENIED)
    return `grant roles/datastore.user on project ${project} to whom these credentials are of`
  if (code === 'STORE_REFUSED' && details.grpcCode === FAILED_PRECONDITION)
    return 'deploy firestore.indexes.json, and wait until they are built: docs/firestore.md'
  if (code === 'STORE_REFUSED')
    return 'gcloud auth application-default login, or GOOGLE_APPLICATION_CREDENTIALS or firestore.keyFilename with a key file'
  if (/no project was found/.test(message)) return 'name it: --project PROJECT, or projectId in the config file'
  if (emulator !== undefined)
    return `is the emulator running at ${emulator}? FIRESTORE_EMULATOR_HOST names it; unset, the cloud is meant`
  return code === 'STORE_UNAVAILABLE' || code === 'STORE_TIMEOUT'
    ? 'is firestore.googleapis.com reachable from here, also past a proxy?'
    : `docs/errors.md explains ${code}`
}
