import type {
  FirestoreFields,
  FirestorePrecondition,
  FirestoreTransform,
  FirestoreWrite,
} from '../../clients/firestore-messages.ts'
import type { SessionKey } from '../../memory/session.ts'
import type { AppendEntry } from '../../tiers/durable-store.ts'
import type { Layout } from './layout.ts'
import { elementOf, type TailElement } from './tail-element.ts'
import { text, whole } from './values.ts'

/** Entries as they are sent: each stamp once. */
export interface Batch {
  readonly elements: readonly TailElement[]
  readonly bytes: number
  /** `createdAt` of the first; undefined where there is none. */
  readonly firstAt: number | undefined
  /** Highest `createdAt`, or 0. */
  readonly newestAt: number
  /** Documents of the bodies that the record does not hold. */
  readonly bodies: readonly FirestoreWrite[]
}

export function batchOf(layout: Layout, key: SessionKey, entries: readonly AppendEntry[]): Batch {
  const byStamp = new Map<string, AppendEntry>()
  for (const entry of entries) if (!byStamp.has(entry.stamp)) byStamp.set(entry.stamp, entry)
  const elements: TailElement[] = []
  const bodies: FirestoreWrite[] = []
  let bytes = 0
  let newestAt = 0
  for (const entry of byStamp.values()) {
    const element = elementOf(entry)
    elements.push(element)
    bytes += element.bytes
    newestAt = Math.max(newestAt, entry.createdAt)
    if (element.bodyId === undefined) continue
    const name = layout.body(key, entry.stamp, element.bodyId)
    bodies.push({ update: { name, fields: { body: text(entry.body) } } })
  }
  return { elements, bytes, firstAt: entries[0]?.createdAt, newestAt, bodies }
}

/** Nothing is set by it but transforms are done, on a document that has to be there. */
export function transforming(
  name: string,
  updateTransforms: readonly FirestoreTransform[],
  currentDocument: FirestorePrecondition = { exists: true },
): FirestoreWrite {
  return { update: { name, fields: {} }, updateMask: { fieldPaths: [] }, updateTransforms, currentDocument }
}

/** Sets exactly these fields of a document that has to be as the precondition says. */
export function setting(
  name: string,
  fields: FirestoreFields,
  currentDocument: FirestorePrecondition,
  updateTransforms: readonly FirestoreTransform[] = [],
): FirestoreWrite {
  return {
    update: { name, fields },
    updateMask: { fieldPaths: Object.keys(fields) },
    ...(updateTransforms.length > 0 && { updateTransforms }),
    currentDocument,
  }
}

/** Does nothing, and makes the commit fail where there is such a document. */
export function expectAbsent(name: string): FirestoreWrite {
  return { delete: name, currentDocument: { exists: false } }
}

/** Does nothing, and makes the commit fail where the document has changed. */
export function expectUnchanged(name: string, currentDocument: FirestorePrecondition): FirestoreWrite {
  return transforming(name, [], currentDocument)
}

export function increment(fieldPath: string, by: number): FirestoreTransform {
  return { fieldPath, increment: whole(by) }
}

export function atLeast(fieldPath: string, value: number): FirestoreTransform {
  return { fieldPath, maximum: whole(value) }
}

export function atMost(fieldPath: string, value: number): FirestoreTransform {
  return { fieldPath, minimum: whole(value) }
}

export function addElements(elements: readonly TailElement[]): FirestoreTransform {
  return { fieldPath: 'tail', appendMissingElements: { values: elements.map((element) => text(element.text)) } }
}

export function removeElements(elements: readonly TailElement[]): FirestoreTransform {
  return { fieldPath: 'tail', removeAllFromArray: { values: elements.map((element) => text(element.text)) } }
}

export function removeBodies(layout: Layout, key: SessionKey, elements: readonly TailElement[]): FirestoreWrite[] {
  return elements.flatMap(({ stamp, bodyId }): FirestoreWrite[] =>
    bodyId === undefined ? [] : [{ delete: layout.body(key, stamp, bodyId) }],
  )
}
