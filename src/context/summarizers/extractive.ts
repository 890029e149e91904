import { checkNames } from '../../lib/check-names.ts'
import { throwIfAborted } from '../abort.ts'
import { isTurnSpent, nextTurn, spend } from '../event-loop-share.ts'
import { countText } from '../item-tokens.ts'
import { fitLines } from '../summaries/fit-lines.ts'
import { originOf } from '../summaries/item-origin.ts'
import { labelling } from '../summaries/labelling-summarizers.ts'
import { SentenceScores } from '../summaries/sentence-scores.ts'
import { MAX_ITEM_CHARS, sentencesOf } from '../summaries/sentences.ts'
import type { SummarizeRequest, Summarizer, Summary } from '../summaries/summarizer.ts'
import { formatLine, parseLines, type SummaryLine, summaryLine } from '../summaries/summary-lines.ts'
import type { TokenCounter } from '../token-counter.ts'
import { estimatingTokenCounter } from '../token-counters/estimate.ts'

/** Options of {@link extractiveSummarizer}. */
export interface ExtractiveSummarizerOptions {
  /** The summary keeps its budget by it. @default estimatingTokenCounter() */
  readonly tokenCounter?: TokenCounter
}

/** What the previous summary may have of the budget, where new sentences want the rest. */
const PREVIOUS_SHARE = 0.7
/** Sentences that compete with each other, and the most and the fewest of one item: ordering them holds the event loop. */
const MAX_SENTENCES = 20_000
const MAX_OF_ITEM = 200
const MIN_OF_ITEM = 2

/**
 * Summaries without a model or a network: the sentences that tell most, as they were said, each labelled with who said
 * it, in their order. The same input always gives the same summary, in any language. A sentence that stays in the summary
 * competes again each time it is extended, so old ones fade.
 */
export function extractiveSummarizer(options: ExtractiveSummarizerOptions = {}): Summarizer {
  checkNames('INVALID_OPTION', 'Cannot make a summarizer', options, ['tokenCounter'])
  const counter = options.tokenCounter ?? estimatingTokenCounter()
  return labelling(
    Object.freeze({
      name: 'extractive',
      summarize: (request: SummarizeRequest): Promise<Summary> => summarize(request, counter),
    }),
  )
}

/** All sentences that compete, those of the previous summary first. */
interface Candidates {
  readonly lines: readonly SummaryLine[]
  /** How many come from the previous summary. */
  readonly kept: number
  readonly scores: SentenceScores
}

async function summarize(request: SummarizeRequest, counter: TokenCounter): Promise<Summary> {
  const { maxTokens, signal } = request
  throwIfAborted(signal)
  const { lines, kept, scores } = await readCandidates(request)
  const costs: number[] = []
  for (const line of lines) {
    await share(line.text.length >> 2, signal)
    costs.push(await countText(counter, `${formatLine(line)}\n`))
  }
  const [old, fresh] = [scores.ranked(upTo(0, kept)), scores.ranked(upTo(kept, lines.length))]
  const filled = new Filled(costs, maxTokens)
  filled.fill(old, maxTokens * PREVIOUS_SHARE)
  filled.fill(fresh, maxTokens)
  filled.fill(old, maxTokens)
  const chosen = filled.inOrder.map((place) => lines[place]!)
  // Not even one sentence fits: the one that tells most is clipped.
  const best = lines[fresh[0] ?? old[0] ?? 0]
  const text = await fitLines(chosen.length === 0 && best !== undefined ? [best] : chosen, maxTokens, counter)
  return Object.freeze({ text, model: 'extractive', promptVersion: 0 })
}

async function readCandidates({ previous = '', items, signal }: SummarizeRequest): Promise<Candidates> {
  const scores = new SentenceScores()
  const lines = new Map<string, SummaryLine>()
  const add = async (line: SummaryLine | undefined, importance: number | undefined): Promise<void> => {
    if (line === undefined || lines.has(line.text)) return
    await share(line.text.length, signal)
    lines.set(line.text, line)
    scores.add({ ...line, ...(importance !== undefined && { importance }) })
  }
  for (const line of parseLines(previous)) await add(line, undefined)
  const kept = lines.size
  const perItem = Math.min(MAX_OF_ITEM, Math.max(MIN_OF_ITEM, Math.floor(MAX_SENTENCES / items.length)))
  for (const { content, importance, ...item } of items) {
    await share(Math.min(content.length, MAX_ITEM_CHARS) >> 1, signal)
    const origin = originOf(item)
    for (const sentence of sentencesOf(content, perItem)) await add(summaryLine(origin, sentence), importance)
  }
  return { lines: [...lines.values()], kept, scores }
}

/** Places that a budget has room for. */
class Filled {
  readonly #costs: readonly number[]
  readonly #places = new Set<number>()
  #left: number

  constructor(costs: readonly number[], maxTokens: number) {
    this.#costs = costs
    this.#left = maxTokens
  }

  get inOrder(): number[] {
    return [...this.#places].sort((a, b) => a - b)
  }

  /** Takes what fits into that much of what is left, the first ones first. */
  fill(places: readonly number[], maxTokens: number): void {
    let room = Math.min(this.#left, maxTokens)
    for (const place of places) {
      const cost = this.#costs[place]!
      if (cost > room || this.#places.has(place)) continue
      this.#places.add(place)
      room -= cost
      this.#left -= cost
    }
  }
}

function upTo(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i)
}

async function share(work: number, signal: AbortSignal | undefined): Promise<void> {
  spend(1 + work)
  if (!isTurnSpent()) return
  await nextTurn()
  throwIfAborted(signal)
}
