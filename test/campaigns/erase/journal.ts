import { closeSync, existsSync, openSync, readFileSync, writeSync } from 'node:fs'

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

/** Written synchronously, line by line: what was written before a SIGKILL is there after it. */
export class JournalWriter implements Disposable {
  readonly #file: number

  constructor(path: string) {
    this.#file = openSync(path, 'a')
  }

  write(line: JournalLine): void {
    writeSync(this.#file, `${JSON.stringify(line)}\n`)
  }

  [Symbol.dispose](): void {
    closeSync(this.#file)
  }
}

/** Of several processes: lines of one file are in order, and `at` orders all. */
export function readJournals(paths: readonly string[]): readonly JournalLine[] {
  const lines = paths.filter(existsSync).flatMap((path) =>
    readFileSync(path, 'utf8')
      // A line that was cut off by the kill says nothing.
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as JournalLine),
  )
  return lines.sort((a, b) => a.at - b.at)
}
