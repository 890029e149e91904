import { randomBytes } from 'node:crypto'
import { checkNames } from '../../lib/check-names.ts'
import { checkNumberOption, invalidOption } from '../../lib/check-options.ts'
import { throwIfAborted } from '../abort.ts'
import type { RandomBytes } from '../summaries/data-block.ts'
import { fitLines } from '../summaries/fit-lines.ts'
import { labelling } from '../summaries/labelling-summarizers.ts'
import { PromptChunks } from '../summaries/prompt-chunks.ts'
import type { SummarizeRequest, Summarizer, Summary } from '../summaries/summarizer.ts'
import { readAnswer } from '../summaries/summary-answer.ts'
import { parseLines } from '../summaries/summary-lines.ts'
import type { SummaryModel } from '../summaries/summary-model.ts'
import { noteEntry, PROMPT_VERSION, type PromptEntry, summaryPrompt } from '../summaries/summary-prompt.ts'
import type { TokenCounter } from '../token-counter.ts'
import { estimatingTokenCounter } from '../token-counters/estimate.ts'
import { extractiveSummarizer } from './extractive.ts'

/** Options of {@link modelSummarizer}. */
export interface ModelSummarizerOptions {
  /** Asked once per request. Deadlines and repeats are its own. */
  readonly model: SummaryModel
  /** Counts what is sent and what comes back; the summary keeps its budget by it. @default estimatingTokenCounter() */
  readonly tokenCounter?: TokenCounter
  /** Most tokens of items in one request, 500 to 1,000,000; the summary so far comes on top. @default 8000 */
  readonly maxInputTokens?: number
  /**
   * Most requests for one summary, 1 to 1000. Of what is left over, the oldest items, an extractive summary is sent.
   * @default 16
   */
  readonly maxRequests?: number
  /** Where boundaries of data come from. Whoever can foretell it can forge the end of the data. @default node:crypto */
  readonly randomBytes?: RandomBytes
}

export const MODEL_SUMMARIZER_DEFAULTS: { readonly maxInputTokens: number; readonly maxRequests: number } =
  Object.freeze({ maxInputTokens: 8000, maxRequests: 16 })

/**
 * Summaries by a language model, which gets what is new and the summary so far, never the whole conversation again. An
 * input that is too large goes in several requests, each of which extends the summary of the last.
 *
 * The model is given data between random boundaries, no tools, and a schema for its answer. What it says is checked: a
 * point that cites no line of the data is dropped, each is labelled with who said it, and links of tools and the web are
 * cut down to their hosts. That does not keep a model from repeating a lie as what somebody said; see docs/summaries.md.
 *
 * Its `summarize` throws `MODEL_FAILED` (also for answers that can't be used: `malformed`, `empty`), `ABORTED`, and what
 * the model throws.
 * @throws ThermoclineError `INVALID_OPTION`
 */
export function modelSummarizer(options: ModelSummarizerOptions): Summarizer {
  checkNames('INVALID_OPTION', 'Cannot make a summarizer', options, [
    'model',
    'tokenCounter',
    'maxInputTokens',
    'maxRequests',
    'randomBytes',
  ])
  const { model } = options
  if (typeof model !== 'object' || model === null || typeof model.generate !== 'function') {
    throw invalidOption('model', '{ name, generate }', model)
  }
  checkNumberOption('maxInputTokens', options.maxInputTokens ?? MODEL_SUMMARIZER_DEFAULTS.maxInputTokens, [
    500,
    1_000_000,
    true,
  ])
  checkNumberOption('maxRequests', options.maxRequests ?? MODEL_SUMMARIZER_DEFAULTS.maxRequests, [1, 1000, true])
  return labelling(new ModelSummarizer(options))
}

class ModelSummarizer implements Summarizer {
  readonly #model: SummaryModel
  readonly #counter: TokenCounter
  readonly #maxInputTokens: number
  readonly #maxRequests: number
  readonly #randomBytes: RandomBytes
  readonly #condenser: Summarizer

  constructor(options: ModelSummarizerOptions) {
    this.#model = options.model
    this.#counter = options.tokenCounter ?? estimatingTokenCounter()
    this.#maxInputTokens = options.maxInputTokens ?? MODEL_SUMMARIZER_DEFAULTS.maxInputTokens
    this.#maxRequests = options.maxRequests ?? MODEL_SUMMARIZER_DEFAULTS.maxRequests
    this.#randomBytes = options.randomBytes ?? randomBytes
    this.#condenser = extractiveSummarizer({ tokenCounter: this.#counter })
  }

  get name(): string {
    return this.#model.name
  }

  async summarize(request: SummarizeRequest): Promise<Summary> {
    const { items, maxTokens, signal } = request
    const input = new PromptChunks(this.#counter, this.#maxInputTokens, signal)
    for (const item of items) await input.add(item)
    let previous = request.previous
    const skipped = input.chunks.slice(0, -this.#maxRequests)
    if (skipped.length > 0) {
      const older = items.slice(
        0,
        skipped.reduce((count, chunk) => count + chunk.itemsBegun, 0),
      )
      previous = (await this.#condenser.summarize({ ...request, items: older })).text
    }
    const usage = new Usage()
    for (const { entries } of input.chunks.slice(skipped.length)) {
      previous = await this.#extend(previous, entries, maxTokens, usage, signal)
    }
    return { text: previous ?? '', model: this.#model.name, promptVersion: PROMPT_VERSION, ...usage.total }
  }

  async #extend(
    previous: string | undefined,
    items: readonly PromptEntry[],
    maxTokens: number,
    usage: Usage,
    signal: AbortSignal | undefined,
  ): Promise<string> {
    throwIfAborted(signal)
    const before = previous === undefined ? [] : parseLines(previous).map(noteEntry)
    const { entries, ...prompt } = summaryPrompt([...before, ...items], maxTokens, this.#randomBytes)
    const answer = await this.#model.generate(prompt, signal ?? new AbortController().signal)
    usage.add(answer)
    return fitLines(await readAnswer(answer.text, entries, this.#model.name), maxTokens, this.#counter)
  }
}

/** Tokens of several requests, as far as each of them says. */
class Usage {
  #inputTokens: number | undefined = 0
  #outputTokens: number | undefined = 0

  add({ inputTokens, outputTokens }: Pick<Summary, 'inputTokens' | 'outputTokens'>): void {
    this.#inputTokens = sum(this.#inputTokens, inputTokens)
    this.#outputTokens = sum(this.#outputTokens, outputTokens)
  }

  get total(): Pick<Summary, 'inputTokens' | 'outputTokens'> {
    return {
      ...(this.#inputTokens !== undefined && { inputTokens: this.#inputTokens }),
      ...(this.#outputTokens !== undefined && { outputTokens: this.#outputTokens }),
    }
  }
}

function sum(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a + b
}
