import { describe, expect, it } from 'vitest'
import {
  CLIP_MARK,
  ContextPruner,
  fromGemini,
  fromOpenAI,
  mediaTokens,
  type OpenAIMessage,
  toOpenAI,
} from '../../src/context/index.ts'
import { isThermoclineError } from '../../src/index.ts'
import { viewProblems } from '../support/view-checker.ts'
import { item, quarterCounter, tokens } from './items.ts'

const SESSION = { userId: 'ada', sessionId: 's1' }
const SCREENSHOT: OpenAIMessage = {
  role: 'user',
  content: [{ type: 'image_url', image_url: { url: `data:image/png;base64,${'A'.repeat(2000)}` } }],
}

/** An agent at a screen: it sees, and says what it clicks on. */
function atTheScreen(turns: number): OpenAIMessage[] {
  return Array.from({ length: turns }, (_, n): OpenAIMessage[] => [
    SCREENSHOT,
    { role: 'assistant', content: `I clicked on button number ${n} and wait for the next screenshot of the page.` },
  ]).flat()
}

function placesOfImages(view: readonly OpenAIMessage[]): number[] {
  return view.flatMap(({ content }, place) => (Array.isArray(content) ? [place] : []))
}

describe('images in a budget', () => {
  it('cost what extraTokens says', async () => {
    const pruner = new ContextPruner({ tokenCounter: quarterCounter, extraTokens: mediaTokens({ image: 85 }) })
    const view = await pruner.pruneByTokenBudget(fromOpenAI(atTheScreen(100), SESSION), { tokenBudget: 300 })
    const images = placesOfImages(toOpenAI(view)).length
    expect(images).toBeGreaterThan(0)
    expect(images).toBeLessThanOrEqual(3)
    expect(view.report.tokensAfter).toBeGreaterThanOrEqual(images * 85)
    expect(view.report.tokensAfter).toBeLessThanOrEqual(300)
    expect(view.report.tokensBefore).toBe(100 * (2 + 85 + 19))
    expect(await pruner.pruneByTokenBudget(view, { tokenBudget: 300 })).toEqual(view)
  })

  it('cost their marks without it, and so do not all come back', async () => {
    const pruner = new ContextPruner({ tokenCounter: quarterCounter })
    const view = await pruner.pruneByTokenBudget(fromOpenAI(atTheScreen(100), SESSION), { tokenBudget: 300 })
    expect(placesOfImages(toOpenAI(view)).length).toBeLessThan(50)
  })

  it('are not paid for where an item is clipped, as it goes out without them', async () => {
    const extraTokens = mediaTokens({ image: 85 })
    const [shown] = fromOpenAI(
      [
        {
          role: 'user',
          content: [
            { type: 'text', text: tokens(200) },
            { type: 'image_url', image_url: { url: 'https://example.org/a.png' } },
          ],
        },
      ],
      SESSION,
    )
    const pruner = new ContextPruner({ tokenCounter: quarterCounter, extraTokens })
    const view = await pruner.pruneByTokenBudget([shown!], { tokenBudget: 100 })
    expect(view.report.clipped).toEqual([{ id: view[0]?.id, tokensBefore: 202 + 85, tokensAfter: expect.anything() }])
    expect(view[0]?.content.endsWith(CLIP_MARK)).toBe(true)
    expect(extraTokens(view[0]!)).toBe(0)
    expect(await pruner.pruneByTokenBudget(view, { tokenBudget: 100 })).toEqual(view)
  })
})

describe('items that cost nothing', () => {
  it('are not picked, however much room there is, unless there is nothing else', async () => {
    const pruner = new ContextPruner({ tokenCounter: quarterCounter })
    const thoughts = Array.from({ length: 50 }, () => item('', { contentType: 'assistant_message' }))
    const said = [item(tokens(40)), item(tokens(5))]
    const view = await pruner.pruneByTokenBudget([...thoughts, ...said], { tokenBudget: 30, query: 'abc' })
    expect(view).toEqual([said[1]])
    const call = item(tokens(40), { contentType: 'tool_call', callId: 'x' })
    const tooLarge = [...thoughts, item(tokens(40)), call]
    expect(await pruner.pruneByTokenBudget(tooLarge, { tokenBudget: 30 })).toEqual([thoughts.at(-1)])
  })
})

describe('mediaTokens()', () => {
  it('counts parts by their kind', () => {
    const contents = [
      { role: 'user', parts: [{ inlineData: { mimeType: 'image/png', data: 'AAAA' } }, { text: 'See [image] and' }] },
      { role: 'model', parts: [{ functionCall: { name: 'look', args: {} } }] },
      {
        role: 'user',
        parts: [
          { functionResponse: { name: 'look', response: { output: 'seen' } } },
          { inlineData: { mimeType: 'image/png', data: 'AAAA' } },
          { fileData: { mimeType: 'application/pdf', fileUri: 'gs://a/b', displayName: 'report.pdf' } },
        ],
      },
    ]
    const count = mediaTokens({ image: 258, file: 1000 })
    const items = fromGemini(contents, SESSION).map(({ content }) => item(content))
    expect(items.map(count)).toEqual([258, 0, 0, 1258])
  })

  it('refuses what is no cost', () => {
    for (const wrong of [{ image: -1 }, { image: 0.5 }, { picture: 1 }, undefined]) {
      expect(() => mediaTokens(wrong as never)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
    }
  })
})

describe('extraTokens', () => {
  it('counts for each item like the tokens of its content', async () => {
    const extraTokens = ({ content }: { readonly content: string }): number => content.length % 7
    const history = Array.from({ length: 40 }, (_, n) => item(`${n} ${tokens(1 + (n % 9))}`))
    const tokenCounter = { ...quarterCounter, count: (text: string) => Math.ceil(text.length / 4) + (text.length % 7) }
    const pruner = new ContextPruner({ tokenCounter: quarterCounter, extraTokens })
    for (const tokenBudget of [20, 60, 150]) {
      const view = await pruner.pruneByTokenBudget(history, { tokenBudget })
      expect(await viewProblems(history, view, { tokenBudget, tokenCounter })).toEqual([])
    }
  })

  it.each([-1, 0.5, Number.NaN, undefined, '3'])('must not give %s', async (given) => {
    const pruner = new ContextPruner({ tokenCounter: quarterCounter, extraTokens: () => given as number })
    const error = await pruner.pruneByTokenBudget([item('x')], { tokenBudget: 10 }).catch((one: unknown) => one)
    expect(isThermoclineError(error, 'INVALID_OPTION')).toBe(true)
    expect(() => new ContextPruner({ tokenCounter: quarterCounter, extraTokens: 3 as never })).toThrow('extraTokens')
  })
})
