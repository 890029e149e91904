import type {
  FirestoreFields,
  FirestorePrecondition,
  FirestoreTransform,
  FirestoreWrite,
} from '../../clients/firestore-messages.ts'
import { sealedItems } from '../../memory/record.ts'
import { isErased } from '../../memory/stamp.ts'
import type { AppendEntry, StructuralChange } from '../../tiers/durable-store.ts'
import { decodeOverlay, encodeHeat, encodeOverlay, encodeSegments } from '../structure-text.ts'
import { type Layout, TTL_FIELD } from './layout.ts'
import type { StoredSession } from './record-document.ts'
import type { TailElement } from './tail-element.ts'
import { bytes, text, textIn, texts, time, whole, wholeIn } from './values.ts'
import {
  addElements,
  atLeast,
  atMost,
  type Batch,
  batchOf,
  increment,
  removeBodies,
  removeElements,
  setting,
  transforming,
} from './writes.ts'

/**
 * What stays of a removed session is kept so long. Firestore keeps backups for at most 14 weeks, so that none that is
 * restored brings back what nobody remembers to be erased. https://firebase.google.com/docs/firestore/backups
 */
const BURIED_FOR_MS = 400 * 86_400_000

/**
 * All writes of a change to a session that stays. `isGuarded`: they hold only on the record as it was read; otherwise
 * they go with whatever is appended meanwhile.
 */
export function changeWrites(
  layout: Layout,
  stored: StoredSession,
  change: StructuralChange,
  fencePlace: FirestorePrecondition,
  isGuarded: boolean,
): readonly FirestoreWrite[] {
  const { key } = stored
  const tail = tailAfter(layout, stored, change)
  const fence: FirestoreFields = {
    fence: text(change.nextFence),
    // Of a grave, where it is looked for when a session is made.
    erasedTo: whole(Math.max(stored.erasedTo, change.erasedTo ?? 0)),
  }
  return [
    { update: { name: layout.fence(key), fields: fence }, currentDocument: fencePlace },
    ...(isGuarded ? guardedWrites(layout, stored, change, tail) : openWrites(layout, stored, change, tail)),
    ...tail.added.bodies,
    ...removeBodies(layout, key, tail.dropped),
    ...segmentsToRemove(stored, change.remove).map((id): FirestoreWrite => ({ delete: layout.segment(key, id) })),
    ...(change.put ?? []).map(
      (segment): FirestoreWrite => ({
        update: { name: layout.segment(key, segment.id), fields: { bytes: bytes(segment.bytes) } },
      }),
    ),
  ]
}

/** The record goes, and its fence says from now on what must not come back. Only on the record as it was read. */
export function buryWrites(
  layout: Layout,
  stored: StoredSession,
  change: StructuralChange,
  fencePlace: FirestorePrecondition,
  now: number,
): readonly FirestoreWrite[] {
  const { key, document, n, erasedTo, elements, segments } = stored
  const buried: FirestoreFields = {
    fence: text(change.nextFence),
    // One more: a copy of the former life must not take what comes next for the next of its own.
    n: whole(n + 1),
    erasedTo: whole(Math.max(erasedTo, change.erasedTo ?? 0)),
    [TTL_FIELD]: time(now + BURIED_FOR_MS),
  }
  const ids = new Set([...segments.map(({ id }) => id), ...(change.remove ?? [])])
  return [
    { update: { name: layout.fence(key), fields: buried }, currentDocument: fencePlace },
    { delete: layout.session(key), currentDocument: { updateTime: document.updateTime } },
    ...removeBodies(layout, key, elements),
    ...segmentsToRemove(stored, [...ids]).map((id): FirestoreWrite => ({ delete: layout.segment(key, id) })),
  ]
}

/** What becomes of a tail. */
interface TailAfter {
  /** All that goes, in every form in which it lies there. */
  readonly dropped: readonly TailElement[]
  readonly left: readonly TailElement[]
  readonly added: Batch
}

function tailAfter(layout: Layout, { key, elements, erasedTo }: StoredSession, change: StructuralChange): TailAfter {
  const erased = Math.max(erasedTo, change.erasedTo ?? 0)
  const leaving = new Set<string>(change.dropTail?.map(({ stamp }) => stamp))
  const goes = ({ stamp }: TailElement): boolean => leaving.has(stamp) || isErased(stamp, erased)
  const left = elements.filter((element) => !goes(element))
  const known = new Set<string>(left.map(({ stamp }) => stamp))
  const isNew = ({ stamp }: AppendEntry): boolean => !known.has(stamp) && !isErased(stamp, erased)
  return { dropped: elements.filter(goes), left, added: batchOf(layout, key, (change.addTail ?? []).filter(isNew)) }
}

function guardedWrites(
  layout: Layout,
  stored: StoredSession,
  change: StructuralChange,
  { left, added }: TailAfter,
): readonly FirestoreWrite[] {
  const { key, document, n, erasedTo } = stored
  const tail = once([...left, ...added.elements])
  const fields: FirestoreFields = {
    ...structuralFields(stored, change),
    n: whole(n + added.elements.length),
    tail: texts(tail.map((element) => element.text)),
    // Counted anew: what was sent twice was counted twice.
    tailItems: whole(tail.length),
    tailBytes: whole(bytesOf(tail)),
    erasedTo: whole(Math.max(erasedTo, change.erasedTo ?? 0)),
    reviewAt: whole(change.reviewAt),
    updatedAt: whole(Math.max(wholeIn(document.fields, 'updatedAt'), added.newestAt)),
  }
  return [setting(layout.session(key), fields, { updateTime: document.updateTime })]
}

function openWrites(
  layout: Layout,
  stored: StoredSession,
  change: StructuralChange,
  { dropped, added }: TailAfter,
): readonly FirestoreWrite[] {
  const name = layout.session(stored.key)
  // What was erased before is for `removeErased` to take out, which counts it off too.
  const leaving = dropped.filter(({ stamp }) => !isErased(stamp, stored.erasedTo))
  const counted = once(leaving)
  const transforms: readonly FirestoreTransform[] = [
    atMost('reviewAt', change.reviewAt),
    atLeast('erasedTo', change.erasedTo ?? 0),
    increment('tailItems', -counted.length),
    increment('tailBytes', -bytesOf(counted)),
    ...(leaving.length > 0 ? [removeElements(leaving)] : []),
  ]
  const write = setting(name, structuralFields(stored, change), { exists: true }, transforms)
  if (added.elements.length === 0) return [write]
  return [
    write,
    transforming(name, [
      increment('n', added.elements.length),
      increment('tailItems', added.elements.length),
      increment('tailBytes', added.bytes),
      atLeast('updatedAt', added.newestAt),
      addElements(added.elements),
    ]),
  ]
}

function structuralFields({ document, segments: before }: StoredSession, change: StructuralChange): FirestoreFields {
  const { nextFence, segments, overlay, tailHeat, about } = change
  const overlayAfter = overlay ?? decodeOverlay(textIn(document.fields, 'overlay') ?? '[]')
  return {
    fence: text(nextFence),
    failures: whole(0),
    sealedItems: whole(sealedItems({ segments: segments ?? before, overlay: overlayAfter })),
    ...(segments !== undefined && {
      segments: text(encodeSegments(segments)),
      inline: {
        mapValue: {
          fields: Object.fromEntries(
            segments.flatMap(({ id, inline }) => (inline === undefined ? [] : [[id, bytes(inline)]])),
          ),
        },
      },
    }),
    ...(overlay !== undefined && { overlay: text(encodeOverlay(overlay)) }),
    ...(tailHeat !== undefined && { tailHeat: text(encodeHeat(tailHeat)) }),
    ...(about !== undefined && { about: text(about) }),
  }
}

/** Those that have a document. */
function segmentsToRemove({ segments }: StoredSession, ids: readonly string[] = []): readonly string[] {
  const inline = new Set(segments.flatMap(({ id, inline }) => (inline === undefined ? [] : [id])))
  return ids.filter((id) => !inline.has(id))
}

/** Each stamp once, as it came first. */
function once(elements: readonly TailElement[]): readonly TailElement[] {
  const seen = new Set<string>()
  return elements.filter(({ stamp }) => !seen.has(stamp) && seen.add(stamp))
}

function bytesOf(elements: readonly TailElement[]): number {
  return elements.reduce((sum, element) => sum + element.bytes, 0)
}
