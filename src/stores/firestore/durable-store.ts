import { createHash } from 'node:crypto'
import type { FirestoreConnection } from '../../clients/firestore.ts'
import type { FirestoreCalls } from '../../clients/firestore-calls.ts'
import { ThermoclineError } from '../../errors.ts'
import { type Clock, systemClock } from '../../lib/clock.ts'
import type { Owner, SessionIdentity, SessionKey } from '../../memory/session.ts'
import type {
  AppendEntry,
  Appended,
  AppendOptions,
  CommitResult,
  DuePage,
  DurableStore,
  LoadedRecord,
  LoadOptions,
  LocalChange,
  SessionPage,
  StructuralChange,
  TouchPatch,
} from '../../tiers/durable-store.ts'
import { encodeCursor } from '../cursor.ts'
import { appendEntries } from './append.ts'
import { commitChange } from './commit.ts'
import type { Documents } from './documents.ts'
import { removeErased } from './erased.ts'
import { checkCollectionPrefix, DEFAULT_COLLECTION_PREFIX, type Layout, layoutOf } from './layout.ts'
import { dueQuery, keyIn, listQuery } from './queries.ts'
import { readTail } from './read-tail.ts'
import { readSession, recordOf, summaryOf } from './record-document.ts'
import { touchSession } from './touch.ts'
import { bytesIn, wholeIn } from './values.ts'

export interface FirestoreDurableStoreOptions {
  /** Gives the connection when the store is opened. */
  readonly connect: () => Promise<FirestoreConnection>
  /** Collection below which all documents lie: 1 to 100 letters, digits, `_` or `-`. @default "thermocline" */
  readonly collectionPrefix?: string
  /** For how long what stays of removed sessions is kept. @default the system's */
  readonly clock?: Clock
}

/**
 * Holds everything in a Firestore database in native mode. Any number of processes may share it.
 * @throws ThermoclineError `INVALID_OPTION`
 */
export function firestoreDurableStore(options: FirestoreDurableStoreOptions): DurableStore {
  return new FirestoreDurableStore(options)
}

/** A record that lacks what it names: somebody has rewritten it between two reads, and reading it again tells. */
const MAX_LOADS = 4

class FirestoreDurableStore implements DurableStore {
  readonly name = 'firestore'
  readonly capabilities: DurableStore['capabilities'] = Object.freeze({
    remote: true,
    persistent: true,
    outOfReach: Object.freeze([
      'earlier versions that Firestore keeps: 1 hour, or 7 days where point-in-time recovery is on',
      'backups and exports of the database, until they are deleted',
    ]),
  })
  readonly #connect: FirestoreDurableStoreOptions['connect']
  readonly #prefix: string
  readonly #clock: Clock
  readonly #watchers = new Set<(change: LocalChange) => void>()
  #opening: Promise<FirestoreConnection> | undefined
  #opened: { readonly calls: FirestoreCalls; readonly layout: Layout } | undefined
  #users = 0

  constructor({
    connect,
    collectionPrefix = DEFAULT_COLLECTION_PREFIX,
    clock = systemClock,
  }: FirestoreDurableStoreOptions) {
    checkCollectionPrefix(collectionPrefix)
    this.#connect = connect
    this.#prefix = collectionPrefix
    this.#clock = clock
  }

  /** Two managers may share a store: the last one to close it closes the connection. */
  async open(): Promise<void> {
    this.#users += 1
    this.#opening ??= this.#connect()
    const opening = this.#opening
    try {
      const { calls } = await opening
      // Unless it was closed meanwhile.
      if (this.#opening === opening) this.#opened ??= { calls, layout: layoutOf(calls.database, this.#prefix) }
    } catch (error) {
      this.#users -= 1
      if (this.#opening === opening) this.#opening = undefined
      throw error
    }
  }

  async close(): Promise<void> {
    this.#users = Math.max(0, this.#users - 1)
    if (this.#users > 0) return
    const opening = this.#opening
    this.#opening = undefined
    this.#opened = undefined
    await (await opening?.catch(() => undefined))?.close()
  }

  dataId(): string {
    // Two emulators are two databases, whatever their projects are called.
    const where = [this.#begin().layout.root, process.env.FIRESTORE_EMULATOR_HOST ?? '']
    return createHash('sha256').update(JSON.stringify(where)).digest('hex').slice(0, 16)
  }

  async append(session: SessionIdentity, entries: readonly AppendEntry[], options: AppendOptions): Promise<Appended> {
    const appended = await appendEntries(this.#begin(), session, entries, options)
    this.#changed({ key: session.key, entries })
    return appended
  }

  async load(key: SessionKey, options: LoadOptions = {}): Promise<LoadedRecord | undefined> {
    const documents = this.#begin()
    const { calls, layout } = documents
    for (let attempt = 1; attempt <= MAX_LOADS; attempt++) {
      const document = await calls.get(layout.session(key))
      if (document === undefined) return undefined
      const stored = readSession(key, document)
      // Before it is rewritten, as sweeps and erases do; other readers need not wait for it.
      if (options.withFence === true && attempt < MAX_LOADS && (await removeErased(documents, stored))) continue
      const read = await readTail(documents, stored, options.newest)
      if (read !== undefined) return recordOf(stored, read.tail, read.isComplete, options)
    }
    throw new ThermoclineError('SEGMENT_MISSING', 'Cannot load from firestore: the session is rewritten all the time')
  }

  async getSegment(key: SessionKey, segmentId: string): Promise<Uint8Array | undefined> {
    const { calls, layout } = this.#begin()
    const document = await calls.get(layout.segment(key, segmentId))
    return document === undefined ? undefined : bytesIn(document.fields, 'bytes')
  }

  async commit(key: SessionKey, fence: string, change: StructuralChange): Promise<CommitResult> {
    const result = await commitChange(this.#begin(), this.#clock, key, fence, change)
    if (result.kind === 'committed') this.#changed({ key, entries: undefined })
    return result
  }

  touch(key: SessionKey, patch: TouchPatch): Promise<void> {
    return touchSession(this.#begin(), key, patch)
  }

  async due(shard: number, before: number, cursor: string | undefined, limit: number): Promise<DuePage> {
    const { calls, layout } = this.#begin()
    const found = await calls.query(layout.root, dueQuery(layout, shard, before, cursor, limit))
    const sessions = found.map(({ name, fields }) => ({ key: keyIn(name), reviewAt: wholeIn(fields, 'reviewAt') }))
    const last = sessions.at(-1)
    return {
      sessions,
      cursor: last === undefined || sessions.length < limit ? undefined : encodeCursor(last.reviewAt, last.key),
    }
  }

  async list(owner: Owner, cursor: string | undefined, limit: number): Promise<SessionPage> {
    const { calls, layout } = this.#begin()
    const found = await calls.query(layout.root, listQuery(layout, owner, cursor, limit))
    const last = found.at(-1)
    return {
      sessions: found.flatMap(({ name, fields }) => summaryOf(owner, keyIn(name), fields) ?? []),
      cursor:
        last === undefined || found.length < limit
          ? undefined
          : encodeCursor(-wholeIn(last.fields, 'updatedAt'), keyIn(last.name)),
    }
  }

  watch(listener: (change: LocalChange) => void): () => void {
    this.#watchers.add(listener)
    return () => this.#watchers.delete(listener)
  }

  #changed(change: LocalChange): void {
    for (const watcher of this.#watchers) watcher(change)
  }

  /** Each call of the store has one deadline for all that it takes. */
  #begin(): Documents {
    if (this.#opened === undefined)
      throw new ThermoclineError('NOT_OPEN', 'Cannot use firestore: the store is not open')
    const { calls, layout } = this.#opened
    return { calls: calls.work(), layout }
  }
}
