import { createHash } from 'node:crypto'
import { ThermoclineError } from '../errors.ts'
import { type Clock, systemClock } from '../lib/clock.ts'
import { FirestoreCalls } from './firestore-calls.ts'
import { checkFirestoreOptions, type FirestoreClient, type FirestoreConnectionOptions } from './firestore-options.ts'
import { loadPeer } from './load-peer.ts'

export type { FirestoreClient, FirestoreConnectionOptions } from './firestore-options.ts'

export interface FirestoreCallOptions {
  /** Deadline of one call, repeated tries included, in milliseconds. @default 5000 */
  readonly timeoutMs?: number
  readonly clock?: Clock
  /** @default Math.random */
  readonly random?: () => number
  /** Where the package comes from. @default the copy that this package resolves */
  readonly load?: () => Promise<FirestorePackage>
}

export interface FirestorePackage {
  readonly Firestore: new (settings: object) => FirestoreClient
}

/** A connection and who closes it. */
export interface FirestoreConnection {
  readonly calls: FirestoreCalls
  /** Closes the client if it is ours and nobody else in this process uses it. Harmless when repeated. */
  close(): Promise<void>
}

/**
 * Clients that this process has open: many managers share one, as each has channels of its own.
 * See https://github.com/googleapis/nodejs-firestore/issues/768.
 */
const shared = new Map<string, SharedClient>()

interface SharedClient {
  readonly calls: Promise<FirestoreCalls>
  users: number
}

/**
 * Opens a client, or joins those that have the same one open. Sends nothing: the first call connects.
 *
 * @throws ThermoclineError `INVALID_OPTION`; `PEER_MISSING` where @google-cloud/firestore is not installed;
 * `STORE_UNAVAILABLE` where no project can be found, or the function that makes the client fails
 */
export async function connectFirestore(
  options: FirestoreConnectionOptions = {},
  { timeoutMs = 5000, clock = systemClock, random = Math.random, load = importFirestore }: FirestoreCallOptions = {},
): Promise<FirestoreConnection> {
  checkFirestoreOptions(options)
  const { client: given, ...settings } = options
  const bounds = { timeoutMs, clock, random }
  if (given !== undefined) {
    if (typeof given !== 'function') {
      const calls = await FirestoreCalls.over({ make: () => given, isOurs: false }, bounds)
      return Object.freeze({ calls, close: async () => undefined })
    }
    const calls = await FirestoreCalls.over({ make: () => madeByCaller(given), isOurs: true }, bounds)
    return Object.freeze({ calls, close: () => calls.close() })
  }
  const make = async (): Promise<FirestoreClient> => {
    const { Firestore } = await loadPeer(load, {
      doing: 'connect to firestore',
      name: '@google-cloud/firestore',
      install: '@google-cloud/firestore@9',
    })
    return new Firestore(clientSettings(settings))
  }
  // What is counted and timed otherwise is not shared; the default is what nearly all have.
  const isPlain = clock === systemClock && random === Math.random && load === importFirestore
  if (!isPlain) {
    const calls = await FirestoreCalls.over({ make, isOurs: true }, bounds)
    return Object.freeze({ calls, close: () => calls.close() })
  }
  return join(nameOf(settings, timeoutMs), () => FirestoreCalls.over({ make, isOurs: true }, bounds))
}

async function join(name: string, open: () => Promise<FirestoreCalls>): Promise<FirestoreConnection> {
  const entry = shared.get(name) ?? { calls: open(), users: 0 }
  shared.set(name, entry)
  entry.users += 1
  let isOpen = true
  const leave = async (): Promise<void> => {
    if (!isOpen) return
    isOpen = false
    entry.users -= 1
    if (entry.users > 0) return
    if (shared.get(name) === entry) shared.delete(name)
    await (await entry.calls.catch(() => undefined))?.close()
  }
  try {
    return Object.freeze({ calls: await entry.calls, close: leave })
  } catch (error) {
    await leave()
    throw error
  }
}

/** Two that are given the same are meant to be one. A hash, as there may be a private key among it. */
function nameOf(settings: object, timeoutMs: number): string {
  const { FIRESTORE_EMULATOR_HOST: emulator = '' } = process.env
  return createHash('sha256')
    .update(JSON.stringify([settings, timeoutMs, emulator]))
    .digest('hex')
}

/** For emulators: no project of that kind exists in the cloud. */
const EMULATOR_PROJECT = 'demo-thermocline'

function clientSettings(settings: Omit<FirestoreConnectionOptions, 'client'>): object {
  const { FIRESTORE_EMULATOR_HOST, GOOGLE_CLOUD_PROJECT, GCLOUD_PROJECT } = process.env
  const projectId =
    settings.projectId ??
    // With an emulator there is nobody to ask, and asking takes seconds.
    (FIRESTORE_EMULATOR_HOST && (GOOGLE_CLOUD_PROJECT || GCLOUD_PROJECT || EMULATOR_PROJECT))
  return {
    ...settings,
    ...(projectId && { projectId }),
    // The library's own is 1 s, growing to 2 min: a database that is back would be waited for too long.
    grpcOptions: { 'grpc.initial_reconnect_backoff_ms': 100, 'grpc.max_reconnect_backoff_ms': 1000 },
  }
}

async function madeByCaller(make: () => FirestoreClient | Promise<FirestoreClient>): Promise<FirestoreClient> {
  try {
    return await make()
  } catch {
    // Without the error itself, which may hold credentials.
    throw new ThermoclineError(
      'STORE_UNAVAILABLE',
      'Cannot connect to firestore: the function for option client failed',
    )
  }
}

async function importFirestore(): Promise<FirestorePackage> {
  const { Firestore } = await import('@google-cloud/firestore')
  return { Firestore }
}
