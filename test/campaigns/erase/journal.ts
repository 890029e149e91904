import { readLines } from '../support/line-journal.ts'

/** What a process did, and when: `at` counts microseconds, for all processes of the machine alike. */
export type JournalLine =
  /** An item was added, edited, or said of a session; its text has the canary of `op`. Acknowledged. */
  | { readonly kind: 'wrote'; readonly at: number; readonly user: number; readonly op: number; readonly id?: string }
  /** An item is about to be changed: from now on it may have the text of `op`. */
  | { readonly kind: 'edits'; readonly at: number; readonly user: number; readonly op: number; readonly id: string }
  /** The texts of these operations are about to be removed, or are removed. */
  | { readonly kind: 'removes'; readonly at: number; readonly user: number; readonly ops: readonly number[] }
  | { readonly kind: 'removed'; readonly at: number; readonly user: number; readonly ops: readonly number[] }
  /** A user was erased. */
  | {
      readonly kind: 'erased'
      readonly at: number
      readonly user: number
      /** When it was asked for. */
      readonly askedAt: number
      readonly receiptId: string
    }
  /** Texts of these operations were read by a call that began at `at`. */
  | {
      readonly kind: 'read'
      readonly at: number
      readonly user: number
      readonly ops: readonly number[]
      readonly strong: boolean
    }

export function microseconds(): number {
  return Number(process.hrtime.bigint() / 1000n)
}

/** Of several processes: lines of one file are in order, and `at` orders all. */
export function readJournals(paths: readonly string[]): readonly JournalLine[] {
  const lines = paths.flatMap((path) => readLines<JournalLine>(path))
  return lines.sort((a, b) => a.at - b.at)
}
