import { COLD_HEAT } from '../../memory/heat.ts'
import type { SegmentRef } from '../../memory/record.ts'
import { encodeHeat, inlineIds } from '../structure-text.ts'

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
