import { COLD_HEAT, type Heat } from '../../memory/heat.ts'
import type { Overlay, OverlayChange, SegmentRef } from '../../memory/record.ts'
import type { Stamp } from '../../memory/stamp.ts'

/** What only structural commits change, as one row of text columns. */
export interface StructureRow {
  readonly fence: string
  readonly segments: string
  readonly overlay: string
  readonly tail_heat: string
  readonly about: string
}

/** The same joined to a session that may have had no structural commit: then all are null. */
export type MaybeStructureRow = { readonly [column in keyof StructureRow]: StructureRow[column] | null }

export function structureOf(row: MaybeStructureRow): StructureRow {
  return row.fence === null ? EMPTY_STRUCTURE : (row as StructureRow)
}

/** The fence of a session that has never had a structural commit. */
const FIRST_FENCE = ''

const EMPTY_STRUCTURE: StructureRow = Object.freeze({
  fence: FIRST_FENCE,
  segments: '[]',
  overlay: '[]',
  tail_heat: encodeHeat(COLD_HEAT),
  about: '',
})

export function encodeHeat(heat: Heat): string {
  return JSON.stringify([heat.reads, heat.recent])
}

export function decodeHeat(text: string): Heat {
  if (text === EMPTY_STRUCTURE.tail_heat) return COLD_HEAT
  const [reads, recent] = JSON.parse(text) as [number, number[]]
  return Object.freeze({ reads, recent: Object.freeze(recent) })
}

/** A reference without its bytes: those of an inline segment lie in the table of segments like all others. */
type StoredRef = Omit<SegmentRef, 'inline'> & { readonly inline?: true }

export function encodeSegments(segments: readonly SegmentRef[]): string {
  return JSON.stringify(
    segments.map(({ inline, ...ref }): StoredRef => (inline === undefined ? ref : { ...ref, inline: true })),
  )
}

/** Ids of the segments that a row says lie in the record. */
function inlineIds(text: string): ReadonlySet<string> {
  return new Set((JSON.parse(text) as StoredRef[]).filter((ref) => ref.inline === true).map((ref) => ref.id))
}

/** `bytesOf` fetches the bytes of a segment that its record holds. */
export function decodeSegments(text: string, bytesOf: (id: string) => Uint8Array | undefined): readonly SegmentRef[] {
  if (text === EMPTY_STRUCTURE.segments) return []
  return (JSON.parse(text) as StoredRef[]).map(({ inline, ...ref }) => {
    const bytes = inline === true ? bytesOf(ref.id) : undefined
    return Object.freeze(bytes === undefined ? ref : { ...ref, inline: bytes })
  })
}

export function encodeOverlay(overlay: Overlay): string {
  return JSON.stringify(
    [...overlay].map(([stamp, change]) => (change.kind === 'edited' ? [stamp, change.body] : [stamp])),
  )
}

export function decodeOverlay(text: string): Overlay {
  if (text === EMPTY_STRUCTURE.overlay) return NO_OVERLAY
  const rows = JSON.parse(text) as [Stamp, string?][]
  return new Map(
    rows.map(([stamp, body]) => [
      stamp,
      (body === undefined ? { kind: 'deleted' } : { kind: 'edited', body }) satisfies OverlayChange,
    ]),
  )
}

const NO_OVERLAY: Overlay = new Map()

/** Segments that lie in the record have their bytes in the table of segments too: what to write and to delete there. */
export function inlineChanges(
  before: string,
  segments: readonly SegmentRef[] | undefined,
): {
  readonly put: readonly { readonly id: string; readonly bytes: Uint8Array }[]
  readonly remove: readonly string[]
} {
  if (segments === undefined) return { put: [], remove: [] }
  const known = inlineIds(before)
  const inline = segments.flatMap(({ id, inline: bytes }) => (bytes === undefined ? [] : [{ id, bytes }]))
  const kept = new Set(inline.map(({ id }) => id))
  return { put: inline.filter(({ id }) => !known.has(id)), remove: [...known].filter((id) => !kept.has(id)) }
}

/** The references with other heat; unknown ids are ignored. */
export function withHeat(segments: string, heat: ReadonlyMap<string, Heat> | undefined): string {
  if (heat === undefined) return segments
  const refs = JSON.parse(segments) as { readonly id: string; readonly heat: Heat }[]
  return JSON.stringify(refs.map((ref) => ({ ...ref, heat: heat.get(ref.id) ?? ref.heat })))
}
