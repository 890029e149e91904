import { readFileSync } from 'node:fs'

/** https://firebase.google.com/docs/reference/firestore/indexes */
export interface FirestoreIndexFile {
  readonly indexes: readonly FirestoreIndex[]
  readonly fieldOverrides: readonly FieldOverride[]
}

export interface FirestoreIndex {
  readonly collectionGroup: string
  readonly queryScope: string
  readonly fields: readonly { readonly fieldPath: string; readonly order: string }[]
}

export interface FieldOverride {
  readonly collectionGroup: string
  /** `*`: all fields that have no override of their own. */
  readonly fieldPath: string
  readonly indexes: readonly unknown[]
  readonly ttl?: boolean
}

export function firestoreIndexFile(): FirestoreIndexFile {
  return JSON.parse(
    readFileSync(new URL('../../firestore.indexes.json', import.meta.url), 'utf8'),
  ) as FirestoreIndexFile
}
