import { randomBytes } from 'node:crypto'
import { startFirestoreEmulator } from '../../../emulators/firestore-emulator.ts'
import { startRedis } from '../../../emulators/redis.ts'
import { connectFirestore } from '../../../src/clients/firestore.ts'
import { TempFolder } from '../../support/temp-folder.ts'
import type { Whereabouts } from '../support/whereabouts.ts'
import type { SessionContents } from './contents.ts'
import { DocumentReader } from './documents.ts'
import { readTables } from './tables.ts'
import { WRITER_OPTIONS } from './writer.ts'

/** Where writers write, one after another. */
export interface Place {
  readonly where: Whereabouts
  /** The same without a hot tier that processes share: what is read there is what is stored. Itself where there is none. */
  readonly durable: Whereabouts
  /** What is stored, read past our own code; says what does not fit together in `problems`. */
  contents(problems: string[]): Promise<readonly SessionContents[]>
}

/** Places beside each other, which may share services. */
export interface Ground extends AsyncDisposable {
  /** A random kill comes so many milliseconds after the writer got ready. */
  readonly killsAfterMs: readonly [from: number, to: number]
  place(): Place
}

export type GroundKind = 'sqlite' | 'firestore+redis'

export function openGround(kind: GroundKind): Promise<Ground> {
  return kind === 'sqlite' ? Promise.resolve(sqliteGround()) : firestoreGround()
}

export function filePlace(path: string): Place {
  const where = { path }
  return { where, durable: where, contents: (problems) => readTables(path, problems) }
}

function sqliteGround(): Ground {
  const folder = new TempFolder()
  return {
    killsAfterMs: [20, 300],
    place: () => filePlace(folder.file(`${randomBytes(6).toString('hex')}.db`)),
    [Symbol.asyncDispose]: async () => folder[Symbol.dispose](),
  }
}

/** One emulator and one Redis for all; each place has documents and keys of its own. */
async function firestoreGround(): Promise<Ground> {
  await using services = new AsyncDisposableStack()
  const emulator = await startFirestoreEmulator()
  services.defer(() => emulator.stop())
  Object.assign(process.env, emulator.env)
  const redis = await startRedis()
  services.defer(() => redis.stop())
  const projectId = 'demo-kill-campaign'
  // What the checker opens joins this one, and need not connect anew each time.
  const connection = await connectFirestore({ projectId }, WRITER_OPTIONS.durableCalls)
  services.defer(() => connection.close())
  const reader = services.use(new DocumentReader(projectId))
  const kept = services.move()
  return {
    killsAfterMs: [50, 700],
    place: () => {
      const prefix = `k${randomBytes(6).toString('hex')}`
      const durable = { projectId, firestore: { collectionPrefix: prefix } }
      return {
        durable,
        where: { ...durable, redisHost: redis.host, redisPort: redis.port, redis: { keyPrefix: prefix } },
        contents: (problems) => reader.read(prefix, problems),
      }
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}
