import { convertToModelMessages, type ModelMessage, type UIMessage } from 'ai'
import { describe, expect, it } from 'vitest'
import {
  fromModelMessages,
  fromOpenAI,
  fromUIMessages,
  type MemoryItem,
  toGemini,
  toModelMessages,
  toOpenAI,
} from '../../../src/context/index.ts'
import { geminiProblems } from '../../support/message-rules/gemini-rules.ts'
import { openaiProblems } from '../../support/message-rules/openai-rules.ts'
import { item } from '../items.ts'
import { brief, SESSION, stored } from './stored.ts'

const provider = { google: { thoughtSignature: 'c2ln' } }

const CHAT: UIMessage[] = [
  {
    id: '1',
    role: 'system',
    parts: [
      { type: 'text', text: 'You watch ' },
      { type: 'text', text: 'a boiler.', providerMetadata: provider },
    ],
  },
  {
    id: '2',
    role: 'user',
    metadata: { at: 1 },
    parts: [
      { type: 'text', text: 'What do the gauges say?' },
      { type: 'file', mediaType: 'image/png', filename: 'a.png', url: 'data:image/png;base64,AAAA' },
      { type: 'data-mood', data: 'cross' },
    ],
  },
  {
    id: '3',
    role: 'assistant',
    parts: [
      { type: 'step-start' },
      { type: 'reasoning', text: 'Two gauges …', providerMetadata: provider },
      { type: 'text', text: 'I read both.' },
      {
        type: 'tool-gauge',
        toolCallId: 'a',
        state: 'output-available',
        input: { nr: 1 },
        output: '3 bar',
        callProviderMetadata: provider,
      },
      {
        type: 'dynamic-tool',
        toolName: 'meter',
        toolCallId: 'b',
        state: 'output-error',
        input: { nr: 2 },
        errorText: 'cold',
      },
      { type: 'tool-gauge', toolCallId: 'c', state: 'input-streaming', input: {} },
      { type: 'step-start' },
      {
        type: 'tool-gauge',
        toolCallId: 'd',
        state: 'output-available',
        input: {},
        output: { bar: 5 },
        approval: { id: 'ap', approved: true },
      },
      {
        type: 'tool-gauge',
        toolCallId: 'e',
        state: 'output-denied',
        input: {},
        approval: { id: 'aq', approved: false, reason: 'No.' },
      },
      {
        type: 'tool-search',
        toolCallId: 'f',
        state: 'output-available',
        input: { q: 1 },
        output: ['x'],
        providerExecuted: true,
      },
      { type: 'source-url', sourceId: 's', url: 'https://example.org' },
      { type: 'step-start' },
      { type: 'text', text: 'Five bar.' },
      { type: 'reasoning-file', mediaType: 'image/png', url: 'data:image/png;base64,BBBB' },
      { type: 'custom', kind: 'openai.compaction' },
    ],
  },
  { id: '4', role: 'user', parts: [{ type: 'text', text: 'Thanks' }] },
]

describe('fromUIMessages()', () => {
  it('gives models what the AI SDK itself gives them', async () => {
    const back: ModelMessage[] = toModelMessages(stored(fromUIMessages(CHAT, SESSION)))
    expect(back).toEqual(await convertToModelMessages(CHAT))
  })

  it('makes an item of each call, result and other message', () => {
    expect(fromUIMessages(CHAT, SESSION).map(brief)).toEqual([
      ['system_message', 'You watch a boiler.'],
      ['user_message', 'What do the gauges say?\n[image a.png]'],
      ['tool_call', 'I read both.\ngauge({"nr":1})', 'a'],
      ['tool_call', 'meter({"nr":2})', 'b'],
      ['tool_result', '3 bar', 'a'],
      ['tool_result', 'cold', 'b'],
      ['tool_call', 'search({"q":1})\n["x"]\ngauge({})', 'd'],
      ['tool_call', 'gauge({})', 'e'],
      ['tool_result', '', 'd'],
      ['tool_result', '{"bar":5}', 'd'],
      ['tool_result', '', 'e'],
      ['tool_result', 'No.', 'e'],
      ['assistant_message', 'Five bar.'],
      ['user_message', 'Thanks'],
    ])
  })

  it.each<UIMessage['parts'][number]>([
    {
      type: 'tool-f',
      toolCallId: 'a',
      state: 'approval-requested',
      input: {},
      approval: { id: 'p', requestReason: 'Why', signature: 's' },
    },
    {
      type: 'tool-f',
      toolCallId: 'a',
      state: 'approval-responded',
      input: {},
      approval: { id: 'p', approved: false, reason: 'No' },
    },
    { type: 'tool-f', toolCallId: 'a', state: 'approval-responded', input: {}, approval: { id: 'p', approved: true } },
    {
      type: 'tool-f',
      toolCallId: 'a',
      state: 'output-error',
      input: undefined,
      rawInput: '{',
      errorText: 'bad',
      providerExecuted: true,
    },
    {
      type: 'dynamic-tool',
      dynamic: false,
      toolName: 'gone',
      toolCallId: 'a',
      state: 'output-available',
      input: {},
      output: 'x',
    },
    { type: 'steering-message', id: 's', parts: [{ type: 'text', text: 'Faster' }] },
    { type: 'file', mediaType: 'image/png', url: '', providerReference: { openai: 'file-1' } },
  ])('does so with %j', async (part) => {
    const user: UIMessage = { id: '1', role: 'user', parts: [{ type: 'text', text: 'a' }] }
    const answer: UIMessage = { id: '2', role: 'assistant', parts: [{ type: 'text', text: 'b' }, part] }
    for (const chat of [
      [user, answer, user],
      [user, answer],
    ]) {
      const expected = await convertToModelMessages(chat)
      const back = toModelMessages(stored(fromUIMessages(chat, SESSION)))
      // Nobody has given leave yet: only then is there something to add.
      expect(back.slice(0, expected.length)).toEqual(expected)
      if (!JSON.stringify(part).includes('approval-requested')) expect(back).toHaveLength(expected.length)
    }
  })

  it.each<[unknown, string]>([
    [7, 'Cannot read UI messages: expected an array'],
    [[{ role: 'user' }], 'Cannot read UI message 0: parts: expected an array: received nothing'],
    [[{ role: 'tool', parts: [] }], 'role: expected system, user or assistant: received "tool"'],
    [[{ role: 'user', parts: [1n] }], 'parts[0]: expected a part with a type: received bigint'],
    [[{ role: 'user', parts: [{}] }], 'parts[0]: expected a part with a type: received {}'],
    [[{ role: 'user', parts: [{ type: 'file', url: 'x' }] }], 'parts[0].url: expected a URL: received "x"'],
  ])('refuses %o', (messages, message) => {
    expect(() => fromUIMessages(messages as UIMessage[], SESSION)).toThrow(message)
  })
})

const MESSAGES: ModelMessage[] = [
  {
    role: 'user',
    content: [
      { type: 'text', text: 'a' },
      { type: 'image', image: new Uint8Array([1, 2, 255]) },
      { type: 'file', mediaType: 'text/plain', data: new URL('https://example.org/a') },
    ],
  },
  {
    role: 'assistant',
    content: [
      { type: 'text', text: 'b' },
      { type: 'tool-call', toolCallId: 'x', toolName: 'f', input: { a: 1 }, providerOptions: provider },
    ],
  },
  {
    role: 'tool',
    content: [
      {
        type: 'tool-result',
        toolCallId: 'x',
        toolName: 'f',
        output: {
          type: 'content',
          value: [
            { type: 'text', text: 'c' },
            { type: 'image-url', url: 'https://example.org' },
          ],
        },
      },
    ],
  },
  { role: 'assistant', content: 'd', providerOptions: provider },
]

describe('fromModelMessages()', () => {
  it('and back gives what came, with bytes and URLs', () => {
    const back: ModelMessage[] = toModelMessages(stored(fromModelMessages(MESSAGES, SESSION)))
    expect(back).toEqual(MESSAGES)
  })

  it('goes to the other APIs', () => {
    const items = stored(fromModelMessages(MESSAGES, SESSION))
    expect(openaiProblems(toOpenAI(items))).toEqual([])
    expect(toOpenAI(items)[2]).toEqual({ role: 'tool', tool_call_id: 'x', content: 'c\n[image]' })
    expect(geminiProblems(toGemini(items))).toEqual([])
  })

  it('answers with a clipped result in the message of the results', () => {
    const items = stored(fromModelMessages(MESSAGES, SESSION)).map((one) =>
      one.content.startsWith('c\n') ? item('c […]', { contentType: 'tool_result', callId: 'x' }) : one,
    )
    expect(toModelMessages(items).slice(1, 3)).toEqual([
      MESSAGES[1],
      {
        role: 'tool',
        content: [{ type: 'tool-result', toolCallId: 'x', toolName: 'f', output: { type: 'text', value: 'c […]' } }],
      },
    ])
  })

  it('keeps what only looks like a URL or bytes of ours', () => {
    const input = { 'thermocline:url': 'https://example.org/', in: { 'thermocline:bytes': 'AA==', 'thermocline:': 1 } }
    const call: ModelMessage = {
      role: 'assistant',
      content: [{ type: 'tool-call', toolCallId: 'x', toolName: 'f', input }],
    }
    const result: ModelMessage = {
      role: 'tool',
      content: [{ type: 'tool-result', toolCallId: 'x', toolName: 'f', output: { type: 'text', value: 'c' } }],
    }
    expect(toModelMessages(stored(fromModelMessages([call, result], SESSION)))).toEqual([call, result])
  })

  it('goes by the content where that was changed in a copy', () => {
    const [first] = stored(fromOpenAI([{ role: 'user', content: 'my code is 1234' }], SESSION))
    expect(toOpenAI([{ ...(first as MemoryItem), content: 'my code is ****' }])).toEqual([
      { role: 'user', content: 'my code is ****' },
    ])
  })

  it.each<[unknown, string]>([
    [[{ role: 'tool', content: 'x' }], 'Cannot read model message 0: content: expected parts: received "x"'],
    [[{ role: 'user', content: 4 }], 'content: expected text or parts: received 4'],
    [[{ role: 'judge', content: '' }], 'role: expected system, user, assistant or tool'],
    [[{ role: 'tool', content: [{ type: 'text' }] }], 'content[0].type: expected tool-result'],
    [[{ role: 'assistant', content: [{ type: 'tool-call' }] }], 'content[0].toolName: expected text: received nothing'],
  ])('refuses %j', (messages, message) => {
    expect(() => fromModelMessages(messages as ModelMessage[], SESSION)).toThrow(message)
  })
})
