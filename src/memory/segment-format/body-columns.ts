import type { ItemBody } from '../memory-item.ts'
import { readCallIds, writeCallIds } from './call-id-column.ts'
import type { ColumnSink, ColumnSource } from './columns.ts'
import { readContents, writeContents } from './content-columns.ts'
import { readContentTypes, writeContentTypes } from './content-type-column.ts'
import { readExtras, writeExtras } from './extra-columns.ts'
import { readMetadata, writeMetadata } from './metadata-columns.ts'
import { readPlaced, writePlaced } from './placed-columns.ts'
import type { SegmentContent, SegmentEntry } from './segment-content.ts'

/** All columns, in the order of the stored form. */
export function writeColumns(sink: ColumnSink, content: SegmentContent): void {
  const bodies = content.entries.map(({ body }) => body)
  const types = writeContentTypes(
    sink,
    bodies.map(({ contentType }) => contentType),
  )
  writePlaced(sink, types, content)
  writeCallIds(sink, types, bodies)
  writeExtras(sink, types, bodies)
  writeMetadata(sink, types, bodies)
  writeContents(sink, types, bodies)
}

/**
 * The content that {@link writeColumns} wrote, frozen.
 * @throws ThermoclineError `SEGMENT_CORRUPT`, `SEGMENT_TOO_LARGE`
 */
export function readColumns(source: ColumnSource, counts: { items: number; gone: number }): SegmentContent {
  const { symbols, types } = readContentTypes(source, counts.items)
  const placed = readPlaced(source, symbols, counts.gone)
  const calls = readCallIds(source, symbols)
  const callIds = new Map(calls.positions.map((at, i) => [at, calls.ids[i] as string]))
  const extras = readExtras(source, symbols, placed.createdAt)
  const metadata = readMetadata(source, symbols)
  const contents = readContents(source, symbols)
  source.bits.end()
  source.texts.end()
  const entries = contents.map((content, at): SegmentEntry => {
    // Only what an item has is set, in the order in which encodeNewItem sets it.
    const body: { -readonly [Field in keyof ItemBody]: ItemBody[Field] } = {
      content,
      contentType: types[at] as string,
      createdAt: placed.createdAt[at] as number,
    }
    setIfPresent(body, 'payload', extras.payload.get(at))
    setIfPresent(body, 'metadata', metadata[at])
    setIfPresent(body, 'importance', extras.importance.get(at))
    setIfPresent(body, 'pinned', extras.pinned.get(at))
    setIfPresent(body, 'callId', callIds.get(at))
    setIfPresent(body, 'expiresAt', extras.expiresAt.get(at))
    setIfPresent(body, 'idempotencyKey', placed.idempotencyKeys.get(at))
    return Object.freeze({ stamp: placed.stamps[at] as SegmentEntry['stamp'], body: Object.freeze(body) })
  })
  return Object.freeze({ entries: Object.freeze(entries), gone: Object.freeze([...placed.gone]) })
}

function setIfPresent<Field extends keyof ItemBody>(
  body: { -readonly [Key in keyof ItemBody]: ItemBody[Key] },
  field: Field,
  value: ItemBody[Field] | undefined,
): void {
  if (value !== undefined) body[field] = value as ItemBody[Field]
}
