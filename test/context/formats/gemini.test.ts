import type { Content } from '@google/genai'
import type { GenerativeModel, Content as OlderContent } from '@google/generative-ai'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { fromGemini, OpenCalls, toGemini, toModelMessages, toOpenAI } from '../../../src/context/index.ts'
import { geminiProblems } from '../../support/message-rules/gemini-rules.ts'
import { openaiProblems } from '../../support/message-rules/openai-rules.ts'
import { item } from '../items.ts'
import { brief, SESSION, stored, withoutPayload } from './stored.ts'

const CONTENTS: Content[] = [
  {
    role: 'user',
    parts: [{ text: 'What do the gauges say?' }, { inlineData: { mimeType: 'image/png', data: 'AAAA' } }],
  },
  {
    role: 'model',
    parts: [
      { text: 'Two gauges …', thought: true },
      { text: 'I read both.' },
      { functionCall: { name: 'gauge', args: { nr: 1 } }, thoughtSignature: 'c2ln' },
      { functionCall: { name: 'gauge', args: { nr: 2 } } },
    ],
  },
  {
    role: 'user',
    parts: [
      { functionResponse: { name: 'gauge', response: { output: '3 bar' } } },
      { functionResponse: { name: 'gauge', response: { bar: 5 } } },
      { text: 'And now?' },
      { inlineData: { mimeType: 'image/png', data: 'BBBB' } },
    ],
  },
  { role: 'model', parts: [{ text: 'Five bar.' }, { text: '', thoughtSignature: 'c2ln' }] },
  { role: 'user', parts: [{ text: 'Thanks' }] },
]
const REQUEST = { contents: CONTENTS, systemInstruction: { role: 'system', parts: [{ text: 'You watch a boiler.' }] } }

describe('fromGemini()', () => {
  it('makes an item of each call, response and other text, with the content at the first', () => {
    const items = fromGemini(REQUEST, SESSION)
    expect(items.map(brief)).toEqual([
      ['system_message', 'You watch a boiler.'],
      ['user_message', 'What do the gauges say?\n[image]'],
      ['tool_call', 'I read both.\ngauge({"nr":1})', 'gauge'],
      ['tool_call', 'gauge({"nr":2})', 'gauge-2'],
      ['tool_result', '3 bar', 'gauge'],
      ['tool_result', '{"bar":5}', 'gauge-2'],
      ['user_message', 'And now?\n[image]'],
      ['assistant_message', 'Five bar.\n'],
      ['user_message', 'Thanks'],
    ])
    expect(items.filter(({ payload }) => payload !== undefined)).toHaveLength(6)
  })

  it('makes nothing of an answer without parts, as the API gives where it was cut off', () => {
    expect(fromGemini([{ role: 'model' }, { role: 'model', parts: [] }], SESSION)).toEqual([])
  })

  it('ties calls without ids to results that are added later', () => {
    const ids = CONTENTS.flatMap((content) => fromGemini([content], SESSION)).map(({ callId }) => callId)
    expect(ids.slice(1, 5)).toEqual(['gauge', 'gauge-2', 'gauge', 'gauge-2'])
    const openCalls = new OpenCalls()
    const answer = (output: string): Content => ({
      role: 'user',
      parts: [{ functionResponse: { name: 'gauge', response: { output } } }],
    })
    const oneByOne = [CONTENTS[1] as Content, answer('a'), answer('b')].flatMap((content) =>
      fromGemini([content], SESSION, openCalls),
    )
    expect(oneByOne.map(({ callId }) => callId)).toEqual(['gauge', 'gauge-2', 'gauge', 'gauge-2'])
    expect(geminiProblems(toGemini(stored(oneByOne)))).toEqual([])
  })

  it.each<[unknown, string]>([
    ['text', 'Cannot read Gemini contents: expected an array'],
    [
      [{ role: 'critic', parts: [] }],
      'Cannot read Gemini content 0: role: expected user, model, function or system: received "critic"',
    ],
    [[{ role: 'user' }], 'parts: expected an array: received nothing'],
    [[{ role: 'user', parts: [1] }], 'parts[0]: expected an object: received 1'],
    [[{ role: 'model', parts: [{ functionCall: {} }] }], 'parts[0].functionCall.name: expected text: received nothing'],
  ])('refuses %j', (contents, message) => {
    expect(() => fromGemini(contents as Content[], SESSION)).toThrow(message)
  })
})

describe('toGemini()', () => {
  it('gives back what came', () => {
    const back: { contents: Content[]; systemInstruction?: Content } = toGemini(stored(fromGemini(REQUEST, SESSION)))
    expect(back).toEqual(REQUEST)
    expect(geminiProblems(back)).toEqual([])
    expect(fromGemini(back, SESSION)).toEqual(fromGemini(REQUEST, SESSION))
  })

  it('knows the types of the older package', () => {
    const contents: OlderContent[] = [
      { role: 'user', parts: [{ text: 'Hi' }] },
      { role: 'model', parts: [{ functionCall: { name: 'f', args: {} } }] },
      { role: 'function', parts: [{ functionResponse: { name: 'f', response: { ok: true } } }] },
    ]
    const request = toGemini(stored(fromGemini(contents, SESSION)))
    expect(request.contents).toEqual(contents)
    expectTypeOf(request).toExtend<Parameters<GenerativeModel['generateContent']>[0]>()
  })

  it('says whose a content is that does not say so', () => {
    const request = { contents: [{ parts: [{ text: 'Hi' }] }], systemInstruction: { parts: [{ text: 'Be brief.' }] } }
    expect(toGemini(stored(fromGemini(request, SESSION)))).toEqual({
      contents: [{ role: 'user', parts: [{ text: 'Hi' }] }],
      systemInstruction: { role: 'system', parts: [{ text: 'Be brief.' }] },
    })
  })

  it('keeps of a content what is in the view', () => {
    const items = stored(fromGemini(REQUEST, SESSION))
    const without = (hidden: string) => toGemini(items.filter(({ content }) => content !== hidden))
    expect(without('And now?\n[image]').contents[2]?.parts).toEqual(CONTENTS[2]?.parts?.slice(0, 2))
    const later = toGemini(items.filter(({ callId }) => callId === undefined))
    expect(geminiProblems(later)).toEqual([])
    expect(later.contents[0]?.parts?.map(({ text }) => text)).toEqual([
      'What do the gauges say?',
      undefined,
      'And now?\n[image]',
    ])
    expect(geminiProblems(without('gauge({"nr":2})'))).toEqual([])
  })

  it('joins contents of one role, and lets the user begin', () => {
    const said = (contentType: string) => item(contentType, { contentType })
    const { contents, systemInstruction } = toGemini(
      [
        'assistant_message',
        'user_message',
        'summary',
        'system_message',
        'note',
        'assistant_message',
        'system_message',
      ].map(said),
    )
    expect(contents).toEqual([
      { role: 'user', parts: [{ text: '(The conversation before this is not shown.)' }] },
      { role: 'model', parts: [{ text: 'assistant_message' }] },
      { role: 'user', parts: [{ text: 'user_message' }, { text: 'summary' }] },
      { role: 'model', parts: [{ text: 'note' }, { text: 'assistant_message' }] },
    ])
    expect(systemInstruction).toEqual({
      role: 'system',
      parts: [{ text: 'system_message' }, { text: 'system_message' }],
    })
  })

  it('sends a clipped response in the place of its own', () => {
    const items = stored(fromGemini(REQUEST, SESSION)).map((one) =>
      one.content === '3 bar' ? item('3 […]', { contentType: 'tool_result', callId: 'gauge' }) : one,
    )
    const request = toGemini(items)
    expect(geminiProblems(request)).toEqual([])
    expect(request.contents[1]).toEqual(CONTENTS[1])
    expect(JSON.stringify(request.contents[2])).toContain('3 […]')
  })

  it('repeats the id of a call that has one', () => {
    const contents: Content[] = [
      { role: 'user', parts: [{ text: 'a' }] },
      { role: 'model', parts: [{ functionCall: { id: 'x1', name: 'f', args: {} } }] },
    ]
    const request = toGemini(stored(fromGemini(contents, SESSION)))
    expect(geminiProblems(request)).toEqual([])
    expect(request.contents[2]?.parts?.[0]?.functionResponse).toMatchObject({ id: 'x1', name: 'f' })
  })

  it('leaves out parts that say nothing', () => {
    const contents: Content[] = [
      { role: 'user', parts: [{ text: 'a' }] },
      { role: 'model', parts: [{ text: '' }] },
      { role: 'model', parts: [{ text: 'b' }, { text: '' }] },
    ]
    expect(toGemini(stored(fromGemini(contents, SESSION))).contents).toEqual([
      contents[0],
      { role: 'model', parts: [{ text: 'b' }] },
    ])
  })

  it('is valid without payloads', () => {
    const request = toGemini(withoutPayload(stored(fromGemini(REQUEST, SESSION))))
    expect(geminiProblems(request)).toEqual([])
    expect(request.systemInstruction).toEqual(REQUEST.systemInstruction)
  })

  it('gives nothing for nothing', () => {
    expect(toGemini([])).toEqual({ contents: [] })
  })
})

describe('what came from Gemini', () => {
  it('goes to OpenAI', () => {
    const messages = toOpenAI(stored(fromGemini(REQUEST, SESSION)))
    expect(openaiProblems(messages)).toEqual([])
    expect(messages.slice(2, 6)).toEqual([
      {
        ...{ role: 'assistant', content: 'I read both.' },
        tool_calls: [
          { id: 'gauge', type: 'function', function: { name: 'gauge', arguments: '{"nr":1}' } },
          { id: 'gauge-2', type: 'function', function: { name: 'gauge', arguments: '{"nr":2}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'gauge', content: '3 bar' },
      { role: 'tool', tool_call_id: 'gauge-2', content: '{"bar":5}' },
      { role: 'user', content: 'And now?\n[image]' },
    ])
  })

  it('goes to the AI SDK', () => {
    const messages = toModelMessages(stored(fromGemini(REQUEST, SESSION)))
    expect(messages.map(({ role }) => role)).toEqual([
      'system',
      'user',
      'assistant',
      'tool',
      'user',
      'assistant',
      'user',
    ])
  })
})
