import type { FirestoreCalls } from '../../clients/firestore-calls.ts'
import type { Layout } from './layout.ts'

/** Where documents lie, and how they are reached. */
export interface Documents {
  readonly calls: FirestoreCalls
  readonly layout: Layout
}
