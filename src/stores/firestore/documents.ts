import type { FirestoreWork } from '../../clients/firestore-calls.ts'
import type { Layout } from './layout.ts'

/** Where documents lie, and how one call of the store reaches them. */
export interface Documents {
  readonly calls: FirestoreWork
  readonly layout: Layout
}
