import fc from 'fast-check'
import * as cl100k from 'gpt-tokenizer/encoding/cl100k_base'
import * as o200k from 'gpt-tokenizer/encoding/o200k_base'
import { describe, expect, it } from 'vitest'
import { openAITokenCounter } from '../../../src/context/index.ts'

// Every kind of character that the splitting patterns tell apart, and neighbours that are treated together.
const PIECES = [
  ..."abzABZ019 '’sStTlLvVeErRdDmM/\n\r\t.,!-_=()éÉßΩωжЖ中あ한ㄱ١²½Ⅷ👍🏽\u200d\u0301\u093e\u0e33ǅʰªσ\u00a0\u3000\u2028\u200b",
  ...['\ud83d', '\udc00', '𝒜', '𠀀', "'s", "'LL", "I'VE", 'hello', ' the', '    ', '\n\n', '\r\n', '://', '```'],
  ...['<|endoftext|>', '<|im_start|>', 'supercalifragilistic', 'ไทย', 'नमस्ते', 'Ünïcödé', '{"a":[1,2]}', '0x1F', 'ﷺ'],
]
const mixed = fc
  .array(fc.tuple(fc.constantFrom(...PIECES), fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 60 }))), {
    maxLength: 40,
  })
  .map((parts) => parts.map(([piece, times]) => piece.repeat(times)).join(''))
/** One piece of letters, long enough to be merged with the heap. */
const oneWord = fc.string({
  unit: fc.constantFrom(...'abcdefghiklmnorstuвгджé中文字한'),
  minLength: 60,
  maxLength: 1500,
})
const anything = fc.string({ unit: 'binary', maxLength: 400 })

describe.each([
  { encoding: 'o200k_base', library: o200k },
  { encoding: 'cl100k_base', library: cl100k },
] as const)('openAITokenCounter({ encoding: $encoding })', ({ encoding, library }) => {
  const counter = openAITokenCounter({ encoding })
  const theirs = (text: string): number => library.countTokens(text, { disallowedSpecial: new Set() })

  it('says what it counts', () => {
    expect(counter).toMatchObject({ name: encoding, exact: true })
    expect(openAITokenCounter({ encoding })).toBe(counter)
  })

  it.each([
    ['mixed', mixed, 400],
    ['in one long word', oneWord, 80],
    ['of any code points', anything, 150],
  ])('agrees with the library on text %s', async (_, texts, numRuns) => {
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        // JavaScript's \s, by which the library splits, is not Rust's, by which OpenAI's does: see the test of that.
        fc.pre(!/[\u0085\ufeff]/.test(text))
        expect(await counter.count(text)).toBe(theirs(text))
      }),
      { numRuns },
    )
  })

  it.each(
    ['a', ' ', '\n', '=', '中', 'é', '1', '\t', '-', 'aA', ' a', 'ha', '👍', '\u0301', '. ', '\n ', 'Ab9 '].map(
      (unit) => [unit],
    ),
  )('agrees with the library on %j repeated up to 1500 times', async (unit) => {
    for (const times of [1, 2, 3, 47, 48, 49, 127, 128, 129, 1000, 1500]) {
      expect(await counter.count(unit.repeat(times))).toBe(theirs(unit.repeat(times)))
    }
  })

  it('counts what looks like a special token as plain text', async () => {
    expect(await counter.count('<|endoftext|>')).toBe(7)
    expect(await counter.count('a <|im_start|> b')).toBe(theirs('a <|im_start|> b'))
  })

  it('gives 0 for no text', async () => {
    expect(await counter.count('')).toBe(0)
  })

  it('answers at once for short texts when the ranks are there', async () => {
    await counter.count('')
    expect(counter.count('hello world')).toBe(2)
    expect(counter.count('hello world, '.repeat(1000))).toBeInstanceOf(Promise)
  })
})

describe('openAITokenCounter()', () => {
  it('is of o200k_base unless told otherwise', () => {
    expect(openAITokenCounter().name).toBe('o200k_base')
  })

  it.each([
    // What tiktoken 1.0.22 (the Rust original as WebAssembly) says; gpt-tokenizer says 10 of the first.
    ['x\ufeffy \ufeff\ufeff z', 6],
    ['a\u0085b \u0085 c', 7],
    ["it'ſ it'S IT'LL we've", 9],
  ])('counts %j as tiktoken does, where patterns of JavaScript and of Rust differ', async (text, tokens) => {
    expect(await openAITokenCounter().count(text)).toBe(tokens)
  })

  it.each([
    ['gpt-5', 'o200k_base'],
    ['gpt-4.1-mini', 'o200k_base'],
    ['gpt-oss-120b', 'o200k_base'],
    ['o3-mini', 'o200k_base'],
    ['ft:gpt-4o-mini-2024-07-18:acme::x', 'o200k_base'],
    ['gpt-4-turbo', 'cl100k_base'],
    ['gpt-3.5-turbo', 'cl100k_base'],
  ])('counts for the model %s by %s', (model, encoding) => {
    expect(openAITokenCounter({ model }).name).toBe(encoding)
  })

  it.each([
    { encoding: 'gpt2' },
    { source: 'js-tiktoken' },
    { model: 'gemini-2.5-pro' },
    { model: 'davinci' },
    { model: 'gpt-5', encoding: 'o200k_base' },
    { encodng: 'o200k_base' },
  ])('refuses %j', (options) => {
    expect(() => openAITokenCounter(options as never)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
  })

  it('refuses what is not text', () => {
    expect(() => openAITokenCounter().count(undefined as never)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    )
  })
})
