import { styleText } from 'node:util'

/** The stream that a {@link Terminal} writes to. */
export interface TerminalStream extends NodeJS.WritableStream {
  readonly columns?: number
}

/** Names of colours and weights, as `util.styleText` has them. */
export type Style = 'bold' | 'dim' | 'red' | 'yellow' | 'cyan' | 'green'

const DEFAULT_COLUMNS = 80
const LEAST_COLUMNS = 60
const MOST_COLUMNS = 100

/** Where a command writes. Colours only where a person looks and hasn't set NO_COLOR. */
export class Terminal {
  readonly #stream: TerminalStream

  constructor(stream: TerminalStream) {
    this.#stream = stream
  }

  /** Columns to fill; lines longer than about 100 are hard to read. */
  get columns(): number {
    return Math.min(MOST_COLUMNS, Math.max(LEAST_COLUMNS, this.#stream.columns ?? DEFAULT_COLUMNS))
  }

  line(text = ''): void {
    this.#stream.write(`${text}\n`)
  }

  paint(style: Style | readonly Style[], text: string): string {
    return styleText(style as Style | Style[], text, { stream: this.#stream })
  }
}
