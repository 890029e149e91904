import type { FirestoreDocument, FirestoreFields } from '../../clients/firestore-messages.ts'
import type { SegmentRef, TailEntry } from '../../memory/record.ts'
import { isOwnedBy, type Owner, type SessionIdentity, type SessionKey } from '../../memory/session.ts'
import { isErased } from '../../memory/stamp.ts'
import type { LoadedRecord, LoadOptions, SessionSummary } from '../../tiers/durable-store.ts'
import { decodeHeat, decodeOverlay, decodeSegments } from '../structure-text.ts'
import { readElement, type TailElement } from './tail-element.ts'
import { bytesIn, fieldsIn, textIn, textsIn, wholeIn } from './values.ts'

/** A record as it lies in its document, read as far as every call needs it. */
export interface StoredSession {
  readonly key: SessionKey
  readonly document: FirestoreDocument
  readonly n: number
  readonly erasedTo: number
  readonly fence: string
  readonly reviewAt: number
  /** As they lie there: in the order in which they came, what was sent again with another body too. */
  readonly elements: readonly TailElement[]
  readonly segments: readonly SegmentRef[]
}

export function readSession(key: SessionKey, document: FirestoreDocument): StoredSession {
  const { fields } = document
  const inline = fieldsIn(fields, 'inline')
  return {
    key,
    document,
    n: wholeIn(fields, 'n'),
    erasedTo: wholeIn(fields, 'erasedTo'),
    fence: textIn(fields, 'fence') ?? '',
    reviewAt: wholeIn(fields, 'reviewAt'),
    elements: textsIn(fields, 'tail').map(readElement),
    segments: decodeSegments(textIn(fields, 'segments') ?? '[]', (id) => bytesIn(inline, id)),
  }
}

/** What is in the tail for readers: each stamp once, as it came first, and nothing that was erased. Rising by stamp. */
export function visibleElements({ elements, erasedTo }: StoredSession): readonly TailElement[] {
  const first = new Map<string, TailElement>()
  for (const element of elements) {
    if (!isErased(element.stamp, erasedTo) && !first.has(element.stamp)) first.set(element.stamp, element)
  }
  return [...first.values()].sort((a, b) => (a.stamp < b.stamp ? -1 : 1))
}

/** `tail`: the visible elements with their bodies, or the newest of them. */
export function recordOf(
  stored: StoredSession,
  tail: readonly TailEntry[],
  tailComplete: boolean,
  options: LoadOptions,
): LoadedRecord {
  const { key, document, n, erasedTo, fence, reviewAt, segments } = stored
  const { fields } = document
  return {
    session: identityOf(key, fields),
    n,
    erasedTo,
    tail,
    tailComplete,
    tailItems: wholeIn(fields, 'tailItems'),
    tailBytes: wholeIn(fields, 'tailBytes'),
    tailHeat: decodeHeat(textIn(fields, 'tailHeat') ?? '[0,[]]'),
    segments,
    overlay: decodeOverlay(textIn(fields, 'overlay') ?? '[]'),
    about: textIn(fields, 'about') ?? '',
    reviewAt,
    failures: wholeIn(fields, 'failures'),
    createdAt: wholeIn(fields, 'createdAt'),
    updatedAt: wholeIn(fields, 'updatedAt'),
    // The fence lies in a document of its own, so that appends don't touch it; each commit writes it here too.
    shownFence: fence,
    ...(options.withFence === true && { fence }),
  }
}

function identityOf(key: SessionKey, fields: FirestoreFields): SessionIdentity {
  return {
    key,
    tenantId: textIn(fields, 'tenantId') ?? '',
    userId: textIn(fields, 'userId') ?? '',
    sessionId: textIn(fields, 'sessionId') ?? '',
  }
}

/** What a list needs of a record. The last is one number for what it would take segments and overlay to reckon. */
export const SUMMARY_FIELDS: readonly string[] = Object.freeze([
  ...['tenantId', 'userId', 'sessionId', 'createdAt', 'updatedAt', 'n', 'about', 'tailItems', 'sealedItems'],
])

/** Undefined for a session of somebody else whose key begins alike. */
export function summaryOf(owner: Owner, key: SessionKey, fields: FirestoreFields): SessionSummary | undefined {
  const identity = identityOf(key, fields)
  if (!isOwnedBy(identity, owner)) return undefined
  return {
    ...identity,
    createdAt: wholeIn(fields, 'createdAt'),
    updatedAt: wholeIn(fields, 'updatedAt'),
    n: wholeIn(fields, 'n'),
    about: textIn(fields, 'about') ?? '',
    items: Math.max(0, wholeIn(fields, 'tailItems') + wholeIn(fields, 'sealedItems')),
  }
}
