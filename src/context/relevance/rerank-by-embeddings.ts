import { ThermoclineError } from '../../errors.ts'
import type { MemoryItem } from '../../memory/memory-item.ts'
import { throwIfAborted } from '../abort.ts'
import { scaleToHighest } from './score-columns.ts'

/** Makes vectors of texts, near each other for texts that mean about the same. */
export interface Embedder {
  readonly name: string
  /**
   * One vector for each text, in their order, all of one length. Called with at most 100 items at once.
   * @param options.kind Whether the texts are searched with or searched: some models treat the two differently
   */
  embed(
    texts: readonly string[],
    options: { readonly kind: 'query' | 'item'; readonly signal?: AbortSignal },
  ): Promise<readonly (readonly number[])[]>
}

export interface Reranked {
  readonly scores: Float64Array
  /** Why the embedder was of no use, and the scores are those of before. */
  readonly failure?: unknown
}

interface Embedded {
  readonly content: string
  readonly vector: readonly number[]
}

const CANDIDATES = 100
/** What meaning counts beside words. */
const MEANING = 0.5

// By embedder, not by pruner, and for as long as the item is there.
const vectors = new WeakMap<Embedder, WeakMap<MemoryItem, Embedded>>()

/**
 * The scores with those of the best 100 items, the newest of equals first, blended with how near each is to the query in
 * meaning. Each item is embedded once. Where the embedder fails, the scores are as they were.
 *
 * @throws ThermoclineError `ABORTED`
 */
export async function rerank(
  items: readonly MemoryItem[],
  scores: Float64Array,
  query: string,
  embedder: Embedder,
  signal: AbortSignal | undefined,
): Promise<Reranked> {
  const places = [...items.keys()].sort((a, b) => scores[b]! - scores[a]! || b - a).slice(0, CANDIDATES)
  if (places.length === 0) return { scores }
  try {
    const candidates = places.map((place) => items[place]!)
    const [wanted, found] = await Promise.all([
      embedAll(embedder, [query], 'query', signal),
      embedItems(embedder, candidates, signal),
    ])
    return { scores: blend(scores, places, nearness(wanted[0]!, found)) }
  } catch (failure) {
    throwIfAborted(signal)
    return { scores, failure }
  }
}

function blend(scores: Float64Array, places: readonly number[], meaning: readonly number[]): Float64Array {
  const blended = scores.map((score) => (1 - MEANING) * score)
  // Models differ in how near even unrelated texts are: only differences count.
  const least = meaning.reduce((a, b) => Math.min(a, b))
  const range = meaning.reduce((a, b) => Math.max(a, b)) - least
  if (range > 0) for (const [i, place] of places.entries()) blended[place]! += (MEANING * (meaning[i]! - least)) / range
  scaleToHighest(blended, 1)
  return blended
}

async function embedItems(
  embedder: Embedder,
  items: readonly MemoryItem[],
  signal: AbortSignal | undefined,
): Promise<readonly (readonly number[])[]> {
  let known = vectors.get(embedder)
  if (known === undefined) {
    known = new WeakMap()
    vectors.set(embedder, known)
  }
  const missing = items.filter((item) => known.get(item)?.content !== item.content)
  const contents = missing.map(({ content }) => content)
  const made = missing.length === 0 ? [] : await embedAll(embedder, contents, 'item', signal)
  for (const [i, item] of missing.entries()) known.set(item, { content: contents[i]!, vector: made[i]! })
  return items.map((item) => known.get(item)!.vector)
}

async function embedAll(
  embedder: Embedder,
  texts: readonly string[],
  kind: 'query' | 'item',
  signal: AbortSignal | undefined,
): Promise<readonly (readonly number[])[]> {
  const made = await embedder.embed(texts, { kind, ...(signal !== undefined && { signal }) })
  const isGood = Array.isArray(made) && made.length === texts.length && made.every(isVector)
  if (!isGood) throw badAnswer(embedder, `${texts.length} arrays of finite numbers`)
  return made
}

/** Cosines. */
function nearness(wanted: readonly number[], found: readonly (readonly number[])[]): readonly number[] {
  return found.map((vector) => {
    const length = Math.sqrt(dot(wanted, wanted) * dot(vector, vector))
    return length > 0 ? dot(wanted, vector) / length : 0
  })
}

function dot(a: readonly number[], b: readonly number[]): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * (b[i] ?? 0)
  return sum
}

function isVector(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((number) => Number.isFinite(number))
}

function badAnswer({ name }: Embedder, expected: string): ThermoclineError {
  return new ThermoclineError('MODEL_FAILED', `Cannot use embedder ${name}: expected ${expected}`, {
    details: { reason: 'malformed', model: name },
  })
}
