import type { TiktokenEncoder } from '../../clients/tiktoken.ts'
import { ThermoclineError } from '../../errors.ts'
import { isTurnSpent, nextTurn, spend } from '../event-loop-share.ts'
import type { TokenCounter } from '../token-counter.ts'
import { openAITokenCounter } from './openai.ts'

// tiktoken's time for a run without a break grows with its square: 5 ms for a thousand ideographs, 300 for eight thousand.
const SLICE_CHARS = 1000
const LETTER = /\p{L}/u
const BLANK = 0x20

/**
 * Counts with an encoder of the package tiktoken that you hold.
 *
 * One of `o200k_base` or `cl100k_base` is counted as {@link openAITokenCounter} does, which gives the same counts and holds
 * no turn of the event loop for long. Any other gets long texts in slices of at most 1000 characters, cut between two
 * words, which changes no count. Where a thousand characters have no such place (a long run of one character, scripts
 * without blanks), the cut may cost a token or two: so such a counter is not {@link TokenCounter.exact}.
 *
 * The encoder stays yours to free.
 *
 * @throws ThermoclineError `INVALID_OPTION` for what is no encoder
 */
export function tiktokenCounter(encoder: TiktokenEncoder): TokenCounter {
  if (typeof encoder?.encode_ordinary !== 'function') {
    throw new ThermoclineError(
      'INVALID_OPTION',
      'Cannot make a token counter: expected an encoder, as get_encoding() of the package tiktoken gives',
    )
  }
  const { name } = encoder
  if (name === 'o200k_base' || name === 'cl100k_base') return openAITokenCounter({ encoding: name })
  const counter = counters.get(encoder) ?? Object.freeze(new SlicingCounter(encoder))
  counters.set(encoder, counter)
  return counter
}

// Counts are kept by counter, so an encoder has one.
const counters = new WeakMap<TiktokenEncoder, TokenCounter>()

class SlicingCounter implements TokenCounter {
  readonly name: string
  readonly exact = false
  readonly #encoder: TiktokenEncoder

  constructor(encoder: TiktokenEncoder) {
    this.name = encoder.name ?? 'tiktoken'
    this.#encoder = encoder
  }

  count(text: string): number | Promise<number> {
    if (typeof text !== 'string') {
      throw new ThermoclineError('INVALID_ARGUMENT', `Cannot count tokens: expected text: received ${typeof text}`)
    }
    return text.length <= SLICE_CHARS ? this.#countSlice(text) : this.#countSlices(text)
  }

  async #countSlices(text: string): Promise<number> {
    let tokens = 0
    for (let at = 0; at < text.length; ) {
      if (isTurnSpent()) await nextTurn()
      const end = sliceEnd(text, at)
      tokens += this.#countSlice(text.slice(at, end))
      at = end
    }
    return tokens
  }

  #countSlice(slice: string): number {
    // At worst: a thousand characters fill a turn.
    spend(1 + (slice.length * slice.length) / 50)
    return this.#encoder.encode_ordinary(slice).length
  }
}

/** Before the last blank between two letters, where every encoding of OpenAI's begins a new piece; else wherever it has to be. */
function sliceEnd(text: string, from: number): number {
  const limit = from + SLICE_CHARS
  if (limit >= text.length) return text.length
  for (let at = limit; at > from + 1; at -= 1) {
    if (text.charCodeAt(at) === BLANK && LETTER.test(text.charAt(at - 1)) && LETTER.test(text.charAt(at + 1))) return at
  }
  const splitsPair = (text.codePointAt(limit - 1) as number) > 0xffff
  return splitsPair ? limit - 1 : limit
}
