import { ThermoclineError } from '../../errors.ts'
import { graveOf, type SessionKey } from '../../memory/session.ts'
import type { Stamp } from '../../memory/stamp.ts'

/** Of the documents: what writes another layout uses another name, so that the two can't be taken for each other. */
const LAYOUT_VERSION = 'v1'

/**
 * Collections, by the names under which `firestore.indexes.json` knows them. They lie below one document per prefix, so
 * that the file holds for every prefix, and are named so that nobody else's collection is the same.
 */
export const COLLECTIONS: Collections = Object.freeze({
  sessions: 'thermoclineSessions',
  segments: 'thermoclineSegments',
  fences: 'thermoclineFences',
  bodies: 'thermoclineBodies',
})

export interface Collections {
  /** The records. */
  readonly sessions: string
  /** Pages and archives that don't lie in their record. */
  readonly segments: string
  /** What structural commits compare and replace, and what stays of sessions that were removed. */
  readonly fences: string
  /** Bodies of large items, until they are sealed. */
  readonly bodies: string
}

/** The field of {@link COLLECTIONS.fences} by which Firestore removes what stays of removed sessions at last. */
export const TTL_FIELD = 'forgetAt'

export const DEFAULT_COLLECTION_PREFIX = 'thermocline'

/** Names of documents, for one database and prefix. */
export interface Layout {
  /** The document below which all collections lie. */
  readonly root: string
  session(key: SessionKey): string
  segment(key: SessionKey, id: string): string
  fence(key: SessionKey): string
  /** The fence of the grave of the session's owner. */
  grave(key: SessionKey): string
  body(key: SessionKey, stamp: Stamp, bodyId: string): string
}

/** `database`: `projects/P/databases/D`. */
export function layoutOf(database: string, collectionPrefix: string): Layout {
  const root = `${database}/documents/${collectionPrefix}/${LAYOUT_VERSION}`
  const sessions = `${root}/${COLLECTIONS.sessions}/`
  const segments = `${root}/${COLLECTIONS.segments}/`
  const fences = `${root}/${COLLECTIONS.fences}/`
  const bodies = `${root}/${COLLECTIONS.bodies}/`
  return Object.freeze({
    root,
    session: (key: SessionKey) => sessions + key,
    segment: (key: SessionKey, id: string) => segments + key + id,
    fence: (key: SessionKey) => fences + key,
    grave: (key: SessionKey) => fences + graveOf(key),
    body: (key: SessionKey, stamp: Stamp, bodyId: string) => bodies + key + stamp + bodyId,
  })
}

/** https://firebase.google.com/docs/firestore/quotas#collections_documents_and_fields, and no need to quote it anywhere. */
const COLLECTION_PREFIX = /^[A-Za-z][A-Za-z0-9_-]{0,99}$/

/** @throws ThermoclineError `INVALID_OPTION` */
export function checkCollectionPrefix(value: unknown): void {
  if (typeof value === 'string' && COLLECTION_PREFIX.test(value)) return
  throw new ThermoclineError(
    'INVALID_OPTION',
    `Cannot use option collectionPrefix: expected 1 to 100 letters, digits, _ or -, a letter first: received ${
      typeof value === 'string' ? 'other text' : typeof value
    }`,
    { details: { name: 'collectionPrefix' } },
  )
}
