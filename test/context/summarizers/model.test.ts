import { describe, expect, it } from 'vitest'
import { PROMPT_VERSION } from '../../../src/context/summaries/summary-prompt.ts'
import { MODEL_SUMMARIZER_DEFAULTS, modelSummarizer } from '../../../src/context/summarizers/model.ts'
import { item, quarterCounter, tokens } from '../items.ts'
import { dataLines, echo, ScriptedModel } from './scripted-model.ts'

function summarizerOf(model: ScriptedModel, maxInputTokens = 500) {
  return modelSummarizer({ model, tokenCounter: quarterCounter, maxInputTokens })
}

describe('modelSummarizer()', () => {
  it('sends the summary so far and what is new, and labels what comes back', async () => {
    const model = new ScriptedModel(echo)
    const summarizer = summarizerOf(model)
    const items = [
      item('I moved.', { createdAt: Date.UTC(2026, 6, 21) }),
      item('{"to":"Lisbon"}', { contentType: 'tool_result', createdAt: Date.UTC(2026, 6, 21, 8) }),
    ]
    const summary = await summarizer.summarize({ previous: '- user: I am Ada.', items, maxTokens: 100 })
    expect(summary).toEqual({
      text: '- user: I am Ada.\n- user: I moved.\n- tool: {"to":"Lisbon"}',
      model: 'scripted',
      promptVersion: PROMPT_VERSION,
      inputTokens: 100,
      outputTokens: 10,
    })
    const [prompt] = model.prompts
    const lines = dataLines(prompt!)
    expect(lines.map(({ n: _, ...line }) => line)).toEqual([
      { by: 'user', note: true, text: 'I am Ada.' },
      { by: 'user', day: '2026-07-21', text: 'I moved.' },
      { by: 'tool', text: '{"to":"Lisbon"}' },
    ])
    expect(prompt?.instructions).not.toMatch(/Ada|Lisbon/)
    expect(summarizer.name).toBe('scripted')
  })

  it('sends an input that is too large in several requests, each of which extends the summary', async () => {
    const model = new ScriptedModel((lines) => [
      { text: `seen ${lines.filter(({ note }) => !note).length}`, from: [lines.at(-1)!.n] },
      ...echo(lines.filter(({ note }) => note)),
    ])
    const items = Array.from({ length: 7 }, () => item(tokens(200)))
    const { text, inputTokens } = await summarizerOf(model).summarize({ items, maxTokens: 100 })
    expect(model.prompts.map((prompt) => dataLines(prompt).map(({ note }) => (note ? 'note' : 'item')))).toEqual([
      ['item', 'item'],
      ['note', 'item', 'item'],
      ['note', 'item', 'item'],
      ['note', 'item'],
    ])
    expect(text).toBe('- user: seen 1\n- user: seen 2')
    expect(inputTokens).toBe(400)
  })

  it('splits an item that is too large by itself, and says which part is which', async () => {
    const model = new ScriptedModel((lines) => [{ text: 'noted', from: [lines.at(-1)!.n] }])
    const content = Array.from({ length: 3000 }, (_, n) => `${n}🙂`).join(' ')
    const tool = item(content, { contentType: 'tool_result' })
    await summarizerOf(model).summarize({ items: [item('hi'), tool, item('bye')], maxTokens: 100 })
    const parts = model.prompts.flatMap(dataLines).filter(({ by, note }) => by === 'tool' && !note)
    expect(parts.map(({ text }) => text).join('') === content).toBe(true)
    expect(parts.map(({ part }) => part)).toEqual(parts.map((_, i) => `${i + 1} of ${parts.length}`))
    for (const { data } of model.prompts) expect(quarterCounter.count(data)).toBeLessThan(600)
  })

  it('sends an extractive summary of what would take more requests than it may make', async () => {
    const model = new ScriptedModel(echo)
    const summarizer = modelSummarizer({ model, tokenCounter: quarterCounter, maxInputTokens: 500, maxRequests: 2 })
    const items = Array.from({ length: 9 }, (_, n) => item(`My house has the number ${n}.\n${tokens(200)}`))
    await summarizer.summarize({ items, maxTokens: 400 })
    expect(model.prompts).toHaveLength(2)
    const [first, second] = model.prompts.map(dataLines)
    expect(first?.filter(({ note }) => note).map(({ text }) => text)).toContain('My house has the number 2.')
    expect([first, second].flatMap((lines) => lines?.filter(({ note }) => !note))).toHaveLength(3)
  })

  it('keeps the budget when the model does not: the first points, the last of them clipped', async () => {
    const long = (n: number) => `${n} ${'word '.repeat(20)}`.trim()
    const model = new ScriptedModel(([line]) => [1, 2, 3].map((n) => ({ text: long(n), from: [line!.n] })))
    const { text } = await summarizerOf(model).summarize({ items: [item('hi')], maxTokens: 50 })
    expect(quarterCounter.count(text)).toBeLessThanOrEqual(50)
    expect(text.split('\n')[0]).toBe(`- user: ${long(1)}`)
    expect(text).toMatch(/\n- user: 2 word.* \[…clipped\]$/u)
  })

  it('drops points that cite nothing that was sent', async () => {
    const model = new ScriptedModel(([line]) => [
      { text: 'from nowhere', from: [] },
      { text: 'from elsewhere', from: [1, 7] },
      { text: 'from here', from: [line!.n] },
      { text: 'from here', from: [line!.n] },
    ])
    const { text } = await summarizerOf(model).summarize({ items: [item('here')], maxTokens: 100 })
    expect(text).toBe('- user: from here')
  })

  it.each([
    ['no JSON', 'Here is your summary:', 'malformed'],
    ['JSON that breaks off', '{"points":[{"text":"a', 'malformed'],
    ['another shape', '{"summary":"hello"}', 'malformed'],
    ['a point without numbers', '{"points":[{"text":"a","from":["1"]}]}', 'malformed'],
    ['points that cite nothing', '{"points":[{"text":"a","from":[1]}]}', 'malformed'],
    ['no points', '{"points":[]}', 'empty'],
    ['nothing', ' ', 'empty'],
  ])('fails for %s', async (_, answer, reason) => {
    const summary = summarizerOf(new ScriptedModel(() => answer)).summarize({ items: [item('hi')], maxTokens: 100 })
    await expect(summary).rejects.toMatchObject({ code: 'MODEL_FAILED', details: { model: 'scripted', reason } })
    await expect(summary).rejects.not.toMatchObject({ message: expect.stringContaining('hello') })
  })

  it('asks nobody where nothing was said', async () => {
    const model = new ScriptedModel(echo)
    const summary = await summarizerOf(model).summarize({ previous: '- user: hi', items: [item(' ')], maxTokens: 100 })
    expect(summary.text).toBe('- user: hi')
    expect(model.prompts).toEqual([])
  })

  it('stops between requests when the caller aborts', async () => {
    const abort = new AbortController()
    const model = new ScriptedModel((lines) => {
      abort.abort(new Error('enough'))
      return echo(lines)
    })
    const items = Array.from({ length: 9 }, () => item(tokens(200)))
    const summary = summarizerOf(model).summarize({ items, maxTokens: 100, signal: abort.signal })
    await expect(summary).rejects.toMatchObject({ code: 'ABORTED', cause: new Error('enough') })
    expect(model.prompts).toHaveLength(1)
  })

  it.each([{ maxInputTokens: 499 }, { maxRequests: 0 }, { model: {} as never }, { maxInputtokens: 8000 }])(
    'refuses the options %j',
    (options) => {
      const model = new ScriptedModel(echo)
      expect(() => modelSummarizer({ model, ...options })).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
      expect(MODEL_SUMMARIZER_DEFAULTS).toEqual({ maxInputTokens: 8000, maxRequests: 16 })
    },
  )
})
