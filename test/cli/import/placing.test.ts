import { describe, expect, it } from 'vitest'
import type { KeyedItem } from '../../../src/cli/import/import-target.ts'
import { FILE_TIME, jsonLines, readItems, textSource } from './read-text.ts'

const MIRA = { userId: 'mira', sessionId: 'talk' }

function places(items: readonly KeyedItem[]): unknown[] {
  return items.map(({ content, createdAt, sequence }) => [content, createdAt, sequence])
}

function notes(...notes: readonly (readonly [content: string, createdAt?: unknown])[]): string {
  return jsonLines(...notes.map(([content, createdAt]) => ({ contentType: 'note', content, createdAt })))
}

describe('the place of an item', () => {
  it('is by its time, and by the file among items of one time', async () => {
    const text = notes(['a', 2000], ['b', 2000], ['c', 3000], ['d', 2000], ['e', 3000], ['f', 2000])
    expect(places(await readItems(textSource(text), MIRA))).toEqual([
      ['a', 2000, 0],
      ['b', 2000, 1],
      ['c', 3000, 0],
      ['d', 2000, 0x8000],
      ['e', 3000, 1],
      ['f', 2000, 0x8001],
    ])
  })

  it('goes on in the next millisecond where so many are of one time that ranks end', async () => {
    const text = jsonLines(
      ...Array.from({ length: 0x8001 }, (_, i) => ({ contentType: 'note', content: `${i}`, createdAt: 5 })),
    )
    const items = await readItems(textSource(text), MIRA)
    expect(places(items.slice(-2))).toEqual([
      ['32767', 5, 0x7fff],
      ['32768', 6, 0],
    ])
  })

  it('without any time is by the file', async () => {
    expect(places(await readItems(textSource(notes(['a'], ['b'])), MIRA))).toEqual([
      ['a', FILE_TIME, 0],
      ['b', FILE_TIME + 1, 0],
    ])
    const [first] = await readItems(textSource(notes(['a'])), { ...MIRA, createdAt: 77 })
    expect(first!.createdAt).toBe(77)
  })

  it('without a time of its own is beside the message before it, or the first that has one', async () => {
    const message = (content: string, created?: number) => ({ role: 'user', content, created })
    const messages = [
      message('a'),
      message('b'),
      message('c', 1_700_000_000),
      message('d'),
      message('e', 1_700_000_009),
    ]
    const seconds = 1_700_000_000_000
    expect(places(await readItems(textSource(JSON.stringify({ messages })), MIRA))).toEqual([
      ['a', seconds, 0],
      ['b', seconds, 1],
      ['c', seconds, 2],
      ['d', seconds, 3],
      ['e', seconds + 9000, 0],
    ])
  })

  it.each<[unknown, number]>([
    ['2025-01-02', Date.UTC(2025, 0, 2)],
    ['2025-01-02T03:04', Date.UTC(2025, 0, 2, 3, 4)],
    ['2025-01-02 03:04:05', Date.UTC(2025, 0, 2, 3, 4, 5)],
    ['2025-01-02T03:04:05.678Z', Date.UTC(2025, 0, 2, 3, 4, 5, 678)],
    ['2025-01-02T03:04:05+0200', Date.UTC(2025, 0, 2, 1, 4, 5)],
    ['2025-01-02T03:04:05 -03', Date.UTC(2025, 0, 2, 6, 4, 5)],
    [1_735_787_045, Date.UTC(2025, 0, 2, 3, 4, 5)],
    [1_735_787_045.678, Date.UTC(2025, 0, 2, 3, 4, 5, 678)],
    [1_735_787_045_678, Date.UTC(2025, 0, 2, 3, 4, 5, 678)],
    ['1735787045', Date.UTC(2025, 0, 2, 3, 4, 5)],
  ])('takes %j for a time', async (createdAt, ms) => {
    expect((await readItems(textSource(notes(['a', createdAt])), MIRA))[0]!.createdAt).toBe(ms)
  })
})

describe('the key of an item', () => {
  const keys = (items: readonly KeyedItem[]): string[] => items.map(({ idempotencyKey }) => idempotencyKey)

  it('is the same whenever and however the file is read', async () => {
    const text = notes(['a', 1000], ['a', 1000], ['a'])
    const [once, again] = [
      await readItems(textSource(text), MIRA),
      await readItems(textSource(text, { chunkBytes: 3 }), MIRA),
    ]
    expect(again).toEqual(once)
    expect(new Set(keys(once)).size).toBe(3)
  })

  it('stays where the file grows, and where a line before it is mended', async () => {
    const text = notes(['b', 2000], ['c', 3000])
    const grown = `${notes(['x', 1000])}${text}${notes(['d', 4000])}`
    expect(keys(await readItems(textSource(grown), MIRA)).slice(1, 3)).toEqual(
      keys(await readItems(textSource(text), MIRA)),
    )
  })

  it('stays where the file got another time', async () => {
    const later = { ...textSource(notes(['a'])), modifiedAt: FILE_TIME + 5 }
    expect(keys(await readItems(later, MIRA))).toEqual(keys(await readItems(textSource(notes(['a'])), MIRA)))
  })

  it.each(['x'.repeat(401), 'a\u0007b', 'lone \ud800', ''])('is not an id that can be none (%#)', async (id) => {
    const text = jsonLines({ id, contentType: 'note', content: 'a', createdAt: 1000 })
    expect(keys(await readItems(textSource(text), MIRA))[0]).toMatch(/^import:hash:[\w-]{22}$/)
  })
})
