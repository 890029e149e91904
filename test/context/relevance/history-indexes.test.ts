import { describe, expect, it } from 'vitest'
import type { HistoryIndex } from '../../../src/context/relevance/history-index.ts'
import { HistoryIndexes } from '../../../src/context/relevance/history-indexes.ts'
import type { JsonObject } from '../../../src/memory/json.ts'
import type { MemoryItem } from '../../../src/memory/memory-item.ts'
import { item } from '../items.ts'

const QUERY = 'When did the cat go to Berlin?'
const MAX_BYTES = 1e6

function of(items: readonly MemoryItem[], indexes = new HistoryIndexes(MAX_BYTES)): Promise<HistoryIndex> {
  return indexes.of(items, undefined)
}

const TALK = ['The cat went to Berlin.', 'Oh, when?', 'Yesterday.', 'Dogs stay at home.', 'Berlin is far away.']

describe('an index of a history', () => {
  it('is kept for the same items', async () => {
    const indexes = new HistoryIndexes(MAX_BYTES)
    const items = TALK.map((text) => item(text))
    const index = await of(items, indexes)
    expect(await of([...items], indexes)).toBe(index)
    expect(await of(items.slice(1), indexes)).not.toBe(index)
  })

  it('is extended as if it had been made at once, and what is known of the beginning stays', async () => {
    const indexes = new HistoryIndexes(MAX_BYTES)
    const items = [...TALK, ...TALK].map((text) => item(text))
    for (let count = 1; count < items.length; count++) {
      const beginning = await of(items.slice(0, count), indexes)
      const before = [beginning.relevanceTo(QUERY), beginning.prior()]
      const all = await of(items.slice(0, count + 1), indexes)
      const anew = await of(items.slice(0, count + 1))
      expect(all.relevanceTo(QUERY)).toEqual(anew.relevanceTo(QUERY))
      expect(all.prior()).toEqual(anew.prior())
      expect([beginning.relevanceTo(QUERY), beginning.prior()]).toEqual(before)
    }
  })

  it('knows only its own items, when first asked after the history went on', async () => {
    const indexes = new HistoryIndexes(MAX_BYTES)
    const items = TALK.map((text) => item(text))
    const beginning = await of(items.slice(0, 3), indexes)
    await of(items, indexes)
    const anew = await of(items.slice(0, 3))
    expect(beginning.relevanceTo(QUERY)).toEqual(anew.relevanceTo(QUERY))
    expect(beginning.prior()).toEqual(anew.prior())
  })

  it('is right for two histories that go on differently at the same time', async () => {
    const indexes = new HistoryIndexes(MAX_BYTES)
    const beginning = TALK.map((text) => item(text))
    await of(beginning, indexes)
    const branches = ['The cat liked Berlin.', 'The dog did not.'].map((text) => [...beginning, item(text)])
    const found = await Promise.all(branches.map((items) => of(items, indexes)))
    for (const [i, index] of found.entries()) {
      expect(index.relevanceTo(QUERY)).toEqual((await of(branches[i]!)).relevanceTo(QUERY))
    }
  })

  it('is made anew where a content was changed', async () => {
    const indexes = new HistoryIndexes(MAX_BYTES)
    const items = TALK.map((text) => ({ ...item(text) }))
    await of(items, indexes)
    items[3] = Object.assign(items[3]!, { content: 'The cat sat on a zebra.' })
    const scores = (await of(items, indexes)).relevanceTo('zebra')
    expect(scores[3]).toBe(1)
  })

  it('is not kept beyond the room for all', async () => {
    const indexes = new HistoryIndexes(6000)
    const histories = ['a', 'b', 'c', 'd'].map((name) => TALK.map((text) => item(`${text} ${name}`)))
    const made: HistoryIndex[] = []
    for (const items of histories) made.push(await of(items, indexes))
    expect(await of(histories[3]!, indexes)).toBe(made[3])
    expect(await of(histories[0]!, indexes)).not.toBe(made[0])
    const tooLarge = [item('word '.repeat(5000))]
    expect(await of(tooLarge, indexes)).not.toBe(await of(tooLarge, indexes))
  })

  it('of a long history lets others run meanwhile, and stops when told to', async () => {
    const items = Array.from({ length: 4000 }, (_, i) => item(`The cat of house ${i} went to Berlin.`))
    const indexes = new HistoryIndexes(1e8)
    const abort = new AbortController()
    setImmediate(() => abort.abort())
    await expect(indexes.of(items, abort.signal)).rejects.toMatchObject({ code: 'ABORTED' })
    expect((await of(items, indexes)).relevanceTo('house 17').indexOf(1)).toBe(17)
  })

  it('of nothing has no scores', async () => {
    const index = await of([])
    expect(index.relevanceTo(QUERY)).toEqual(new Float64Array(0))
    expect(index.prior()).toEqual(new Float64Array(0))
  })

  it('takes items of a caller whose metadata has no end', async () => {
    const ring: Record<string, unknown> = {}
    ring.self = [ring, ring]
    const index = await of([{ ...item('The cat went to Berlin.'), metadata: ring as object as JsonObject }])
    expect(index.relevanceTo(QUERY)).toEqual(Float64Array.of(1))
  })
})
