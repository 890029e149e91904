import type { FirestoreDocument, FirestorePrecondition } from '../../clients/firestore-messages.ts'
import { ThermoclineError } from '../../errors.ts'
import type { Clock } from '../../lib/clock.ts'
import type { SessionKey } from '../../memory/session.ts'
import type { CommitResult, StructuralChange } from '../../tiers/durable-store.ts'
import { buryWrites, changeWrites } from './change-writes.ts'
import type { Documents } from './documents.ts'
import { removeErasedNow } from './erased.ts'
import { readSession } from './record-document.ts'
import { recordFull } from './record-full.ts'
import { textIn } from './values.ts'

/** Others come in between, a few times at most: a commit that can do with appends minds them only once. */
const MAX_ATTEMPTS = 8

const CONFLICT: CommitResult = Object.freeze({ kind: 'conflict' })
const COMMITTED: CommitResult = Object.freeze({ kind: 'committed' })

/**
 * A structural commit. It holds only if the document of the fence is as it was when it was read; the record need not be,
 * since appends change it all the time. What a change says that is true only if nothing was appended since is tried on
 * the record as it was read, and done without where that has changed.
 */
export async function commitChange(
  documents: Documents,
  clock: Clock,
  key: SessionKey,
  fence: string,
  change: StructuralChange,
): Promise<CommitResult> {
  const { calls, layout } = documents
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    // Not in one instant; but a fence never comes back, so both with the same one are of the same time.
    const [document, fenceDocument] = await Promise.all([calls.get(layout.session(key)), calls.get(layout.fence(key))])
    if (document === undefined) return CONFLICT
    const stored = readSession(key, document)
    if (stored.fence !== fence || !isOf(fenceDocument, fence)) return CONFLICT
    const isUnmoved = stored.n === change.n
    if (change.onlyIfN === true && !isUnmoved) return CONFLICT
    const isBurial = change.bury === true && isUnmoved
    const isGuarded = isBurial || change.onlyIfN === true || (isUnmoved && attempt === 1)
    const fencePlace = placeOf(fenceDocument)
    const result = await calls.commit(
      isBurial
        ? buryWrites(layout, stored, change, fencePlace, clock.now())
        : changeWrites(layout, stored, change, fencePlace, isGuarded),
    )
    if (result.kind === 'committed') {
      // What was appended just before it is seen by nobody any more.
      if (!isGuarded && change.erasedTo !== undefined) await removeErasedNow(documents, key)
      return COMMITTED
    }
    if (result.why === 'too-large') throw recordFull('commit')
  }
  throw new ThermoclineError('STORE_UNAVAILABLE', 'Cannot commit in firestore: others change the record all the time', {
    details: { written: false, contended: true },
  })
}

/** Before its first structural commit a session has no fence document, and none where Firestore has let go of it. */
function isOf(fenceDocument: FirestoreDocument | undefined, fence: string): boolean {
  return fenceDocument === undefined || textIn(fenceDocument.fields, 'fence') === fence
}

function placeOf(document: FirestoreDocument | undefined): FirestorePrecondition {
  return document === undefined ? { exists: false } : { updateTime: document.updateTime }
}
