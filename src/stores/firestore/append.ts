import type {
  FirestoreDocument,
  FirestoreFields,
  FirestoreWrite,
  FirestoreWriteResult,
} from '../../clients/firestore-messages.ts'
import { ThermoclineError } from '../../errors.ts'
import { ownerTag, type SessionIdentity, shardOf } from '../../memory/session.ts'
import { isErased } from '../../memory/stamp.ts'
import type { AppendEntry, Appended, AppendOptions } from '../../tiers/durable-store.ts'
import type { Documents } from './documents.ts'
import { removeErasedNow } from './erased.ts'
import { recordFull } from './record-full.ts'
import { text, textIn, texts, whole, wholeIn } from './values.ts'
import {
  addElements,
  atLeast,
  atMost,
  type Batch,
  batchOf,
  expectAbsent,
  expectUnchanged,
  increment,
  transforming,
} from './writes.ts'

/** A session that is made, removed and made again by others each time between two of our calls. */
const MAX_ATTEMPTS = 8

/**
 * One write of one document, which changes nothing that it did not bring: so it needs no read, and any number of them at
 * once are all carried out. What it did to the counters comes back with it. Only where there is no record yet, a second
 * one makes it.
 */
export async function appendEntries(
  documents: Documents,
  session: SessionIdentity,
  entries: readonly AppendEntry[],
  options: AppendOptions,
): Promise<Appended> {
  const { calls, layout } = documents
  const batch = batchOf(layout, session.key, entries)
  const write = transforming(layout.session(session.key), [
    increment('n', batch.elements.length),
    increment('tailItems', batch.elements.length),
    increment('tailBytes', batch.bytes),
    // Rises only; this shows how far it has.
    atLeast('erasedTo', 0),
    atLeast('updatedAt', batch.newestAt),
    atMost('reviewAt', options.reviewAt),
    ...(batch.elements.length > 0 ? [addElements(batch.elements)] : []),
  ])
  let mayBeBuried = false
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    // Repeated, it may be counted twice; what is stored is the same.
    const appended = await calls.commit([write, ...batch.bodies], true)
    if (appended.kind === 'committed') {
      return withoutErased(documents, session, batch, appendedOf(appended.results[0]!))
    }
    if (appended.why === 'too-large') throw recordFull('append')
    const created = mayBeBuried
      ? await createAnew(documents, session, entries, options)
      : await create(documents, session, batch, options)
    if (created !== undefined) return created
    mayBeBuried = true
  }
  throw new ThermoclineError(
    'STORE_UNAVAILABLE',
    'Cannot append to firestore: the session is being removed by others',
    { details: { written: false, contended: true } },
  )
}

function appendedOf({ transformResults }: FirestoreWriteResult): Appended {
  const [n, tailItems, tailBytes, erasedTo] = transformResults.map(({ integerValue }) => Number(integerValue))
  return { n: n!, tailItems: tailItems!, tailBytes: tailBytes!, erasedTo: erasedTo! }
}

/** Nobody sees what was erased; but it must not lie there either. */
async function withoutErased(
  documents: Documents,
  { key }: SessionIdentity,
  { elements }: Batch,
  appended: Appended,
): Promise<Appended> {
  if (!elements.some(({ stamp }) => isErased(stamp, appended.erasedTo))) return appended
  const fields = (await removeErasedNow(documents, key))?.document.fields
  if (fields === undefined) return appended
  return { ...appended, tailItems: wholeIn(fields, 'tailItems'), tailBytes: wholeIn(fields, 'tailBytes') }
}

/** What is left of a session that was removed. */
interface Buried {
  readonly n: number
  readonly erasedTo: number
  readonly fence: string
}

const NOTHING_BURIED: Buried = Object.freeze({ n: 0, erasedTo: 0, fence: '' })

/**
 * Makes the record, unless there is one, or something is buried under its key or its owner's grave: all in one commit,
 * without a read. Undefined where it was not made.
 */
function create(
  documents: Documents,
  session: SessionIdentity,
  batch: Batch,
  options: AppendOptions,
): Promise<Appended | undefined> {
  const { layout } = documents
  const absent = [...new Set([layout.fence(session.key), layout.grave(session.key)])].map(expectAbsent)
  return make(documents, session, batch, options, NOTHING_BURIED, absent)
}

/** The same where something may be buried: goes on with it, if it is still so when the commit is done. */
async function createAnew(
  documents: Documents,
  session: SessionIdentity,
  entries: readonly AppendEntry[],
  options: AppendOptions,
): Promise<Appended | undefined> {
  const { calls, layout } = documents
  const { key } = session
  const names = { own: layout.fence(key), grave: layout.grave(key) }
  const own = await calls.get(names.own)
  const grave = names.grave === names.own ? own : await calls.get(names.grave)
  const erasedTo = Math.max(wholeOf(own, 'erasedTo'), wholeOf(grave, 'erasedTo'))
  const stored = entries.filter(({ stamp }) => !isErased(stamp, erasedTo))
  const n = wholeOf(own, 'n')
  // What is erased does not bring back the session that it was of.
  if (entries.length > 0 && stored.length === 0) return { n, tailItems: 0, tailBytes: 0, erasedTo }
  const fence = own === undefined ? '' : (textIn(own.fields, 'fence') ?? '')
  return make(documents, session, batchOf(layout, key, stored), options, { n, erasedTo, fence }, [
    own === undefined
      ? expectAbsent(names.own)
      : // Not to be forgotten any more. A grave says what is erased also while it has a record.
        {
          update: { name: names.own, fields: { fence: text(fence), erasedTo: whole(erasedTo) } },
          currentDocument: { updateTime: own.updateTime },
        },
    ...(names.grave === names.own ? [] : [unchanged(names.grave, grave)]),
  ])
}

/** Undefined where somebody else was there first, or the conditions do not hold. */
async function make(
  { calls, layout }: Documents,
  session: SessionIdentity,
  batch: Batch,
  options: AppendOptions,
  buried: Buried,
  conditions: readonly FirestoreWrite[],
): Promise<Appended | undefined> {
  const fields = newRecord(session, batch, options, buried)
  const result = await calls.commit([
    { update: { name: layout.session(session.key), fields }, currentDocument: { exists: false } },
    ...conditions,
    ...batch.bodies,
  ])
  if (result.kind === 'refused') {
    if (result.why === 'too-large') throw recordFull('append')
    return undefined
  }
  const { elements, bytes } = batch
  const { n, erasedTo } = buried
  return { n: n + elements.length, tailItems: elements.length, tailBytes: bytes, erasedTo }
}

function unchanged(name: string, document: FirestoreDocument | undefined): FirestoreWrite {
  return document === undefined ? expectAbsent(name) : expectUnchanged(name, { updateTime: document.updateTime })
}

function newRecord(
  session: SessionIdentity,
  { elements, bytes, firstAt, newestAt }: Batch,
  { reviewAt, createdAt: ofNothing = 0 }: AppendOptions,
  { n, erasedTo, fence }: Buried,
): FirestoreFields {
  const { key, tenantId, userId, sessionId } = session
  const createdAt = firstAt ?? ofNothing
  return {
    tenantId: text(tenantId),
    userId: text(userId),
    sessionId: text(sessionId),
    owner: text(ownerTag(session)),
    shard: whole(shardOf(key)),
    n: whole(n + elements.length),
    tailItems: whole(elements.length),
    tailBytes: whole(bytes),
    tail: texts(elements.map((element) => element.text)),
    erasedTo: whole(erasedTo),
    fence: text(fence),
    reviewAt: whole(reviewAt),
    createdAt: whole(createdAt),
    updatedAt: whole(Math.max(newestAt, createdAt)),
  }
}

function wholeOf(document: FirestoreDocument | undefined, name: string): number {
  return document === undefined ? 0 : wholeIn(document.fields, name)
}
