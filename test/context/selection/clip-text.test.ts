import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openAITokenCounter } from '../../../src/context/index.ts'
import { CLIP_MARK, clipText } from '../../../src/context/selection/clip-text.ts'

const characters = (text: string): number => text.length
const { count } = openAITokenCounter()
const o200k = count.bind(openAITokenCounter())

describe('clipText()', () => {
  it('gives nearly the most that fits', async () => {
    const text = 'word '.repeat(10_000)
    const clip = await clipText(text, 5000, characters)
    expect(clip?.tokens).toBe(clip?.text.length)
    expect(clip?.tokens).toBeGreaterThan(4940)
    expect(clip?.tokens).toBeLessThanOrEqual(5000)
  })

  it.each([
    ['a family emoji', '👨‍👩‍👧‍👦'],
    ['a flag', '🇺🇦'],
    ['a letter with two marks', 'e\u0301\u0323'],
    ['a skin tone', '👍🏽'],
    ['a syllable of Hangul in parts', '\u1112\u1161\u11ab'],
    ['a line end of two characters', '\r\n'],
  ])('never cuts %s in two', async (_, grapheme) => {
    const text = grapheme.repeat(40)
    for (let most = CLIP_MARK.length + grapheme.length; most < 120; most += 1) {
      const kept = (await clipText(text, most, characters))?.text.slice(0, -CLIP_MARK.length) as string
      expect(kept).toBe(grapheme.repeat(kept.length / grapheme.length))
      expect(kept.length).toBeGreaterThan(0)
    }
  })

  it('cuts a pile of marks without end between code points', async () => {
    const pile = `a${'\u0301𝅥'.repeat(5000)}`
    const clip = await clipText(pile, 300, characters)
    expect(clip?.text.isWellFormed()).toBe(true)
    expect(clip?.tokens).toBeGreaterThan(290)
  })

  it('gives nothing where not even one character fits', async () => {
    expect(await clipText('word '.repeat(9), CLIP_MARK.length, characters)).toBeUndefined()
    expect(await clipText('word', 0, characters)).toBeUndefined()
    expect(await clipText('word', -5, characters)).toBeUndefined()
  })

  it('keeps within the budget by a count of its very answer', async () => {
    const anything = fc.string({ unit: 'binary', minLength: 30, maxLength: 3000 })
    await fc.assert(
      fc.asyncProperty(anything, fc.integer({ min: 1, max: 400 }), async (text, most) => {
        fc.pre((await o200k(text)) > most)
        const clip = await clipText(text, most, o200k)
        if (clip === undefined) return
        expect(await o200k(clip.text)).toBe(clip.tokens)
        expect(clip.tokens).toBeLessThanOrEqual(most)
        expect(text.startsWith(clip.text.slice(0, -CLIP_MARK.length))).toBe(true)
        expect(clip.text.isWellFormed()).toBe(true)
      }),
      { numRuns: 60 },
    )
  })
})
