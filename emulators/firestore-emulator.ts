import { join } from 'node:path'
import { findFirestoreJar, findJava, HOW_TO_GET } from './find-services.mjs'
import { LOCAL_HOST, onFreePort } from './free-port.ts'
import { type RunningProcess, startProcess } from './processes.ts'

export interface FirestoreEmulatorOptions {
  /** @default a free one */
  readonly port?: number
  /** The most that its Java heap may take, and so what it may hold, in MiB. @default 512 */
  readonly heapMb?: number
}

/** `pid`, `workDir`, `ended` and `output()` are of the process that runs now; a restart changes them. */
export interface FirestoreEmulator extends RunningProcess {
  readonly host: string
  readonly port: number
  /** What a Firestore client needs in its environment to talk to this emulator only. */
  readonly env: Readonly<Record<string, string>>
  /** Deletes all documents of a project. A project id of one's own per test file isolates as well. */
  reset(projectId: string): Promise<void>
  /** Writes down one database of one project as it is now; kept until `stop()`. @param databaseId @default "(default)" */
  save(projectId: string, databaseId?: string): Promise<SavedDatabase>
  /**
   * Kills it if that has not been done, and starts it on the same port: empty, or with what was saved, which is there
   * from the first request on, with new create and update times, and in every project.
   */
  restart(saved?: SavedDatabase): Promise<void>
}

/** A database as it was at one time, under its database id. */
export interface SavedDatabase {
  readonly file: string
}

const MAIN_CLASS = 'com.google.cloud.datastore.emulator.firestore.CloudFirestore'
const READY = 'Dev App Server is now running'
const REQUEST_TIMEOUT_MS = 30_000

/** Starts Google's Firestore emulator on 127.0.0.1; its documents live in its heap only. */
export async function startFirestoreEmulator(options: FirestoreEmulatorOptions = {}): Promise<FirestoreEmulator> {
  return onFreePort(options.port, async (port) => emulatorOn(port, options, await startOn(port, options)))
}

function startOn(
  port: number,
  { heapMb = 512 }: FirestoreEmulatorOptions,
  saved?: SavedDatabase,
): Promise<RunningProcess> {
  const java = findJava()
  if (!java) throw new Error(`Cannot start the Firestore emulator: no Java found: ${HOW_TO_GET.java}`)
  const jar = findFirestoreJar()
  if (!jar) throw new Error(`Cannot start the Firestore emulator: its jar was not found: ${HOW_TO_GET.firestoreJar}`)
  // Java itself rather than gcloud's wrapper script: that one forks, and killing it leaves Java running.
  return startProcess({
    name: 'firestore',
    command: java,
    args: () => [
      ...[`-Xmx${heapMb}m`, '-XX:+UseSerialGC', '-Duser.language=en', '-cp', jar, MAIN_CLASS],
      ...['start', `--host=${LOCAL_HOST}`, `--port=${port}`],
      ...(saved ? [`--seed_from_export=${saved.file}`] : []),
    ],
    isReady: async (process) => process.output().includes(READY),
    readyWithinMs: 60_000,
  })
}

function emulatorOn(port: number, options: FirestoreEmulatorOptions, first: RunningProcess): FirestoreEmulator {
  const address = `${LOCAL_HOST}:${port}`
  let running = first
  let saves = 0
  return {
    get pid() {
      return running.pid
    },
    get workDir() {
      return running.workDir
    },
    get ended() {
      return running.ended
    },
    output: () => running.output(),
    kill: (signal) => running.kill(signal),
    pause: () => running.pause(),
    resume: () => running.resume(),
    host: LOCAL_HOST,
    port,
    // Without the second, clients look for Google's metadata server first, which takes a second off Google Cloud.
    env: { FIRESTORE_EMULATOR_HOST: address, METADATA_SERVER_DETECTION: 'none' },
    reset: async (projectId) => {
      const path = `projects/${encodeURIComponent(projectId)}/databases/(default)/documents`
      await ask(`reset project ${projectId}`, 'DELETE', `${address}/emulator/v1/${path}`)
    },
    save: async (projectId, databaseId = '(default)') => {
      saves += 1
      const name = `save-${saves}`
      const database = `projects/${projectId}/databases/${databaseId}`
      await ask(`save ${database}`, 'POST', `${address}/emulator/v1/projects/${encodeURIComponent(projectId)}:export`, {
        database,
        export_directory: first.workDir,
        export_name: name,
      })
      return { file: join(first.workDir, name, `${name}.overall_export_metadata`) }
    },
    restart: async (saved) => {
      await (running === first ? running.kill() : running.stop())
      running = await startOn(port, options, saved)
    },
    stop: async () => {
      await running.stop()
      // Whose work folder holds what was saved.
      await first.stop()
    },
  }
}

async function ask(task: string, method: string, address: string, body?: object): Promise<void> {
  const response = await fetch(`http://${address}`, {
    method,
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  })
  if (!response.ok) throw new Error(`Cannot ${task}: received HTTP ${response.status}: ${await response.text()}`)
}
