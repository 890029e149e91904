import type { OpenAIEncoding } from '../../clients/gpt-tokenizer.ts'
import { ThermoclineError } from '../../errors.ts'
import { checkNames } from '../../lib/check-names.ts'
import { checkWordOption } from '../../lib/check-options.ts'
import { isTurnSpent, nextTurn, spend } from '../event-loop-share.ts'
import type { TokenCounter } from '../token-counter.ts'
import { loadRankTable, RANK_SOURCES, type RankSource } from './load-rank-table.ts'
import { openAIEncodingOf } from './openai-encoding.ts'
import { PRE_TOKEN_ENDS } from './pre-tokens.ts'
import type { RankTable } from './rank-table.ts'
import { TextCount } from './text-count.ts'

export interface OpenAITokenCounterOptions {
  /** `o200k_base` for GPT-4o and all since, `cl100k_base` for GPT-4 and GPT-3.5. @default "o200k_base" */
  readonly encoding?: OpenAIEncoding
  /** In place of `encoding`: a model, such as `gpt-5` or `gpt-4-turbo`, whose encoding is meant. */
  readonly model?: string
  /** Which package's ranks are read. They are the same. @default the first that is installed, gpt-tokenizer before tiktoken */
  readonly source?: RankSource
}

// A text of that length, whatever is in it, takes at most a few milliseconds, and so is answered at once.
const AT_ONCE_CHARS = 4096
const UNITS_PER_SLICE = 3000

/**
 * Counts as OpenAI's tiktoken does, to the token, in time that grows with the text alone: long runs of one character,
 * which stop other tokenizers for seconds, are counted in slices between which the process goes on. A single word or run of
 * more than two million characters is cut there, which may cost a token or two. What looks like a special token
 * (`<|endoftext|>`) is counted as the plain text that it is in a message.
 *
 * Needs the package `gpt-tokenizer` or `tiktoken`, whose rank files it reads at the first count (about 0.1 s and 13 MB of
 * heap, once for each encoding and process). The same counter is given each time that the same is asked for.
 *
 * @throws ThermoclineError `INVALID_OPTION` for an encoding, a model or a source that it doesn't know. Its `count` rejects
 * with `PEER_MISSING` where neither package is installed, and throws `INVALID_ARGUMENT` for what is not text.
 */
export function openAITokenCounter(options: OpenAITokenCounterOptions = {}): TokenCounter {
  checkNames('INVALID_OPTION', 'Cannot make a token counter', options, ['encoding', 'model', 'source'])
  const { model, source } = options
  if (model !== undefined && options.encoding !== undefined) {
    throw new ThermoclineError(
      'INVALID_OPTION',
      'Cannot make a token counter: expected encoding or model: received both',
    )
  }
  const encoding = options.encoding ?? (model === undefined ? 'o200k_base' : openAIEncodingOf(model))
  checkWordOption('encoding', encoding, Object.keys(PRE_TOKEN_ENDS))
  if (source !== undefined) checkWordOption('source', source, RANK_SOURCES)
  const name = `${encoding} ${source ?? ''}`
  const counter = counters.get(name) ?? Object.freeze(new OpenAITokenCounter(encoding, source))
  counters.set(name, counter)
  return counter
}

// At most one for each encoding and source.
const counters = new Map<string, TokenCounter>()

class OpenAITokenCounter implements TokenCounter {
  readonly name: OpenAIEncoding
  readonly exact = true
  readonly #sources: readonly RankSource[]
  #table: RankTable | undefined
  #loading: Promise<RankTable> | undefined

  constructor(encoding: OpenAIEncoding, source: RankSource | undefined) {
    this.name = encoding
    this.#sources = source === undefined ? RANK_SOURCES : [source]
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
    this.#loading ??= loadRankTable(this.name, this.#sources).then(
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
