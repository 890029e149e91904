import { DatabaseSync } from 'node:sqlite'
import type { ItemBody } from '../../../src/memory/memory-item.ts'
import type { SegmentRef } from '../../../src/memory/record.ts'
import { decodeSegment, type SegmentContent } from '../../../src/memory/segment-format/index.ts'
import type { Stamp } from '../../../src/memory/stamp.ts'

/** What the file holds of one session, read past all of our code but the decoder of segments. */
export interface SessionTables {
  readonly key: string
  readonly sessionId: string
  readonly n: number
  readonly tailItems: number
  readonly tailBytes: number
  readonly tail: readonly { readonly stamp: Stamp; readonly body: string }[]
  readonly refs: readonly SegmentRef[]
  readonly segments: readonly { readonly ref: SegmentRef; readonly content: SegmentContent }[]
}

interface SessionRow {
  readonly key: string
  readonly session_id: string
  readonly n: number
  readonly tail_items: number
  readonly tail_bytes: number
  readonly segments: string | null
}

/** Reads the tables, and says what does not fit together in `problems`. */
export async function readTables(path: string, problems: string[]): Promise<readonly SessionTables[]> {
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
    const sessions: SessionTables[] = []
    for (const row of rows) sessions.push(await readSession(database, row, problems))
    return sessions
  } finally {
    database.close()
  }
}

async function readSession(database: DatabaseSync, row: SessionRow, problems: string[]): Promise<SessionTables> {
  const { key, session_id: sessionId } = row
  const complain = (problem: string): void => void problems.push(`${sessionId}: ${problem}`)
  const tail = database
    .prepare('SELECT stamp, body FROM tail WHERE key = ? ORDER BY stamp')
    .all(key) as unknown as SessionTables['tail']
  const stored = new Map(
    database
      .prepare('SELECT id, bytes FROM segment WHERE key = ?')
      .all(key)
      .map(({ id, bytes }) => [id as string, bytes as Uint8Array]),
  )
  const refs = JSON.parse(row.segments ?? '[]') as SegmentRef[]
  const segments: { readonly ref: SegmentRef; readonly content: SegmentContent }[] = []
  for (const [i, ref] of refs.entries()) {
    const bytes = stored.get(ref.id)
    stored.delete(ref.id)
    if ((refs[i - 1]?.last ?? '') >= ref.first) complain(`segment ${ref.id} overlaps the one before it`)
    if (bytes === undefined) {
      complain(`segment ${ref.id} is missing`)
      continue
    }
    try {
      const content = await decodeSegment(bytes)
      checkSegment(ref, bytes, content, complain)
      segments.push({ ref, content })
    } catch (error) {
      complain(`segment ${ref.id} can't be read: ${error}`)
    }
  }
  for (const id of stored.keys()) complain(`segment ${id} is referenced by nothing`)
  const bytes = tail.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0)
  if (tail.length !== row.tail_items) complain(`tail_items is ${row.tail_items}, but there are ${tail.length}`)
  if (bytes !== row.tail_bytes) complain(`tail_bytes is ${row.tail_bytes}, but there are ${bytes}`)
  return { key, sessionId, n: row.n, tailItems: row.tail_items, tailBytes: row.tail_bytes, tail, refs, segments }
}

function checkSegment(
  ref: SegmentRef,
  bytes: Uint8Array,
  { entries, gone }: SegmentContent,
  complain: (problem: string) => void,
): void {
  const stamps = [...entries.map(({ stamp }) => stamp), ...gone].sort()
  if (stamps.some((stamp, i) => stamp === stamps[i - 1])) complain(`segment ${ref.id} holds a stamp twice`)
  const rawBytes = entries.reduce((sum, { body }) => sum + Buffer.byteLength(JSON.stringify(body)), 0)
  const newestAt = entries.reduce((newest, { body }: { body: ItemBody }) => Math.max(newest, body.createdAt), 0)
  const found = {
    first: stamps[0],
    last: stamps.at(-1),
    items: entries.length,
    bytes: bytes.byteLength,
    rawBytes,
    newestAt,
  }
  for (const [name, value] of Object.entries(found)) {
    const said = ref[name as keyof typeof found]
    if (said !== value) complain(`segment ${ref.id} has ${name} ${value}, but its reference says ${said}`)
  }
}
