import { describe, expect, it } from 'vitest'
import type { Embedder } from '../../../src/context/relevance/embedder.ts'
import { rerank } from '../../../src/context/relevance/rerank-by-embeddings.ts'
import { item } from '../items.ts'

const MEANINGS = ['animal', 'vehicle', 'food']
const WORDS: Record<string, string> = { dog: 'animal', puppy: 'animal', car: 'vehicle', truck: 'vehicle', soup: 'food' }

/** Knows what a few words mean. */
class WordEmbedder implements Embedder {
  readonly name = 'words'
  readonly asked: string[] = []

  async embed(texts: readonly string[], { kind }: { kind: 'query' | 'item' }): Promise<number[][]> {
    this.asked.push(`${kind} ${texts.length}`)
    return texts.map((text) =>
      MEANINGS.map((meaning) => text.split(' ').filter((word) => WORDS[word] === meaning).length),
    )
  }
}

const ITEMS = ['my car is red', 'the puppy sleeps', 'soup of the day'].map((text) => item(text))
const NEVER = new AbortController().signal
const SCORES = Float64Array.of(1, 0.2, 0.2)

describe('re-ranking by embeddings', () => {
  it('lifts what means the same in other words', async () => {
    const { scores, failure } = await rerank(ITEMS, SCORES, 'her dog', new WordEmbedder(), NEVER)
    expect(failure).toBeUndefined()
    expect(scores[1]).toBe(1)
    expect(scores[1]).toBeGreaterThan(scores[0]!)
    expect(scores[0]).toBeGreaterThan(scores[2]!)
  })

  it('embeds a text once, whichever item has it', async () => {
    const embedder = new WordEmbedder()
    const items = ITEMS.map((each) => ({ ...each }))
    await rerank(items, SCORES, 'her dog', embedder, NEVER)
    await rerank(items, SCORES, 'his truck', embedder, NEVER)
    Object.assign(items[2]!, { content: 'a dog' })
    const { scores } = await rerank(items, SCORES, 'her dog', embedder, NEVER)
    expect(embedder.asked).toEqual(['query 1', 'item 3', 'query 1', 'query 1', 'item 1'])
    expect(scores[2]).toBe(scores[1])
  })

  it('asks for the best hundred, the newest of equals', async () => {
    const embedder = new WordEmbedder()
    const items = Array.from({ length: 150 }, (_, n) => item(`a dog ${n}`))
    const { scores } = await rerank(items, new Float64Array(150), 'dog', embedder, NEVER)
    expect(embedder.asked).toEqual(['query 1', 'item 100'])
    expect(scores).toEqual(new Float64Array(150))
  })

  it.each<[string, unknown]>([
    ['too few', []],
    ['not a list', null],
    ['empty', [[], [], []]],
    ['not numbers', [['a'], [1], [2]]],
    ['not finite', [[Number.NaN], [1], [2]]],
  ])('leaves the scores as they were where the answer is bad, and says so: %s', async (_, answer) => {
    const embedder: Embedder = { name: 'bad', embed: async () => answer as number[][] }
    const { scores, failure } = await rerank(ITEMS, SCORES, 'her dog', embedder, NEVER)
    expect(scores).toEqual(SCORES)
    expect(failure).toMatchObject({ code: 'MODEL_FAILED' })
  })

  it('leaves the scores as they were where the embedder throws', async () => {
    const reason = new Error('no network')
    const embedder: Embedder = { name: 'off', embed: () => Promise.reject(reason) }
    expect(await rerank(ITEMS, SCORES, 'her dog', embedder, NEVER)).toEqual({ scores: SCORES, failure: reason })
  })

  it('stops when told to', async () => {
    const abort = new AbortController()
    const embedder: Embedder = {
      name: 'slow',
      embed: (_, { signal }) =>
        new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
    }
    const pending = rerank(ITEMS, SCORES, 'her dog', embedder, abort.signal)
    abort.abort()
    await expect(pending).rejects.toMatchObject({ code: 'ABORTED' })
  })
})
