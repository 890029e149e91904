/** What a writer did. Times are microseconds of the machine's clock that never steps, the same for all processes. */
export type JournalLine =
  | { readonly kind: 'add'; readonly at: number; readonly op: number; readonly session: string }
  | { readonly kind: 'ack'; readonly at: number; readonly op: number; readonly id: string }
  /** The add of `op`, or a read where there is none, was answered with an error; `code` is empty where it is none of ours. */
  | {
      readonly kind: 'failed'
      readonly at: number
      readonly op?: number
      readonly code: string
      readonly message: string
      readonly tookMs: number
    }

export interface WriterLog {
  readonly name: string
  readonly lines: readonly JournalLine[]
}

/** What was done to Firestore, or to the way there: from when, and when the way was free again. */
export interface Fault {
  readonly kind: 'cut' | 'pause' | 'restart'
  readonly from: number
  readonly to: number
}

export const USER = 'outage-campaign'

export function textOf(op: number): string {
  return `#${op} ${'all quiet on the lake tonight '.repeat(1 + (op % 20))}`
}
