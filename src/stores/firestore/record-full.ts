import { ThermoclineError } from '../../errors.ts'

/** https://firebase.google.com/docs/firestore/quotas#collections_documents_and_fields */
const MAX_DOCUMENT_BYTES = 1_048_576

export function recordFull(action: 'append' | 'commit'): ThermoclineError {
  return new ThermoclineError(
    'RECORD_FULL',
    `Cannot ${action} in firestore: the record of the session would exceed 1 MiB; sealing its tail makes room`,
    { details: { limit: MAX_DOCUMENT_BYTES, written: false } },
  )
}
