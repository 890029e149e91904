import { get_encoding, Tiktoken } from 'tiktoken'
import p50k from 'tiktoken/encoders/p50k_base.json' with { type: 'json' }
import { afterAll, describe, expect, it } from 'vitest'
import { openAITokenCounter } from '../../../src/context/token-counters/openai.ts'
import { tiktokenCounter } from '../../../src/context/token-counters/tiktoken.ts'

const WORDS = 'Could we meet on Friday evening?  I am free (all of) next week; 3.5 hours\n\nor so. '.repeat(200)

describe('tiktokenCounter()', () => {
  const o200k = get_encoding('o200k_base')
  const r50k = get_encoding('r50k_base')
  const own = new Tiktoken(p50k.bpe_ranks, p50k.special_tokens, p50k.pat_str)
  afterAll(() => {
    for (const encoder of [o200k, r50k, own]) encoder.free()
  })

  it('counts by an encoding that it knows as the package does, and gives its counter', async () => {
    const counter = tiktokenCounter(o200k)
    expect(counter).toBe(openAITokenCounter())
    expect(await counter.count(WORDS)).toBe(o200k.encode_ordinary(WORDS).length)
  })

  it.each([
    ['of another encoding', () => r50k, 'r50k_base'],
    ["of a caller's own ranks", () => own, 'tiktoken'],
  ])('takes an encoder %s, and says that its counts may be off', async (_, encoder, name) => {
    const counter = tiktokenCounter(encoder())
    expect(counter).toMatchObject({ name, exact: false })
    expect(tiktokenCounter(encoder())).toBe(counter)
    for (const text of ['', 'hello world', '<|endoftext|>', WORDS]) {
      expect(await counter.count(text)).toBe(encoder().encode_ordinary(text).length)
    }
  })

  it('gives the encoder at most a thousand characters at a time, and splits none of them', async () => {
    const slices: string[] = []
    const counter = tiktokenCounter({
      encode_ordinary(text: string): { length: number } {
        slices.push(text)
        return { length: 1 }
      },
    })
    const text = `${'a'.repeat(2999)}${'👩‍👩‍👧‍👦'.repeat(500)} ${'word '.repeat(300)}`
    expect(await counter.count(text)).toBe(slices.length)
    expect(slices.join('')).toBe(text)
    for (const slice of slices) {
      expect(slice.length).toBeLessThanOrEqual(1000)
      expect(slice.isWellFormed()).toBe(true)
    }
  })

  it('is at most a hundredth off where it has to cut inside of a run', async () => {
    const text = '中文'.repeat(1500)
    const expected = own.encode_ordinary(text).length
    const counted = await tiktokenCounter(own).count(text)
    expect(Math.abs(counted - expected)).toBeLessThan(expected / 100)
  })

  it('refuses what is no encoder, and what is not text', () => {
    for (const encoder of [undefined, null, {}, 'o200k_base', { encode: () => [] }]) {
      expect(() => tiktokenCounter(encoder as never)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
    }
    expect(() => tiktokenCounter(own).count(7 as never)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
  })
})
