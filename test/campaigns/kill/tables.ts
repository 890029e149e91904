import { DatabaseSync } from 'node:sqlite'
import type { SegmentRef } from '../../../src/memory/record.ts'
import { readSegments, type SessionContents } from './contents.ts'

interface SessionRow {
  readonly key: string
  readonly session_id: string
  readonly n: number
  readonly tail_items: number
  readonly tail_bytes: number
  readonly segments: string | null
}

/** Reads the tables of a SQLite file, and says what does not fit together in `problems`. */
export async function readTables(path: string, problems: string[]): Promise<readonly SessionContents[]> {
  const database = new DatabaseSync(path)
  try {
    const integrity = database.prepare('PRAGMA integrity_check').all()
    if (JSON.stringify(integrity) !== '[{"integrity_check":"ok"}]')
      problems.push(`integrity_check: ${JSON.stringify(integrity)}`)
    const rows = database
      .prepare('SELECT s.*, t.segments FROM session s LEFT JOIN structure t ON t.key = s.key ORDER BY s.key')
      .all() as unknown as readonly SessionRow[]
    for (const table of ['tail', 'structure', 'segment']) {
      // Of a session that was deleted, a structure without segments keeps the fence.
      const buried = table === 'structure' ? `segments = '[]' AND key IN (SELECT key FROM buried)` : 'FALSE'
      const strays = database
        .prepare(`SELECT count(*) AS n FROM ${table} WHERE key NOT IN (SELECT key FROM session) AND NOT (${buried})`)
        .get()?.n
      if (strays !== 0) problems.push(`${table}: ${strays} rows of no session`)
    }
    const sessions: SessionContents[] = []
    for (const row of rows) sessions.push(await readSession(database, row, problems))
    return sessions
  } finally {
    database.close()
  }
}

async function readSession(database: DatabaseSync, row: SessionRow, problems: string[]): Promise<SessionContents> {
  const { key, session_id: sessionId } = row
  const complain = (problem: string): void => void problems.push(`${sessionId}: ${problem}`)
  const tail = database
    .prepare('SELECT stamp, body FROM tail WHERE key = ? ORDER BY stamp')
    .all(key) as unknown as SessionContents['tail']
  const stored = new Map(
    database
      .prepare('SELECT id, bytes FROM segment WHERE key = ?')
      .all(key)
      .map(({ id, bytes }) => [id as string, bytes as Uint8Array]),
  )
  const refs = JSON.parse(row.segments ?? '[]') as SegmentRef[]
  const segments = await readSegments(refs, (id) => stored.get(id), complain)
  for (const { id } of refs) stored.delete(id)
  for (const id of stored.keys()) complain(`segment ${id} is referenced by nothing`)
  const bytes = tail.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0)
  if (tail.length !== row.tail_items) complain(`tail_items is ${row.tail_items}, but there are ${tail.length}`)
  if (bytes !== row.tail_bytes) complain(`tail_bytes is ${row.tail_bytes}, but there are ${bytes}`)
  return { key, sessionId, n: row.n, tailItems: row.tail_items, tailBytes: row.tail_bytes, tail, refs, segments }
}
