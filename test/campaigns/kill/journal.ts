import { closeSync, existsSync, openSync, readFileSync, writeSync } from 'node:fs'

/** An item that a writer means to add. Its content follows from `op` and `size`. */
export interface Intent {
  readonly kind: 'intent'
  /** Number of the item in its file. Used again only where an item with an idempotency key is sent again. */
  readonly op: number
  readonly session: string
  readonly size: number
  /** Present where the item has an idempotency key; its `createdAt`. */
  readonly keyedAt?: number
}

export type JournalLine =
  | Intent
  /** The items of these `op` are acknowledged. */
  | { readonly kind: 'ack'; readonly op: number; readonly id: string }
  /** The writer's clock shows this time from now on. */
  | { readonly kind: 'clock'; readonly now: number }
  /** A writer kills itself at this step. */
  | { readonly kind: 'step'; readonly step: string; readonly occurrence: number }

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

export function readJournal(path: string): readonly JournalLine[] {
  if (!existsSync(path)) return []
  // A line that was cut off by the kill says nothing.
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1)
  return lines.map((line) => JSON.parse(line) as JournalLine)
}

/** The last time that a writer's clock showed. */
export function lastClock(lines: readonly JournalLine[], otherwise: number): number {
  return lines.reduce((now, line) => (line.kind === 'clock' ? Math.max(now, line.now) : now), otherwise)
}

export function nextOp(lines: readonly JournalLine[]): number {
  return lines.reduce((next, line) => (line.kind === 'intent' ? Math.max(next, line.op + 1) : next), 0)
}
