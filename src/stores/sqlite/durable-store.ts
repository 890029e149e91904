import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { type DatabaseSync, loadNodeSqlite } from '../../clients/node-sqlite.ts'
import { ThermoclineError } from '../../errors.ts'
import { checkNames } from '../../lib/check-names.ts'
import { checkNumberOption, checkWordOption, invalidOption } from '../../lib/check-options.ts'
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
import { decodeCursor, encodeCursor } from '../cursor.ts'
import { GroupCommit } from './group-commit.ts'
import { prepareSchema } from './schema.ts'
import { recordOf, type SessionRow, type SummaryRow, segmentBytes, summaryOf, tailOf } from './session-row.ts'
import { appendEntries, commitChange, touchSession } from './session-writes.ts'
import { wrapSqliteError } from './sqlite-error.ts'
import { prepareStatements, type Statements } from './statements.ts'
import { whileBusy } from './while-busy.ts'

export interface SqliteDurableStoreOptions {
  /** The file; its folder is made if need be. `:memory:` keeps everything in the process. @default "thermocline.db" */
  readonly path?: string
  /**
   * What a resolved write survives: `full` the loss of power, `normal` the death of the process only, but writes are
   * many times faster. See https://www.sqlite.org/pragma.html#pragma_synchronous. @default "full"
   */
  readonly synchronous?: 'full' | 'normal'
  /** How long a write waits for another process to end its own, in milliseconds. @default 5000 */
  readonly lockTimeoutMs?: number
}

export const SQLITE_DURABLE_STORE_DEFAULTS: Required<SqliteDurableStoreOptions> = Object.freeze({
  path: 'thermocline.db',
  synchronous: 'full',
  lockTimeoutMs: 5000,
})

/**
 * Holds everything in one SQLite file, through Node's own `node:sqlite`. Any number of processes may share it.
 * @throws ThermoclineError `INVALID_OPTION`
 */
export function sqliteDurableStore(options: SqliteDurableStoreOptions = {}): DurableStore {
  checkNames('INVALID_OPTION', 'Cannot open a SQLite store', options, Object.keys(SQLITE_DURABLE_STORE_DEFAULTS))
  return new SqliteDurableStore({ ...SQLITE_DURABLE_STORE_DEFAULTS, ...options })
}

// 16 MiB of log. Pages that are written again and again, as those of live sessions are, then go to the file once.
const CHECKPOINT_PAGES = 4000
// Blocks this process while another one commits; beyond it the wait goes on without blocking.
const BUSY_TIMEOUT_MS = 20

class SqliteDurableStore implements DurableStore {
  readonly name = 'sqlite'
  readonly capabilities: DurableStore['capabilities']
  readonly #options: Required<SqliteDurableStoreOptions>
  readonly #watchers = new Set<(change: LocalChange) => void>()
  #database: DatabaseSync | undefined
  #statements: Statements | undefined
  #writes: GroupCommit | undefined
  #opening: Promise<void> | undefined
  #users = 0
  #dataId = ''

  constructor(options: Required<SqliteDurableStoreOptions>) {
    if (typeof options.path !== 'string' || options.path === '')
      throw invalidOption('path', 'the path of a file', options.path)
    checkWordOption('synchronous', options.synchronous, ['full', 'normal'])
    checkNumberOption('lockTimeoutMs', options.lockTimeoutMs, [0, 600_000, true])
    this.#options = options
    this.capabilities = Object.freeze({
      remote: false,
      persistent: options.path !== ':memory:',
      outOfReach: Object.freeze([
        'backups, exports and other copies of the file',
        'what the file system or the disk keeps of blocks that were written over',
      ]),
    })
  }

  /** Two managers may share a store: the last one to close it closes the file. */
  async open(): Promise<void> {
    this.#users += 1
    this.#opening ??= this.#openFile()
    const opening = this.#opening
    try {
      await opening
    } catch (error) {
      this.#users -= 1
      if (this.#opening === opening) this.#opening = undefined
      throw error
    }
  }

  dataId(): string {
    return this.#dataId
  }

  async #openFile(): Promise<void> {
    const { DatabaseSync } = await loadNodeSqlite()
    const { path, synchronous, lockTimeoutMs } = this.#options
    try {
      if (path !== ':memory:') {
        mkdirSync(dirname(resolve(path)), { recursive: true })
        // What users told an agent is nobody else's to read; SQLite gives its side files the same mode.
        closeSync(openSync(path, 'a', 0o600))
      }
      const database = new DatabaseSync(path)
      this.#database = database
      database.exec(`PRAGMA busy_timeout = ${lockTimeoutMs}`)
      // Before anything is set that stays in the file: one that is not ours must be left as it is.
      prepareSchema(database, path)
      // Where others turn a new file to WAL at the same time, SQLite gives up without a wait of its own.
      await whileBusy(lockTimeoutMs, () =>
        database.exec(
          `PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}; PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES};
         -- What is removed, or moved into a segment, is written over with zeros; scrubbing finds the copies that this misses.
         PRAGMA secure_delete = ON;`,
        ),
      )
      // By pragma: the constructor's option is ignored by early versions of node:sqlite.
      database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
      this.#dataId = String(database.prepare("SELECT value FROM meta WHERE name = 'data_id'").get()?.value)
      const statements = prepareStatements(database)
      this.#statements = statements
      this.#writes = new GroupCommit(statements, { lockTimeoutMs, path })
    } catch (error) {
      this.#database?.close()
      this.#database = undefined
      throw wrapSqliteError(error, 'open a store', path)
    }
  }

  async close(): Promise<void> {
    this.#users = Math.max(0, this.#users - 1)
    if (this.#users > 0) return
    await this.#writes?.drain()
    // Opened again meanwhile.
    if (this.#users > 0) return
    this.#opening = undefined
    this.#database?.close()
    this.#database = undefined
  }

  append(session: SessionIdentity, entries: readonly AppendEntry[], options: AppendOptions): Promise<Appended> {
    return this.#write(
      (statements) => appendEntries(statements, session, entries, options),
      () => ({ key: session.key, entries }),
    )
  }

  async load(key: SessionKey, options: LoadOptions = {}): Promise<LoadedRecord | undefined> {
    return this.#read((statements) => {
      // One instant: a count of appends that the tail does not have yet would make a copy of it wrong for good.
      // Statements that run inside each other see it, without the two more that a transaction takes.
      const open = statements.session.iterate(key) as unknown as Iterator<SessionRow, undefined>
      try {
        const step = open.next()
        if (step.done === true) return undefined
        return recordOf(statements, key, step.value, tailOf(statements, key, options.newest), options)
      } finally {
        open.return?.()
      }
    })
  }

  async getSegment(key: SessionKey, segmentId: string): Promise<Uint8Array | undefined> {
    return this.#read((statements) => segmentBytes(statements, key, segmentId))
  }

  commit(key: SessionKey, fence: string, change: StructuralChange): Promise<CommitResult> {
    return this.#write(
      (statements) => commitChange(statements, key, fence, change),
      (result) => (result.kind === 'committed' ? { key, entries: undefined } : undefined),
    )
  }

  touch(key: SessionKey, patch: TouchPatch): Promise<void> {
    return this.#write((statements) => touchSession(statements, key, patch))
  }

  async due(shard: number, before: number, cursor: string | undefined, limit: number): Promise<DuePage> {
    return this.#read((statements) => {
      const rows = statements.due.all(...[shard, before, ...decodeCursor(cursor), limit]) as unknown as readonly {
        readonly key: SessionKey
        readonly review_at: number
      }[]
      const last = rows.at(-1)
      return {
        sessions: rows.map((row) => ({ key: row.key, reviewAt: row.review_at })),
        cursor: last === undefined || rows.length < limit ? undefined : encodeCursor(last.review_at, last.key),
      }
    })
  }

  async list(owner: Owner, cursor: string | undefined, limit: number): Promise<SessionPage> {
    return this.#read((statements) => {
      const rows = statements.list.all(
        ...[owner.tenantId, owner.userId, ...decodeCursor(cursor), limit],
      ) as unknown as readonly SummaryRow[]
      const last = rows.at(-1)
      return {
        sessions: rows.map((row) => summaryOf(owner, row)),
        cursor: last === undefined || rows.length < limit ? undefined : encodeCursor(-last.updated_at, last.key),
      }
    })
  }

  /** SQLite's own counter of commits by other connections. */
  foreignChanges(): number {
    return this.#read((statements) => statements.dataVersion.get()?.data_version as number)
  }

  /** The file is written anew and the log emptied, which needs a moment without others. */
  async scrub(): Promise<void> {
    this.#open()
    await this.#writes!.scrub()
  }

  watch(listener: (change: LocalChange) => void): () => void {
    this.#watchers.add(listener)
    return () => this.#watchers.delete(listener)
  }

  #read<T>(body: (statements: Statements) => T): T {
    try {
      return body(this.#open())
    } catch (error) {
      throw wrapSqliteError(error, 'read', this.#options.path)
    }
  }

  async #write<T>(body: (statements: Statements) => T, changeOf?: (result: T) => LocalChange | undefined): Promise<T> {
    this.#open()
    const result = await this.#writes!.run(body)
    const change = changeOf?.(result)
    if (change !== undefined) for (const watcher of this.#watchers) watcher(change)
    return result
  }

  #open(): Statements {
    if (this.#statements !== undefined && this.#database !== undefined) return this.#statements
    throw new ThermoclineError('NOT_OPEN', `Cannot use ${this.#options.path}: the store is not open`)
  }
}
