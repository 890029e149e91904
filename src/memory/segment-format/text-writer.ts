import { swapSentenceCase } from './sentence-case.ts'

/** Ends each text. */
export const TEXT_END = '\0'
/** Begins an escape: four hexadecimal digits of a UTF-16 unit follow. */
export const ESCAPE = '\x01'
// A lone surrogate has no UTF-8 form; with the flag u, paired ones don't match.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these two have a meaning in the stored form
const NEEDS_ESCAPE = /[\0\x01\ud800-\udfff]/u
const EVERY_NEEDS_ESCAPE = new RegExp(NEEDS_ESCAPE.source, 'gu')

/** Collects the texts of all columns, in the order in which they will be read. */
export class TextWriter {
  readonly #texts: string[] = []
  #escaped = false

  push(text: string): void {
    this.#escaped ||= NEEDS_ESCAPE.test(text)
    this.#texts.push(text)
  }

  /** True where a text holds what must be escaped. Then {@link ESCAPE} has its meaning in all of them. */
  get escaped(): boolean {
    return this.#escaped
  }

  finish(): Uint8Array {
    const texts = this.#escaped ? this.#texts.map(escapeText) : this.#texts
    const bytes = Buffer.from(texts.length === 0 ? '' : texts.join(TEXT_END) + TEXT_END)
    swapSentenceCase(bytes)
    return bytes
  }
}

function escapeText(text: string): string {
  return text.replace(EVERY_NEEDS_ESCAPE, (unit) => ESCAPE + unit.charCodeAt(0).toString(16).padStart(4, '0'))
}
