import { ThermoclineError } from '../../errors.ts'
import type { MemoryItem } from '../../memory/memory-item.ts'
import { throwIfAborted } from '../abort.ts'
import { KnownTexts } from '../known-texts.ts'
import type { Embedder } from './embedder.ts'
import { scaleToHighest } from './score-columns.ts'

export interface Reranked {
  readonly scores: Float64Array
  /** Why the embedder was of no use, and the scores are those of before. */
  readonly failure?: unknown
}

const CANDIDATES = 100
/** What meaning counts beside words. */
const MEANING = 0.5

// Some eight thousand texts, with vectors of 768 numbers.
const MAX_BYTES = 64 * 1024 * 1024
// By measure: a list or a typed array without its numbers.
const VECTOR_BYTES = 200

// By embedder, not by pruner, and by text: each is paid for.
const vectors = new WeakMap<Embedder, KnownTexts<ArrayLike<number>>>()

/**
 * The scores with those of the best 100 items, the newest of equals first, blended with how near each is to the query in
 * meaning. Each text is embedded once. Where the embedder fails, the scores are as they were.
 *
 * @throws ThermoclineError `ABORTED`
 */
export async function rerank(
  items: readonly MemoryItem[],
  scores: Float64Array,
  query: string,
  embedder: Embedder,
  signal: AbortSignal,
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

/** What is known of an embedder's vectors. */
export function knownVectors(embedder: Embedder): KnownTexts<ArrayLike<number>> {
  const known = vectors.get(embedder)
  if (known !== undefined) return known
  const fresh = new KnownTexts<ArrayLike<number>>({ maxBytes: MAX_BYTES, valueBytes: vectorBytes })
  vectors.set(embedder, fresh)
  return fresh
}

function vectorBytes(vector: ArrayLike<number>): number {
  return VECTOR_BYTES + (ArrayBuffer.isView(vector) ? vector.byteLength : 8 * vector.length)
}

async function embedItems(
  embedder: Embedder,
  items: readonly MemoryItem[],
  signal: AbortSignal,
): Promise<readonly ArrayLike<number>[]> {
  const known = knownVectors(embedder)
  const found = new Map(items.map(({ content }) => [content, known.get(content)]))
  const missing = [...found.keys()].filter((content) => found.get(content) === undefined)
  const made = missing.length === 0 ? [] : await embedAll(embedder, missing, 'item', signal)
  for (const [i, content] of missing.entries()) {
    known.set(content, made[i]!)
    found.set(content, made[i]!)
  }
  return items.map(({ content }) => found.get(content)!)
}

async function embedAll(
  embedder: Embedder,
  texts: readonly string[],
  kind: 'query' | 'item',
  signal: AbortSignal,
): Promise<readonly ArrayLike<number>[]> {
  const made = await embedder.embed(texts, { kind, signal })
  const isGood = Array.isArray(made) && made.length === texts.length && made.every(isVector)
  if (!isGood) throw badAnswer(embedder, `${texts.length} lists of finite numbers`)
  return made
}

/** Cosines. */
function nearness(wanted: ArrayLike<number>, found: readonly ArrayLike<number>[]): readonly number[] {
  return found.map((vector) => {
    const length = Math.sqrt(dot(wanted, wanted) * dot(vector, vector))
    return length > 0 ? dot(wanted, vector) / length : 0
  })
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * (b[i] ?? 0)
  return sum
}

function isVector(value: unknown): boolean {
  const isList = Array.isArray(value) || value instanceof Float32Array || value instanceof Float64Array
  return isList && value.length > 0 && value.every((number: unknown) => Number.isFinite(number))
}

function badAnswer({ name }: Embedder, expected: string): ThermoclineError {
  return new ThermoclineError('MODEL_FAILED', `Cannot use embedder ${name}: expected ${expected}`, {
    details: { reason: 'malformed', model: name },
  })
}
