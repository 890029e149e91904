import type { DatabaseSync } from '../../clients/node-sqlite.ts'
import { ThermoclineError } from '../../errors.ts'

/** "tcln" in ASCII: marks a file as ours, as SQLite's application_id is meant for. */
const APPLICATION_ID = 0x74636c6e

// `tail` and the owner's index are clustered by session: a history is one walk along neighbouring rows. What appends
// never change (`structure`) stands apart from what every append changes (`session`), since SQLite rewrites whole rows.
const VERSION_1 = `
  CREATE TABLE session (
    key TEXT PRIMARY KEY, tenant_id TEXT NOT NULL, user_id TEXT NOT NULL, session_id TEXT NOT NULL,
    shard INTEGER NOT NULL, n INTEGER NOT NULL, tail_items INTEGER NOT NULL, tail_bytes INTEGER NOT NULL,
    erased_to INTEGER NOT NULL, review_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, failures INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX session_due ON session (shard, review_at);
  CREATE INDEX session_owner ON session (tenant_id, user_id);
  CREATE TABLE tail (
    key TEXT NOT NULL, stamp TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (key, stamp)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE structure (
    key TEXT PRIMARY KEY, fence TEXT NOT NULL, segments TEXT NOT NULL, overlay TEXT NOT NULL, tail_heat TEXT NOT NULL
  ) STRICT;
  CREATE TABLE segment (
    key TEXT NOT NULL, id TEXT NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (key, id)
  ) STRICT;
`

// `buried` is what stays of a removed session: nothing that says whose it was.
const VERSION_2 = `
  ALTER TABLE session ADD COLUMN created_at INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE structure ADD COLUMN about TEXT NOT NULL DEFAULT '';
  CREATE TABLE buried (key TEXT PRIMARY KEY, n INTEGER NOT NULL, erased_to INTEGER NOT NULL) STRICT, WITHOUT ROWID;
`

// Tells this file's hot copies in Redis from those of another.
const VERSION_3 = `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO meta VALUES ('data_id', lower(hex(randomblob(8))));
`

/** What brings a file from each version to the next; a new file takes all of it. */
const MIGRATIONS: readonly string[] = [VERSION_1, VERSION_2, VERSION_3]

/**
 * Creates the tables in an empty file, brings an older file of ours up to date, and refuses any other.
 * @throws ThermoclineError `STORE_VERSION`
 */
export function prepareSchema(database: DatabaseSync, path: string): void {
  // IMMEDIATE: two processes may open a new file at the same moment.
  database.exec('BEGIN IMMEDIATE')
  try {
    const version = pragma(database, 'user_version')
    const application = pragma(database, 'application_id')
    const tables = database.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.n as number
    if (tables > 0 && application !== APPLICATION_ID) {
      throw refused(path, 'it is a SQLite database of another program; choose another path')
    }
    if (version > MIGRATIONS.length)
      throw refused(path, `it was written by a later thermocline (schema ${version}); upgrade the package`)
    if (version < MIGRATIONS.length) {
      for (const migration of MIGRATIONS.slice(version)) database.exec(migration)
      database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${MIGRATIONS.length};`)
    }
    database.exec('COMMIT')
  } catch (error) {
    // SQLite rolls back by itself when the disk is full, and a second time would hide that.
    tryRollback(database)
    throw error
  }
}

function tryRollback(database: DatabaseSync): void {
  try {
    database.exec('ROLLBACK')
  } catch {
    // There was nothing left to roll back.
  }
}

function pragma(database: DatabaseSync, name: string): number {
  return Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0] as number
}

function refused(path: string, reason: string): ThermoclineError {
  return new ThermoclineError('STORE_VERSION', `Cannot open ${path}: ${reason}`, { details: { path } })
}
