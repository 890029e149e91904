import { DatabaseSync } from 'node:sqlite'
import type { SegmentRef } from '../../../src/memory/record.ts'
import {
  decodeSegment,
  encodeSegment,
  type SegmentContent,
  type SegmentEntry,
} from '../../../src/memory/segment-format/index.ts'
import { firstStampAt, type Stamp } from '../../../src/memory/stamp.ts'

/** A way to spoil a file, and what the checker must say of it. */
export interface Corruption {
  readonly name: string
  readonly complaint: RegExp
  readonly apply: (file: SpoiltFile) => void | Promise<void>
}

interface TailRow {
  readonly key: string
  readonly stamp: Stamp
  readonly body: string
}

/** A file of a writer, opened to be spoilt. */
export class SpoiltFile implements Disposable {
  readonly database: DatabaseSync

  constructor(path: string) {
    this.database = new DatabaseSync(path)
  }

  /** Two items of one tail without an idempotency key, for which nothing is excused. */
  tailRows(): readonly [TailRow, TailRow] {
    const rows = this.database
      .prepare(`SELECT * FROM tail WHERE body NOT LIKE '%idempotencyKey%' ORDER BY key, stamp`)
      .all() as unknown as readonly TailRow[]
    const i = rows.findIndex(({ key }, at) => rows[at + 1]?.key === key)
    return [rows[i]!, rows[i + 1]!]
  }

  /** Puts a row into a tail, or takes it out, and keeps the counters right. */
  put({ key, stamp, body }: TailRow): void {
    this.database.prepare('INSERT INTO tail VALUES (?, ?, ?)').run(key, stamp, body)
    this.#count(key, 1, Buffer.byteLength(body))
  }

  drop({ key, stamp, body }: TailRow): void {
    this.database.prepare('DELETE FROM tail WHERE key = ? AND stamp = ?').run(key, stamp)
    this.#count(key, -1, -Buffer.byteLength(body))
  }

  set(row: TailRow, body: string): void {
    this.drop(row)
    this.put({ ...row, body })
  }

  /** Some session's first segment of at least three items. */
  async segment(): Promise<{ readonly key: string; readonly ref: SegmentRef; readonly content: SegmentContent }> {
    const rows = this.database.prepare('SELECT key, segments FROM structure').all()
    for (const { key, segments } of rows as unknown as { key: string; segments: string }[]) {
      const ref = (JSON.parse(segments) as SegmentRef[]).find(({ items }) => items >= 3)
      if (ref === undefined) continue
      const bytes = this.database.prepare('SELECT bytes FROM segment WHERE key = ? AND id = ?').get(key, ref.id)?.bytes
      return { key, ref, content: await decodeSegment(bytes as Uint8Array) }
    }
    throw new Error('Cannot spoil a segment: there is none')
  }

  /** Writes a segment with other entries in a way that looks right by itself. */
  async rewrite(change: (entries: readonly SegmentEntry[]) => readonly SegmentEntry[]): Promise<void> {
    const { key, ref, content } = await this.segment()
    const entries = change(content.entries)
    const bytes = await encodeSegment({ entries, gone: content.gone }, { codec: 'zstd', level: 'light' })
    this.database.prepare('UPDATE segment SET bytes = ? WHERE key = ? AND id = ?').run(bytes, key, ref.id)
    const bodies = entries.map(({ body }) => body)
    this.updateRef(key, {
      ...ref,
      items: entries.length,
      bytes: bytes.byteLength,
      rawBytes: bodies.reduce((sum, body) => sum + Buffer.byteLength(JSON.stringify(body)), 0),
      newestAt: bodies.reduce((newest, { createdAt }) => Math.max(newest, createdAt), 0),
      first: [entries[0]!.stamp, ...content.gone].sort()[0]!,
      last: [entries.at(-1)!.stamp, ...content.gone].sort().at(-1)!,
    })
  }

  updateRef(key: string, changed: SegmentRef): void {
    const text = this.database.prepare('SELECT segments FROM structure WHERE key = ?').get(key)?.segments as string
    const refs = (JSON.parse(text) as SegmentRef[]).map((ref) => (ref.id === changed.id ? changed : ref))
    this.database.prepare('UPDATE structure SET segments = ? WHERE key = ?').run(JSON.stringify(refs), key)
  }

  #count(key: string, items: number, bytes: number): void {
    const sql =
      'UPDATE session SET n = n + ?2, tail_items = tail_items + ?2, tail_bytes = tail_bytes + ?3 WHERE key = ?1'
    this.database.prepare(sql).run(key, items, bytes)
  }

  [Symbol.dispose](): void {
    this.database.close()
  }
}

export const CORRUPTIONS: readonly Corruption[] = [
  {
    name: 'a row of a tail is lost, and its counters know',
    complaint: /was acknowledged and is lost/,
    apply: (file) => file.drop(file.tailRows()[0]),
  },
  {
    name: 'a row of a tail is lost, and its counters do not know',
    complaint: /tail_items is \d+, but there are/,
    apply: (file) => {
      const { key, stamp } = file.tailRows()[0]
      file.database.prepare('DELETE FROM tail WHERE key = ? AND stamp = ?').run(key, stamp)
    },
  },
  {
    name: 'bytes of a tail are counted wrongly',
    complaint: /tail_bytes is/,
    apply: (file) => void file.database.exec('UPDATE session SET tail_bytes = tail_bytes + 1'),
  },
  {
    name: 'items of a session are counted too low',
    complaint: /n is \d+, but there are/,
    apply: (file) => void file.database.exec('UPDATE session SET n = n / 2'),
  },
  {
    name: 'items of a session are counted too high',
    complaint: /n is \d+, but there are/,
    apply: (file) => void file.database.exec('UPDATE session SET n = n * 2 + 100'),
  },
  {
    name: 'a content in a tail is another one',
    complaint: /is not as it was sent/,
    apply: (file) => {
      const row = file.tailRows()[0]
      file.set(row, row.body.replace('"content":"#', '"content":"!'))
    },
  },
  {
    name: 'two items of a tail have changed places',
    complaint: /comes after item/,
    apply: (file) => {
      const [first, second] = file.tailRows()
      file.set(first, second.body)
      file.set(second, first.body)
    },
  },
  {
    name: 'an item of a tail is there twice',
    complaint: /is there twice|n is/,
    apply: (file) => {
      const row = file.tailRows()[0]
      file.put({ ...row, stamp: firstStampAt(Date.UTC(2029, 0, 1)) })
    },
  },
  {
    name: 'an item that was sent once lies in a tail and in a segment',
    complaint: /lies in 2 places/,
    apply: async (file) => {
      const { key, content } = await file.segment()
      const { stamp, body } = content.entries.find((entry) => entry.body.idempotencyKey === undefined)!
      file.put({ key, stamp, body: JSON.stringify(body) })
    },
  },
  {
    name: 'a segment is referenced by nothing',
    complaint: /is referenced by nothing/,
    apply: async (file) => {
      const { key } = await file.segment()
      file.database.prepare("INSERT INTO segment VALUES (?, '0000000000000', x'00')").run(key)
    },
  },
  {
    name: 'a segment is missing',
    complaint: /segment \w+ is missing/,
    apply: async (file) => {
      const { key, ref } = await file.segment()
      file.database.prepare('DELETE FROM segment WHERE key = ? AND id = ?').run(key, ref.id)
    },
  },
  {
    name: 'a bit of a segment has flipped',
    complaint: /segment \w+ can't be read/,
    apply: async (file) => {
      const { key, ref } = await file.segment()
      const where = file.database.prepare('SELECT bytes FROM segment WHERE key = ? AND id = ?').get(key, ref.id)
      const bytes = where?.bytes as Uint8Array
      bytes[bytes.byteLength >> 1]! ^= 1
      file.database.prepare('UPDATE segment SET bytes = ? WHERE key = ? AND id = ?').run(bytes, key, ref.id)
    },
  },
  {
    name: 'an item in a segment is lost',
    complaint: /was acknowledged and is lost|n is/,
    apply: (file) => file.rewrite((entries) => entries.filter((_, i) => i !== 1)),
  },
  {
    name: 'a content in a segment is another one',
    complaint: /is not as it was sent/,
    apply: (file) =>
      file.rewrite(([first, ...rest]) => [{ ...first!, body: { ...first!.body, content: 'another' } }, ...rest]),
  },
  {
    name: 'two items of a segment have changed places',
    complaint: /comes after item|is acknowledged as|was acknowledged as|another createdAt/,
    apply: (file) => file.rewrite(([a, b, ...rest]) => [{ ...a!, body: b!.body }, { ...b!, body: a!.body }, ...rest]),
  },
  {
    name: 'a reference says more than its segment holds',
    complaint: /has items \d+, but its reference says/,
    apply: async (file) => {
      const { key, ref } = await file.segment()
      file.updateRef(key, { ...ref, items: ref.items + 1 })
    },
  },
  {
    name: 'rows are of no session',
    complaint: /tail: 1 rows of no session/,
    apply: (file) => void file.database.exec(`INSERT INTO tail VALUES ('nobody', 'stamp', '{}')`),
  },
]
