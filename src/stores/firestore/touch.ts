import type { FirestoreFields, FirestoreTransform } from '../../clients/firestore-messages.ts'
import type { SessionKey } from '../../memory/session.ts'
import type { TouchPatch } from '../../tiers/durable-store.ts'
import { encodeHeat, withHeat } from '../structure-text.ts'
import type { Documents } from './documents.ts'
import { readSession, type StoredSession } from './record-document.ts'
import { text, textIn, whole } from './values.ts'
import { atMost, setting } from './writes.ts'

const MAX_GUARDED_ATTEMPTS = 4

/** Changes what is known about a session. Of the record as it was read; from the last attempt on, what can't be wrong. */
export async function touchSession({ calls, layout }: Documents, key: SessionKey, patch: TouchPatch): Promise<void> {
  const name = layout.session(key)
  for (let attempt = 1; attempt <= MAX_GUARDED_ATTEMPTS; attempt++) {
    const document = await calls.get(name)
    if (document === undefined) return
    const stored = readSession(key, document)
    const fields = { ...openFields(patch), ...guardedFields(stored, patch) }
    if (Object.keys(fields).length === 0) return
    const result = await calls.commit([setting(name, fields, { updateTime: document.updateTime })])
    if (result.kind === 'committed') return
  }
  // Reads of segments are forgotten then: heat is approximate, and the next read counts again.
  const transforms: readonly FirestoreTransform[] = patch.reviewAt ? [atMost('reviewAt', patch.reviewAt.at)] : []
  const fields = openFields(patch)
  if (Object.keys(fields).length === 0 && transforms.length === 0) return
  await calls.commit([setting(name, fields, { exists: true }, transforms)])
}

function openFields({ tailHeat, failures }: TouchPatch): FirestoreFields {
  return {
    ...(tailHeat !== undefined && { tailHeat: text(encodeHeat(tailHeat)) }),
    ...(failures !== undefined && { failures: whole(failures) }),
  }
}

function guardedFields(stored: StoredSession, { segmentHeat, reviewAt }: TouchPatch): FirestoreFields {
  const segments = textIn(stored.document.fields, 'segments') ?? '[]'
  const heated = withHeat(segments, segmentHeat)
  return {
    ...(heated !== segments && { segments: text(heated) }),
    ...(reviewAt !== undefined && { reviewAt: whole(reviewOf(stored, reviewAt)) }),
  }
}

function reviewOf(stored: StoredSession, { at, n, fence }: NonNullable<TouchPatch['reviewAt']>): number {
  return stored.n === n && stored.fence === fence ? at : Math.min(stored.reviewAt, at)
}
