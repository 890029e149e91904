import { COLD_HEAT, type Heat } from '../memory/heat.ts'
import type { Overlay, OverlayChange, SegmentRef } from '../memory/record.ts'
import type { Stamp } from '../memory/stamp.ts'

// What only structural commits change of a record, as texts: the same in all stores that outlive a process.

const NO_HEAT = '[0,[]]'
const NOTHING = '[]'

export function encodeHeat(heat: Heat): string {
  return JSON.stringify([heat.reads, heat.recent])
}

export function decodeHeat(text: string): Heat {
  if (text === NO_HEAT) return COLD_HEAT
  const [reads, recent] = JSON.parse(text) as [number, number[]]
  return Object.freeze({ reads, recent: Object.freeze(recent) })
}

/** A reference without its bytes: those of an inline segment lie with those of all others. */
type StoredRef = Omit<SegmentRef, 'inline'> & { readonly inline?: true }

export function encodeSegments(segments: readonly SegmentRef[]): string {
  return JSON.stringify(
    segments.map(({ inline, ...ref }): StoredRef => (inline === undefined ? ref : { ...ref, inline: true })),
  )
}

/** Ids of the segments that a text says lie in the record. */
export function inlineIds(text: string): ReadonlySet<string> {
  return new Set((JSON.parse(text) as StoredRef[]).filter((ref) => ref.inline === true).map((ref) => ref.id))
}

/** `bytesOf` fetches the bytes of a segment that its record holds. */
export function decodeSegments(text: string, bytesOf: (id: string) => Uint8Array | undefined): readonly SegmentRef[] {
  if (text === NOTHING) return []
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
  if (text === NOTHING) return NO_OVERLAY
  const rows = JSON.parse(text) as [Stamp, string?][]
  return new Map(
    rows.map(([stamp, body]) => [
      stamp,
      (body === undefined ? { kind: 'deleted' } : { kind: 'edited', body }) satisfies OverlayChange,
    ]),
  )
}

const NO_OVERLAY: Overlay = new Map()

/** The references with other heat; unknown ids are ignored. */
export function withHeat(segments: string, heat: ReadonlyMap<string, Heat> | undefined): string {
  if (heat === undefined) return segments
  const refs = JSON.parse(segments) as { readonly id: string; readonly heat: Heat }[]
  return JSON.stringify(refs.map((ref) => ({ ...ref, heat: heat.get(ref.id) ?? ref.heat })))
}
