import type { DatabaseSync, StatementSync } from '../../clients/node-sqlite.ts'

/** Every statement that the store runs, prepared once. */
export interface Statements {
  readonly begin: StatementSync
  readonly commit: StatementSync
  readonly rollback: StatementSync
  readonly insertEntry: StatementSync
  readonly countAppend: StatementSync
  readonly raiseUpdatedAt: StatementSync
  readonly createSession: StatementSync
  readonly reviewEarlier: StatementSync
  readonly uncount: StatementSync
  readonly buried: StatementSync
  readonly bury: StatementSync
  readonly deleteSession: StatementSync
  readonly deleteTail: StatementSync
  readonly deleteSegments: StatementSync
  readonly sumErased: StatementSync
  readonly deleteErased: StatementSync
  readonly session: StatementSync
  readonly newestTail: StatementSync
  readonly putStructure: StatementSync
  readonly deleteEntry: StatementSync
  readonly stampsBetween: StatementSync
  readonly deleteRange: StatementSync
  readonly updateSession: StatementSync
  readonly segment: StatementSync
  readonly putSegment: StatementSync
  readonly deleteSegment: StatementSync
  readonly due: StatementSync
  readonly list: StatementSync
  readonly dataVersion: StatementSync
  readonly truncateLog: StatementSync
  readonly vacuum: StatementSync
}

export function prepareStatements(database: DatabaseSync): Statements {
  return {
    begin: database.prepare('BEGIN IMMEDIATE'),
    commit: database.prepare('COMMIT'),
    rollback: database.prepare('ROLLBACK'),
    // An entry that is already there stays as it is.
    insertEntry: database.prepare('INSERT INTO tail (key, stamp, body) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING'),
    countAppend: database.prepare(`
      UPDATE session SET n = n + ?2, tail_items = tail_items + ?2, tail_bytes = tail_bytes + ?3,
        updated_at = iif(?5 > erased_to, max(updated_at, ?4), updated_at)
      WHERE key = ?1 RETURNING n, tail_items, tail_bytes, erased_to, review_at`),
    raiseUpdatedAt: database.prepare('UPDATE session SET updated_at = max(updated_at, ?2) WHERE key = ?1'),
    createSession: database.prepare(`
      INSERT INTO session (key, tenant_id, user_id, session_id, shard, n, tail_items, tail_bytes, erased_to, review_at,
        created_at, updated_at, failures)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6 + ?10, ?6, ?7, ?11, ?8, ?12, ?9, 0)
      RETURNING n, tail_items, tail_bytes, erased_to, review_at`),
    // Apart from the counting, since SQLite writes an index anew whenever a statement names its column.
    reviewEarlier: database.prepare('UPDATE session SET review_at = ?2 WHERE key = ?1'),
    uncount: database.prepare(`
      UPDATE session SET n = n - ?2, tail_items = tail_items - ?2, tail_bytes = tail_bytes - ?3 WHERE key = ?1
      RETURNING n, tail_items, tail_bytes, erased_to, review_at`),
    buried: database.prepare(`
      SELECT coalesce(max(n) FILTER (WHERE key = ?1), 0) AS n, coalesce(max(erased_to), 0) AS erased_to
      FROM buried WHERE key IN (?1, ?2)`),
    bury: database.prepare(`
      INSERT INTO buried (key, n, erased_to) VALUES (?1, ?2, ?3) ON CONFLICT (key) DO UPDATE SET n = ?2, erased_to = ?3`),
    deleteSession: database.prepare('DELETE FROM session WHERE key = ?1'),
    deleteTail: database.prepare('DELETE FROM tail WHERE key = ?1'),
    deleteSegments: database.prepare('DELETE FROM segment WHERE key = ?1'),
    sumErased: database.prepare(`
      SELECT count(*) AS items, coalesce(sum(octet_length(body)), 0) AS bytes FROM tail WHERE key = ?1 AND stamp < ?2`),
    deleteErased: database.prepare('DELETE FROM tail WHERE key = ?1 AND stamp < ?2'),
    session: database.prepare(`
      SELECT tenant_id, user_id, session_id, n, tail_items, tail_bytes, erased_to, review_at, created_at, updated_at,
        failures, fence, segments, overlay, tail_heat, about
      FROM session LEFT JOIN structure USING (key) WHERE session.key = ?1`),
    // A limit of -1 is none.
    newestTail: database.prepare('SELECT stamp, body FROM tail WHERE key = ?1 ORDER BY stamp DESC LIMIT ?2'),
    putStructure: database.prepare(`
      INSERT INTO structure (key, fence, segments, overlay, tail_heat, about) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
      ON CONFLICT (key) DO UPDATE SET fence = ?2, segments = ?3, overlay = ?4, tail_heat = ?5, about = ?6`),
    deleteEntry: database.prepare('DELETE FROM tail WHERE key = ?1 AND stamp = ?2'),
    stampsBetween: database.prepare('SELECT stamp FROM tail WHERE key = ?1 AND stamp BETWEEN ?2 AND ?3 ORDER BY stamp'),
    deleteRange: database.prepare('DELETE FROM tail WHERE key = ?1 AND stamp BETWEEN ?2 AND ?3'),
    updateSession: database.prepare(`
      UPDATE session SET tail_items = tail_items - ?2, tail_bytes = tail_bytes - ?3, erased_to = max(erased_to, ?4),
        review_at = CASE WHEN n = ?6 THEN ?5 ELSE min(review_at, ?5) END, failures = ?7
      WHERE key = ?1`),
    segment: database.prepare('SELECT bytes FROM segment WHERE key = ?1 AND id = ?2'),
    putSegment: database.prepare('INSERT INTO segment (key, id, bytes) VALUES (?1, ?2, ?3)'),
    deleteSegment: database.prepare('DELETE FROM segment WHERE key = ?1 AND id = ?2'),
    due: database.prepare(`
      SELECT key, review_at FROM session WHERE shard = ?1 AND review_at <= ?2 AND (review_at, key) > (?3, ?4)
      ORDER BY review_at, key LIMIT ?5`),
    list: database.prepare(`
      SELECT key, session_id, created_at, updated_at, n, tail_items, segments, overlay, about
      FROM (
        SELECT key, session_id, created_at, updated_at, n, tail_items FROM session
        WHERE tenant_id = ?1 AND user_id = ?2 AND (-updated_at, key) > (?3, ?4)
        ORDER BY -updated_at, key LIMIT ?5
      ) LEFT JOIN structure USING (key)
      ORDER BY -updated_at, key`),
    truncateLog: database.prepare('PRAGMA wal_checkpoint(TRUNCATE)'),
    vacuum: database.prepare('VACUUM'),
    dataVersion: database.prepare('PRAGMA data_version'),
  }
}
