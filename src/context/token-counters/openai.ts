import { type OpenAIEncoding, readOpenAIRanks } from '../../clients/gpt-tokenizer.ts'
import { ThermoclineError } from '../../errors.ts'
import { isTurnSpent, nextTurn, spend } from '../event-loop-share.ts'
import type { TokenCounter } from '../token-counter.ts'
import { PRE_TOKEN_ENDS } from './pre-tokens.ts'
import { parseRankTable, type RankTable } from './rank-table.ts'
import { TextCount } from './text-count.ts'

export interface OpenAITokenCounterOptions {
  /** `o200k_base` for GPT-4o and all since, `cl100k_base` for GPT-4 and GPT-3.5. @default "o200k_base" */
  readonly encoding?: OpenAIEncoding
}

// A text of that length, whatever is in it, takes at most a few milliseconds, and so is answered at once.
const AT_ONCE_CHARS = 4096
const UNITS_PER_SLICE = 3000

/**
 * Counts as OpenAI's tiktoken does, to the token, in time that grows with the text alone: long runs of one character,
 * which stop other tokenizers for seconds, are counted in slices between which the process goes on. What looks like a
 * special token (`<|endoftext|>`) is counted as the plain text that it is in a message.
 *
 * Needs the package `gpt-tokenizer`, whose rank files it reads at the first count (about 0.1 s and 13 MB of heap, once
 * for each encoding and process). The same counter is given each time that an encoding is asked for.
 *
 * @throws ThermoclineError `INVALID_OPTION` for an encoding that is not one of the two. Its `count` rejects with
 * `PEER_MISSING` where gpt-tokenizer is not installed, and throws `INVALID_ARGUMENT` for what is not text.
 */
export function openAITokenCounter(options: OpenAITokenCounterOptions = {}): TokenCounter {
  const counter = COUNTERS.get(options.encoding ?? 'o200k_base')
  if (counter !== undefined) return counter
  throw new ThermoclineError(
    'INVALID_OPTION',
    `Cannot use encoding: expected ${[...COUNTERS.keys()].join(' or ')}: received ${String(options.encoding)}`,
  )
}

class OpenAITokenCounter implements TokenCounter {
  readonly name: OpenAIEncoding
  readonly exact = true
  #table: RankTable | undefined
  #loading: Promise<RankTable> | undefined

  constructor(encoding: OpenAIEncoding) {
    this.name = encoding
  }

  count(text: string): number | Promise<number> {
    if (typeof text !== 'string') {
      throw new ThermoclineError('INVALID_ARGUMENT', `Cannot count tokens: expected text: received ${typeof text}`)
    }
    if (this.#table === undefined || text.length > AT_ONCE_CHARS) return this.#countInSlices(text)
    const run = new TextCount(text, this.#table, PRE_TOKEN_ENDS[this.name])
    run.advance(Number.POSITIVE_INFINITY)
    spend(run.work)
    return run.tokens
  }

  async #countInSlices(text: string): Promise<number> {
    const table = this.#table ?? (await this.#load())
    const run = new TextCount(text, table, PRE_TOKEN_ENDS[this.name])
    for (;;) {
      if (isTurnSpent()) await nextTurn()
      const before = run.work
      const finished = run.advance(UNITS_PER_SLICE)
      spend(run.work - before)
      if (finished) return run.tokens
    }
  }

  #load(): Promise<RankTable> {
    this.#loading ??= readOpenAIRanks(this.name)
      .then(parseRankTable)
      .then(
        (table) => {
          this.#table = table
          return table
        },
        (error: unknown) => {
          // So that a later count tries again.
          this.#loading = undefined
          throw error
        },
      )
    return this.#loading
  }
}

const COUNTERS: ReadonlyMap<string, TokenCounter> = new Map(
  (['o200k_base', 'cl100k_base'] as const).map((encoding) => [
    encoding,
    Object.freeze(new OpenAITokenCounter(encoding)),
  ]),
)
