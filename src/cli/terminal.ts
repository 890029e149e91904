import { once } from 'node:events'
import { styleText } from 'node:util'

/** The stream that a {@link Terminal} writes to. */
export interface TerminalStream extends NodeJS.WritableStream {
  readonly columns?: number
  readonly isTTY?: boolean
}

/** Names of colours and weights, as `util.styleText` has them. */
export type Style = 'bold' | 'dim' | 'red' | 'yellow' | 'cyan' | 'green'

const DEFAULT_COLUMNS = 80
const LEAST_COLUMNS = 60
const MOST_COLUMNS = 100
const CLEAR_LINE = '\r\u001b[K'

/** Where a command writes. Colours only where a person looks and hasn't set NO_COLOR. */
export class Terminal {
  readonly #stream: TerminalStream

  constructor(stream: TerminalStream) {
    this.#stream = stream
  }

  /** Whether a person looks, rather than a file or another program. */
  get isInteractive(): boolean {
    return this.#stream.isTTY === true
  }

  /** Columns to fill; lines longer than about 100 are hard to read. Some terminals say 0 for not knowing. */
  get columns(): number {
    return Math.min(MOST_COLUMNS, Math.max(LEAST_COLUMNS, this.#stream.columns || DEFAULT_COLUMNS))
  }

  line(text = ''): void {
    this.#stream.write(`${text}\n`)
  }

  /** A line of many: resolves when the reader has room for the next. */
  async nextLine(text: string): Promise<void> {
    if (!this.#stream.write(`${text}\n`)) await once(this.#stream, 'drain')
  }

  /** Replaces the line that the cursor is in, and stays in it. Only where a person looks. */
  redraw(text: string): void {
    if (this.isInteractive) this.#stream.write(`${CLEAR_LINE}${text}`)
  }

  /** Writes a question and stays behind it. */
  ask(text: string): void {
    this.#stream.write(text)
  }

  paint(style: Style | readonly Style[], text: string): string {
    return styleText(style as Style | Style[], text, { stream: this.#stream })
  }
}
