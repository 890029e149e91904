// Messages of google.firestore.v1, as far as they are used.
// https://cloud.google.com/firestore/docs/reference/rpc/google.firestore.v1

/** Whole numbers beyond 32 bits come as text. */
export type FirestoreValue =
  | { readonly stringValue: string }
  | { readonly integerValue: number | string }
  | { readonly bytesValue: Uint8Array }
  | { readonly timestampValue: FirestoreTime }
  | { readonly referenceValue: string }
  | { readonly arrayValue: { readonly values?: readonly FirestoreValue[] } }
  | { readonly mapValue: { readonly fields?: FirestoreFields } }

export type FirestoreFields = Readonly<Record<string, FirestoreValue>>

export interface FirestoreTime {
  readonly seconds: number | string
  readonly nanos: number
}

export interface FirestoreDocument {
  readonly name: string
  readonly fields: FirestoreFields
  readonly updateTime: FirestoreTime
}

export type FirestorePrecondition = { readonly exists: boolean } | { readonly updateTime: FirestoreTime }

export type FirestoreWrite =
  | {
      readonly update: { readonly name: string; readonly fields: FirestoreFields }
      /** Absent: the whole document. Named fields that `fields` lacks are removed. */
      readonly updateMask?: { readonly fieldPaths: readonly string[] }
      readonly updateTransforms?: readonly FirestoreTransform[]
      readonly currentDocument?: FirestorePrecondition
    }
  | { readonly delete: string; readonly currentDocument?: FirestorePrecondition }

export type FirestoreTransform = { readonly fieldPath: string } & (
  | { readonly increment: FirestoreValue }
  | { readonly maximum: FirestoreValue }
  | { readonly minimum: FirestoreValue }
  | { readonly appendMissingElements: { readonly values: readonly FirestoreValue[] } }
  | { readonly removeAllFromArray: { readonly values: readonly FirestoreValue[] } }
)

export interface FirestoreWriteResult {
  readonly transformResults: readonly Partial<{ readonly integerValue: number | string }>[]
}

export type FirestoreDirection = 'ASCENDING' | 'DESCENDING'

export interface FirestoreQuery {
  readonly select: { readonly fields: readonly { readonly fieldPath: string }[] }
  readonly from: readonly { readonly collectionId: string }[]
  readonly where: {
    readonly compositeFilter: {
      readonly op: 'AND'
      readonly filters: readonly {
        readonly fieldFilter: {
          readonly field: { readonly fieldPath: string }
          readonly op: 'EQUAL' | 'LESS_THAN_OR_EQUAL'
          readonly value: FirestoreValue
        }
      }[]
    }
  }
  readonly orderBy: readonly {
    readonly field: { readonly fieldPath: string }
    readonly direction: FirestoreDirection
  }[]
  readonly startAt?: { readonly values: readonly FirestoreValue[]; readonly before: boolean }
  readonly limit: { readonly value: number }
}
