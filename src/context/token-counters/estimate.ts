import { ThermoclineError } from '../../errors.ts'
import { isTurnSpent, nextTurn, spend } from '../event-loop-share.ts'
import type { TokenCounter } from '../token-counter.ts'

// About 3 ms.
const AT_ONCE_CHARS = 100_000

/**
 * A rough count from the kinds of characters, for models whose tokenizer is not at hand, or to do without a package.
 * It needs nothing and takes some 30 ms for a megabyte. As it is not {@link TokenCounter.exact}, leave some
 * room below the model's true limit.
 *
 * Its `count` throws `INVALID_ARGUMENT` for what is not text.
 */
export function estimatingTokenCounter(): TokenCounter {
  return ESTIMATE
}

const ESTIMATE: TokenCounter = Object.freeze({
  name: 'estimate',
  exact: false,
  count(text: string): number | Promise<number> {
    if (typeof text !== 'string') {
      throw new ThermoclineError('INVALID_ARGUMENT', `Cannot count tokens: expected text: received ${typeof text}`)
    }
    return text.length <= AT_ONCE_CHARS ? estimateSlice(text) : estimateInSlices(text)
  },
})

async function estimateInSlices(text: string): Promise<number> {
  let tokens = 0
  for (let at = 0; at < text.length; at += AT_ONCE_CHARS) {
    if (isTurnSpent()) await nextTurn()
    tokens += estimateSlice(text.slice(at, at + AT_ONCE_CHARS))
  }
  return tokens
}

function estimateSlice(slice: string): number {
  spend(1 + (slice.length >> 3))
  return estimate(slice)
}

type Kind = 'lower' | 'upper' | 'digit' | 'blank' | 'lineEnd' | 'symbol' | 'alphabet' | 'wide'

function estimate(text: string): number {
  let tokens = 0
  let before: Kind = 'lineEnd'
  let at = 0
  while (at < text.length) {
    const kind = kindOf(text.charCodeAt(at))
    const start = at
    do at += 1
    while (at < text.length && kindOf(text.charCodeAt(at)) === kind)
    tokens += tokensOfRun(kind, at - start, before)
    before = kind
  }
  return text === '' ? 0 : Math.max(1, Math.ceil(tokens))
}

function kindOf(code: number): Kind {
  if (code > 0x7f) return code < 0x2000 ? 'alphabet' : 'wide'
  if (code >= 0x61 && code <= 0x7a) return 'lower'
  if (code >= 0x41 && code <= 0x5a) return 'upper'
  if (code >= 0x30 && code <= 0x39) return 'digit'
  if (code === 0x0a || code === 0x0d) return 'lineEnd'
  return code <= 0x20 ? 'blank' : 'symbol'
}

/** The figures come from comparing with o200k_base over prose, code, JSON and listings; docs/context.md has the errors. */
function tokensOfRun(kind: Kind, length: number, before: Kind): number {
  switch (kind) {
    case 'lower':
      return Math.max(1, length / 7)
    // One capital goes with the letters after it.
    case 'upper':
      return length === 1 ? 0.2 : Math.max(1, length / 4)
    // A blank goes with the word after it, but not with a number.
    case 'digit':
      return Math.ceil(length / 3) + (before === 'blank' ? 1 : 0)
    case 'blank':
      return length === 1 ? 0 : 1 + length / 80
    case 'lineEnd':
      return before === 'symbol' ? 0 : 1
    case 'symbol':
      return Math.max(1, length / 2.5)
    case 'alphabet':
      return Math.max(1, length / 3.5)
    case 'wide':
      return length * 0.75
    default:
      return kind satisfies never
  }
}
