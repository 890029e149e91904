import { ThermoclineError } from '../../errors.ts'
import { TermReader } from '../../search/term-reader.ts'
import { isTurnSpent, nextTurn, spend } from '../event-loop-share.ts'
import { leastTrusted } from './item-origin.ts'
import { type SummaryLine, summaryLine } from './summary-lines.ts'
import type { ModelFailure } from './summary-model.ts'
import type { PromptEntry } from './summary-prompt.ts'

interface Point {
  readonly text: string
  readonly from: readonly number[]
}

/** More is no summary. */
const MAX_POINTS = 1000
/** How much of a point's words an entry must have for the point to be taken from it, though the model cites others. */
const TAKEN_SHARE = 0.6

/**
 * What a model's answer says, each point once, in its order. A point that cites no line of the data, or mostly others, is dropped. Its
 * origin is ours to say: the least trusted of what it cites, and of what has more of its words than all that it cites.
 * @throws ThermoclineError `MODEL_FAILED` where the answer isn't what the schema asks for, or nothing of it is left
 */
export async function readAnswer(
  answer: string,
  entries: ReadonlyMap<number, PromptEntry>,
  model: string,
): Promise<SummaryLine[]> {
  const points = parsePoints(answer, model)
  const words = await EntryWords.of(entries.values())
  const lines = new Map<string, SummaryLine>()
  for (const { text, from } of points) {
    if (isTurnSpent()) await nextTurn()
    spend(1 + text.length)
    const cited = from.map((n) => entries.get(n)).filter((entry) => entry !== undefined)
    // Whoever cites all numbers that there are hits one.
    if (cited.length * 2 < from.length || cited.length === 0) continue
    const sources = [...cited, ...words.likelierSources(text, cited)]
    const line = summaryLine(leastTrusted(sources.map(({ origin }) => origin)), text)
    if (line !== undefined && !lines.has(line.text)) lines.set(line.text, line)
  }
  if (lines.size > 0) return [...lines.values()]
  if (points.length === 0) throw failed(model, 'empty', 'expected points: received none')
  throw failed(model, 'malformed', 'expected points that cite lines of the data: received none that does')
}

function parsePoints(answer: string, model: string): readonly Point[] {
  let parsed: unknown
  try {
    parsed = JSON.parse(answer)
  } catch (cause) {
    // Neither the answer nor the parser's message, which quotes it: they may hold what users said.
    throw failed(
      model,
      answer.trim() === '' ? 'empty' : 'malformed',
      `expected JSON: received ${answer.length} characters that are none`,
      cause instanceof SyntaxError ? undefined : cause,
    )
  }
  const points = typeof parsed === 'object' && parsed !== null ? Reflect.get(parsed, 'points') : undefined
  if (!Array.isArray(points) || points.length > MAX_POINTS || !points.every(isPoint)) {
    throw failed(
      model,
      'malformed',
      `expected at most ${MAX_POINTS} points with text and from: received something else`,
    )
  }
  return points
}

function isPoint(value: unknown): value is Point {
  if (typeof value !== 'object' || value === null) return false
  const from = Reflect.get(value, 'from')
  return typeof Reflect.get(value, 'text') === 'string' && Array.isArray(from) && from.every(Number.isInteger)
}

/** Which entries have which words. */
class EntryWords {
  readonly #entriesWith = new Map<string, Set<PromptEntry>>()
  readonly #reader: TermReader
  #emit: (term: string) => void = () => {}

  private constructor() {
    this.#reader = new TermReader((term) => this.#emit(term))
  }

  static async of(entries: Iterable<PromptEntry>): Promise<EntryWords> {
    const words = new EntryWords()
    for (const entry of entries) {
      spend(1 + entry.text.length)
      if (isTurnSpent()) await nextTurn()
      words.#add(entry)
    }
    return words
  }

  #add(entry: PromptEntry): void {
    this.#emit = (term) => {
      const having = this.#entriesWith.get(term)
      if (having === undefined) this.#entriesWith.set(term, new Set([entry]))
      else having.add(entry)
    }
    this.#reader.read(entry.text)
  }

  /** Entries that have most words of a text, and more of them than any cited one. */
  likelierSources(text: string, cited: readonly PromptEntry[]): readonly PromptEntry[] {
    const terms = new Set<string>()
    this.#emit = (term) => terms.add(term)
    this.#reader.read(text)
    const shared = new Map<PromptEntry, number>()
    for (const term of terms) {
      for (const entry of this.#entriesWith.get(term) ?? []) shared.set(entry, (shared.get(entry) ?? 0) + 1)
    }
    const most = Math.max(...cited.map((entry) => shared.get(entry) ?? 0))
    return [...shared].filter(([, count]) => count > most && count >= terms.size * TAKEN_SHARE).map(([entry]) => entry)
  }
}

function failed(model: string, reason: ModelFailure, what: string, cause?: unknown): ThermoclineError {
  return new ThermoclineError('MODEL_FAILED', `Cannot summarize with ${model}: ${what}`, {
    ...(cause !== undefined && { cause }),
    details: { model, reason },
  })
}
