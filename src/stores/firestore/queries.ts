import type { FirestoreDirection, FirestoreQuery, FirestoreValue } from '../../clients/firestore-messages.ts'
import { type Owner, ownerTag, SESSION_KEY_CHARS, type SessionKey } from '../../memory/session.ts'
import { decodeCursor } from '../cursor.ts'
import { COLLECTIONS, type Layout } from './layout.ts'
import { SUMMARY_FIELDS } from './record-document.ts'
import { text, whole } from './values.ts'

// Every query there is. Each needs an index over the fields that it compares and orders by, in firestore.indexes.json.

/** Sessions of a shard that are due, earliest first. */
export function dueQuery(
  layout: Layout,
  shard: number,
  before: number,
  cursor: string | undefined,
  limit: number,
): FirestoreQuery {
  return {
    select: select(['reviewAt']),
    from: FROM_SESSIONS,
    where: and([equal('shard', whole(shard)), atMost('reviewAt', whole(before))]),
    orderBy: ordered('reviewAt', 'ASCENDING'),
    ...startAfter(layout, cursor, (order) => order),
    limit: { value: limit },
  }
}

/** Sessions of an owner, the newest first; of all whose keys begin alike, to be exact. */
export function listQuery(layout: Layout, owner: Owner, cursor: string | undefined, limit: number): FirestoreQuery {
  return {
    select: select(SUMMARY_FIELDS),
    from: FROM_SESSIONS,
    where: and([equal('owner', text(ownerTag(owner)))]),
    orderBy: ordered('updatedAt', 'DESCENDING'),
    ...startAfter(layout, cursor, (order) => -order),
    limit: { value: limit },
  }
}

/** From the name of a session's document. */
export function keyIn(name: string): SessionKey {
  return name.slice(-SESSION_KEY_CHARS) as SessionKey
}

const FROM_SESSIONS: FirestoreQuery['from'] = Object.freeze([{ collectionId: COLLECTIONS.sessions }])
/** The name of a document, as queries know it. */
const NAME = '__name__'

type Filter = FirestoreQuery['where']['compositeFilter']['filters'][number]

function select(names: readonly string[]): FirestoreQuery['select'] {
  return { fields: names.map((fieldPath) => ({ fieldPath })) }
}

function and(filters: readonly Filter[]): FirestoreQuery['where'] {
  return { compositeFilter: { op: 'AND', filters } }
}

function equal(fieldPath: string, value: FirestoreValue): Filter {
  return { fieldFilter: { field: { fieldPath }, op: 'EQUAL', value } }
}

function atMost(fieldPath: string, value: FirestoreValue): Filter {
  return { fieldFilter: { field: { fieldPath }, op: 'LESS_THAN_OR_EQUAL', value } }
}

/** The name in the same direction, as every index has it at its end. */
function ordered(fieldPath: string, direction: FirestoreDirection): FirestoreQuery['orderBy'] {
  return [
    { field: { fieldPath }, direction },
    { field: { fieldPath: NAME }, direction },
  ]
}

function startAfter(
  layout: Layout,
  cursor: string | undefined,
  placeOf: (order: number) => number,
): Pick<FirestoreQuery, 'startAt'> {
  if (cursor === undefined) return {}
  const [order, key] = decodeCursor(cursor)
  const values = [whole(placeOf(order)), { referenceValue: layout.session(key as SessionKey) }]
  return { startAt: { values, before: false } }
}
