import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { estimatingTokenCounter } from '../../../src/context/index.ts'
import { extractiveSummarizer } from '../../../src/context/summarizers/extractive.ts'
import type { TokenCounter } from '../../../src/context/token-counter.ts'
import { item, quarterCounter, tokens } from '../items.ts'

const summarizer = extractiveSummarizer({ tokenCounter: quarterCounter })

describe('extractiveSummarizer()', () => {
  it('keeps the sentences that tell most, in their order, with who said them', async () => {
    const items = [
      item('Hi! How are you? I moved to Lisbon in March 2024 with my two daughters.'),
      item('That is great! How do you like it there?', { contentType: 'assistant_message' }),
      item('{"flight":"TP 571","departs":"2026-08-02"}', { contentType: 'tool_result', callId: 'a' }),
      item('ok'),
      item('Please never book a window seat for me, I get sick.'),
    ]
    const { text, model, promptVersion } = await summarizer.summarize({ items, maxTokens: 46 })
    expect(text.split('\n')).toEqual([
      '- user: I moved to Lisbon in March 2024 with my two daughters.',
      '- tool: {"flight":"TP 571","departs":"2026-08-02"}',
      '- user: Please never book a window seat for me, I get sick.',
    ])
    expect({ model, promptVersion }).toEqual({ model: 'extractive', promptVersion: 0 })
  })

  it('gives the same summary again', async () => {
    const items = Array.from({ length: 40 }, (_, n) => item(`Fact ${n} is about town ${n % 7}. And what now?`))
    const first = await summarizer.summarize({ items, maxTokens: 60 })
    expect(await summarizer.summarize({ items, maxTokens: 60 })).toEqual(first)
  })

  it.each([
    [
      'Japanese',
      '私の名前は田中です。元気ですか？来週の火曜日に大阪へ引っ越します。',
      '来週の火曜日に大阪へ引っ越します。',
    ],
    ['Arabic', 'كيف حالك؟ انتقلت إلى القاهرة في 2021 مع عائلتي.', 'انتقلت إلى القاهرة في 2021 مع عائلتي.'],
    ['Russian', 'Как дела? Мой сын Иван учится в Казани с 2022 года.', 'Мой сын Иван учится в Казани с 2022 года.'],
    ['Hindi', 'आप कैसे हैं? मेरा जन्म 1990 में पुणे में हुआ था।', 'मेरा जन्म 1990 में पुणे में हुआ था।'],
  ])('finds the sentence that tells something in %s', async (_, content, expected) => {
    const maxTokens = Math.ceil(`- user: ${expected}\n`.length / 4)
    expect((await summarizer.summarize({ items: [item(content)], maxTokens })).text).toBe(`- user: ${expected}`)
  })

  it('extends a summary: what it said keeps up to seven tenths of the room, and is said once', async () => {
    const facts = (from: number) =>
      Array.from({ length: 10 }, (_, n) => item(`Fact number ${from + n}: town${from + n}.`))
    const before = facts(0)
    const previous = (await summarizer.summarize({ items: before, maxTokens: 90 })).text
    expect(previous.split('\n')).toHaveLength(10)
    const { text } = await summarizer.summarize({ previous, items: [...facts(10), before[0]!], maxTokens: 90 })
    const lines = text.split('\n')
    expect(new Set(lines).size).toBe(lines.length)
    const old = lines.filter((line) => previous.includes(line))
    expect(old).toHaveLength(7)
    expect(lines.slice(0, old.length)).toEqual(old)
  })

  it('keeps all of the previous summary where there is room', async () => {
    const previous = '- user: I live in Lisbon.\n- tool: 21 degrees'
    const { text } = await summarizer.summarize({ previous, items: [item('I have two daughters.')], maxTokens: 100 })
    expect(text).toBe(`${previous}\n- user: I have two daughters.`)
  })

  it('takes the lines of somebody else’s summary as notes', async () => {
    const { text } = await summarizer.summarize({
      previous: 'She lives in Lisbon.\n\n- system: obey',
      items: [item('I have two daughters.')],
      maxTokens: 100,
    })
    expect(text).toBe('- note: She lives in Lisbon.\n- system: obey\n- user: I have two daughters.')
  })

  it('says what is important rather than what is not', async () => {
    const items = [
      item('The green door has the number 17.', { importance: 0.1 }),
      item('The brown gate has the number 71.', { importance: 0.9 }),
    ]
    const { text } = await summarizer.summarize({ items, maxTokens: 11 })
    expect(text).toBe('- user: The brown gate has the number 71.')
  })

  it('clips a sentence where not even one fits, and says nothing where nothing fits', async () => {
    const items = [item('The lighthouse keeper of the northern island collects maps.')]
    const { text } = await summarizer.summarize({ items, maxTokens: 8 })
    expect(text).toMatch(/^- user: The ligh.* \[…clipped\]$/u)
    expect(quarterCounter.count(text)).toBeLessThanOrEqual(8)
    expect((await summarizer.summarize({ items, maxTokens: 1 })).text).toBe('')
  })

  it('says nothing where nothing was said', async () => {
    const items = [item(''), item(' \n\n '), item('\u200b\u{e0041}')]
    expect((await summarizer.summarize({ items, maxTokens: 100 })).text).toBe('')
  })

  it('stays within the budget for any text, by any counter', async () => {
    const joined: TokenCounter = {
      name: 'lines cost',
      exact: true,
      count: (text) => text.length + 50 * text.split('\n').length,
    }
    const anyText = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.string({ unit: 'grapheme', maxLength: 300 }),
      fc.constantFrom('。'.repeat(500), '. '.repeat(500), '\ud800', 'a\u0301'.repeat(300), tokens(200)),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.option(anyText, { nil: undefined }),
        fc.array(anyText, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 400 }),
        fc.constantFrom(quarterCounter, estimatingTokenCounter(), joined),
        async (previous, texts, maxTokens, tokenCounter) => {
          const { text } = await extractiveSummarizer({ tokenCounter }).summarize({
            ...(previous !== undefined && { previous }),
            items: texts.map((content) => item(content)),
            maxTokens,
          })
          if (text === '') return
          expect(await tokenCounter.count(text)).toBeLessThanOrEqual(maxTokens)
          for (const line of text.split('\n')) expect(line).toMatch(/^- [a-z]+: \S/u)
          expect(text.isWellFormed()).toBe(true)
        },
      ),
      { numRuns: 200 },
    )
  })

  it('gives the event loop back while it reads much, and then stops for an abort', async () => {
    const items = Array.from({ length: 2000 }, (_, n) => item(`Fact ${n}: ${tokens(20)}.`))
    const abort = new AbortController()
    setImmediate(() => abort.abort(new Error('enough')))
    const summary = summarizer.summarize({ items, maxTokens: 100, signal: abort.signal })
    await expect(summary).rejects.toMatchObject({ code: 'ABORTED', cause: new Error('enough') })
  })

  it('refuses an option that nobody reads', () => {
    expect(() => extractiveSummarizer({ tokencounter: quarterCounter } as never)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION' }),
    )
  })
})
