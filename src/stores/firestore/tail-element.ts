import { createHash } from 'node:crypto'
import { base32 } from '../../lib/base32.ts'
import type { TailEntry } from '../../memory/record.ts'
import { STAMP_CHARS, type Stamp } from '../../memory/stamp.ts'

/**
 * Larger bodies have a document of their own until they are sealed, so that no append can fill the record: Firestore
 * takes documents of at most 1 MiB, and a tail is sealed at 64 KiB.
 */
export const MAX_BODY_IN_RECORD_BYTES: number = 64 * 1024

/** In the place of a body; no JSON text begins with it. */
const ELSEWHERE = '^'
const BODY_ID_CHARS = 13

/** One entry of a tail as it lies in the record. */
export interface TailElement {
  readonly stamp: Stamp
  /** The element of the array: what it is found by when it is removed. */
  readonly text: string
  /** Size of the body as UTF-8. */
  readonly bytes: number
  /** The document that holds the body, where the record does not. */
  readonly bodyId: string | undefined
}

export function elementOf({ stamp, body }: TailEntry): TailElement {
  const bytes = Buffer.byteLength(body)
  if (bytes <= MAX_BODY_IN_RECORD_BYTES) return { stamp, text: stamp + body, bytes, bodyId: undefined }
  // By its content: sent again it is the same document, and another body of that stamp is another.
  const bodyId = base32(createHash('sha256').update(body).digest()).slice(0, BODY_ID_CHARS)
  return { stamp, text: `${stamp}${ELSEWHERE}${bodyId}${bytes}`, bytes, bodyId }
}

/** The same from what was stored. */
export function readElement(text: string): TailElement {
  const stamp = text.slice(0, STAMP_CHARS) as Stamp
  if (text[STAMP_CHARS] !== ELSEWHERE) {
    return { stamp, text, bytes: Buffer.byteLength(text) - STAMP_CHARS, bodyId: undefined }
  }
  const at = STAMP_CHARS + ELSEWHERE.length
  const bodyId = text.slice(at, at + BODY_ID_CHARS)
  return { stamp, text, bytes: Number(text.slice(at + BODY_ID_CHARS)), bodyId }
}

/** The body of an element that holds it itself. */
export function bodyIn({ text }: TailElement): string {
  return text.slice(STAMP_CHARS)
}
