import type { Clock } from '../index.ts'
import type { Terminal } from './terminal.ts'
import { clip, formatCount } from './text-layout.ts'

export interface ProgressOptions {
  /** What is being done: `sweeping`. */
  readonly label: string
  /** What is counted: `items`. */
  readonly unit: string
  /** Says nothing at all. @default false */
  readonly quiet?: boolean
  /** @default the process's own, which never steps back */
  readonly clock?: Pick<Clock, 'now'>
}

/** How far it has come. */
export interface ProgressState {
  readonly done: number
  /** Absent where nobody knows. */
  readonly total?: number
  /** Share of the work, where that is measured by something other than `done`. @default done / total */
  readonly ratio?: number
}

const REDRAW_MS = 100
/** Between two lines where no line can be redrawn. */
const LINE_MS = 10_000
/** Before that, nobody can tell how long it will take. */
const FORECAST_MS = 1000
const MOST_BAR_COLUMNS = 20
const LEAST_BAR_COLUMNS = 6
/** What stands beside the bar, at about the most. */
const TEXT_COLUMNS = 60

/** A bar that a person sees, or a line now and then for a log. Draws when it is told of progress, never by itself. */
export class Progress {
  readonly #terminal: Terminal
  readonly #options: ProgressOptions
  readonly #clock: Pick<Clock, 'now'>
  readonly #startedAt: number
  #drawnAt: number
  #isDrawn = false

  constructor(terminal: Terminal, options: ProgressOptions) {
    this.#terminal = terminal
    this.#options = options
    this.#clock = options.clock ?? performance
    this.#startedAt = this.#clock.now()
    // The first draw comes after one period: what takes less needs none.
    this.#drawnAt = this.#startedAt
  }

  update(state: ProgressState): void {
    const now = this.#clock.now()
    const everyMs = this.#terminal.isInteractive ? REDRAW_MS : LINE_MS
    if (this.#options.quiet || now - this.#drawnAt < everyMs) return
    this.#drawnAt = now
    const line = clip(this.#describe(state, now - this.#startedAt), this.#terminal.columns - 1)
    if (this.#terminal.isInteractive) this.#terminal.redraw(line)
    else this.#terminal.line(line)
    this.#isDrawn = true
  }

  /** Takes the bar away. Call it in any case, before anything else is written. */
  end(): void {
    if (this.#isDrawn) this.#terminal.redraw('')
    this.#isDrawn = false
  }

  #describe({ done, total, ratio = total && done / total }: ProgressState, elapsedMs: number): string {
    const { label, unit } = this.#options
    const share = ratio === undefined ? undefined : Math.min(1, Math.max(0, ratio))
    const count = total === undefined ? formatCount(done) : `${formatCount(done)} of ${formatCount(total)}`
    const parts = [label]
    if (share !== undefined) parts.push(`${bar(share, this.#terminal.columns)} ${Math.floor(share * 100)}%`)
    parts.push(`${count} ${unit}`)
    if (elapsedMs > 0) parts.push(`${formatCount(Math.round((done / elapsedMs) * 1000))}/s`)
    if (share !== undefined && share > 0 && elapsedMs >= FORECAST_MS)
      parts.push(`${formatDuration((elapsedMs / share) * (1 - share))} left`)
    return parts.join(' ')
  }
}

/** `0:42`, `12:05`, `1:02:03`. */
export function formatDuration(ms: number): string {
  const seconds = Math.ceil(ms / 1000)
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  if (parts[0] === 0) parts.shift()
  return parts.map((part, i) => (i === 0 ? String(part) : String(part).padStart(2, '0'))).join(':')
}

function bar(share: number, columns: number): string {
  const width = Math.min(MOST_BAR_COLUMNS, Math.max(LEAST_BAR_COLUMNS, columns - TEXT_COLUMNS))
  const full = Math.round(share * width)
  return '█'.repeat(full) + '░'.repeat(width - full)
}
