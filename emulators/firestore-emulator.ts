import { findFirestoreJar, findJava, HOW_TO_GET } from './find-services.mjs'
import { LOCAL_HOST, onFreePort } from './free-port.ts'
import { type RunningProcess, startProcess } from './processes.ts'

export interface FirestoreEmulatorOptions {
  /** @default a free one */
  readonly port?: number
}

export interface FirestoreEmulator extends RunningProcess {
  readonly host: string
  readonly port: number
  /** What a Firestore client needs in its environment to talk to this emulator only. */
  readonly env: Readonly<Record<string, string>>
  /** Deletes all documents of a project. A project id of one's own per test file isolates as well. */
  reset(projectId: string): Promise<void>
}

const MAIN_CLASS = 'com.google.cloud.datastore.emulator.firestore.CloudFirestore'
const READY = 'Dev App Server is now running'
const RESET_TIMEOUT_MS = 30_000

/** Starts Google's Firestore emulator on 127.0.0.1; its documents live in its heap only. */
export async function startFirestoreEmulator({ port }: FirestoreEmulatorOptions = {}): Promise<FirestoreEmulator> {
  const java = findJava()
  if (!java) throw new Error(`Cannot start the Firestore emulator: no Java found: ${HOW_TO_GET.java}`)
  const jar = findFirestoreJar()
  if (!jar) throw new Error(`Cannot start the Firestore emulator: its jar was not found: ${HOW_TO_GET.firestoreJar}`)
  return onFreePort(port, async (port) => {
    // Java itself rather than gcloud's wrapper script: that one forks, and killing it leaves Java running.
    const running = await startProcess({
      name: 'firestore',
      command: java,
      args: () => [
        ...['-Xmx512m', '-XX:+UseSerialGC', '-Duser.language=en', '-cp', jar, MAIN_CLASS],
        ...['start', `--host=${LOCAL_HOST}`, `--port=${port}`],
      ],
      isReady: async (process) => process.output().includes(READY),
      readyWithinMs: 60_000,
    })
    const address = `${LOCAL_HOST}:${port}`
    return {
      ...running,
      host: LOCAL_HOST,
      port,
      // Without the second, clients look for Google's metadata server first, which takes a second off Google Cloud.
      env: { FIRESTORE_EMULATOR_HOST: address, METADATA_SERVER_DETECTION: 'none' },
      reset: (projectId) => reset(address, projectId),
    }
  })
}

async function reset(address: string, projectId: string): Promise<void> {
  const path = `emulator/v1/projects/${encodeURIComponent(projectId)}/databases/(default)/documents`
  const response = await fetch(`http://${address}/${path}`, {
    method: 'DELETE',
    signal: AbortSignal.timeout(RESET_TIMEOUT_MS),
  })
  if (!response.ok) throw new Error(`Cannot reset project ${projectId}: received HTTP ${response.status}`)
}
