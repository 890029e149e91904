import type { TieredStorageManagerOptions } from '../../../index.ts'

/** Where the demo keeps what it plays. */
export interface DemoPlace {
  /** How a manager reaches it. */
  readonly options: Pick<TieredStorageManagerOptions, 'path' | 'projectId' | 'durableCalls'>
  readonly kind: 'SQLite' | 'Firestore'
  /** `a new SQLite file`, for the head of the demo. */
  readonly into: string
  /** `the file`, for sentences. */
  readonly name: string
  /** `the file is deleted again`, for its end. */
  readonly end: string
  /** What lies there, seen from outside and in words, where that says something. */
  contents?(): Promise<readonly string[]>
}

export function filePlace(path: string): DemoPlace {
  return {
    options: { path },
    kind: 'SQLite',
    into: 'a new SQLite file',
    name: 'the file',
    end: 'the file is deleted again',
  }
}
