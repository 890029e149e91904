import type { ItemBody } from '../../../src/memory/memory-item.ts'
import type { SegmentRef } from '../../../src/memory/record.ts'
import { decodeSegment, type SegmentContent } from '../../../src/memory/segment-format/index.ts'
import type { Stamp } from '../../../src/memory/stamp.ts'

/** What is stored of one session, read past all of our code but the decoder of segments. */
export interface SessionContents {
  readonly key: string
  readonly sessionId: string
  readonly n: number
  readonly tailItems: number
  readonly tailBytes: number
  readonly tail: readonly { readonly stamp: Stamp; readonly body: string }[]
  readonly refs: readonly SegmentRef[]
  readonly segments: readonly ReadSegment[]
}

export interface ReadSegment {
  readonly ref: SegmentRef
  readonly content: SegmentContent
}

/**
 * Decodes what the references of a session lead to, and holds both against each other. `bytesOf` gives the bytes of a
 * segment, and undefined where they are missing.
 */
export async function readSegments(
  refs: readonly SegmentRef[],
  bytesOf: (id: string) => Uint8Array | undefined,
  complain: (problem: string) => void,
): Promise<readonly ReadSegment[]> {
  const segments: ReadSegment[] = []
  for (const [i, ref] of refs.entries()) {
    const bytes = bytesOf(ref.id)
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
  return segments
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
