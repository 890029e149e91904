import type OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { fromOpenAI, toGemini, toModelMessages, toOpenAI } from '../../../src/context/index.ts'
import { geminiProblems } from '../../support/message-rules/gemini-rules.ts'
import { openaiProblems } from '../../support/message-rules/openai-rules.ts'
import { item } from '../items.ts'
import { brief, SESSION, stored, withoutPayload } from './stored.ts'

type Message = OpenAI.Chat.Completions.ChatCompletionMessageParam

const call = (id: string, name: string, args = '{}') =>
  ({ id, type: 'function', function: { name, arguments: args } }) as const

const CONVERSATION: Message[] = [
  { role: 'system', content: 'You answer for a bakery.' },
  {
    role: 'user',
    name: 'mira',
    content: [
      { type: 'text', text: 'Is this loaf done?' },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA', detail: 'low' } },
    ],
  },
  {
    role: 'assistant',
    content: 'I look at both ovens.',
    tool_calls: [call('call_a', 'oven', '{"nr":1}'), call('call_b', 'oven', '{ "nr": 2 }')],
  },
  { role: 'tool', tool_call_id: 'call_b', content: [{ type: 'text', text: '210 °C' }] },
  { role: 'tool', tool_call_id: 'call_a', content: 'off' },
  { role: 'assistant', content: null, refusal: "I can't taste it for you." },
  { role: 'user', content: 'Thanks' },
]

describe('fromOpenAI()', () => {
  it('makes an item of each call and of each other message, with the message at the first', () => {
    const items = fromOpenAI(CONVERSATION, { ...SESSION, tenantId: 't' })
    expect(items.map(brief)).toEqual([
      ['system_message', 'You answer for a bakery.'],
      ['user_message', 'Is this loaf done?\n[image]'],
      ['tool_call', 'I look at both ovens.\noven({"nr":1})', 'call_a'],
      ['tool_call', 'oven({ "nr": 2 })', 'call_b'],
      ['tool_result', '210 °C', 'call_b'],
      ['tool_result', 'off', 'call_a'],
      ['assistant_message', "I can't taste it for you."],
      ['user_message', 'Thanks'],
    ])
    expect(items[0]).toEqual({
      ...{ ...SESSION, tenantId: 't', content: 'You answer for a bakery.', contentType: 'system_message' },
      payload: { format: 'openai.chat', data: JSON.stringify(CONVERSATION[0]) },
    })
    expect(items[3]?.payload).toBeUndefined()
  })

  it('ties what was called as functions once were', () => {
    const legacy: Message[] = [
      { role: 'assistant', content: null, function_call: { name: 'price', arguments: '{}' } },
      { role: 'function', name: 'price', content: '0.60' },
    ]
    const items = stored(fromOpenAI(legacy, SESSION))
    expect(items.map(({ callId }) => callId)).toEqual(['price', 'price'])
    expect(toOpenAI(items)).toEqual([
      { role: 'assistant', content: null, tool_calls: [call('price', 'price')] },
      { role: 'tool', tool_call_id: 'price', content: '0.60' },
    ])
  })

  it.each<[string, unknown, object]>([
    [
      'what is no array',
      { role: 'user' },
      { code: 'INVALID_ARGUMENT', message: expect.stringContaining('expected an array') },
    ],
    [
      'an unknown role',
      [
        { role: 'user', content: 'a' },
        { role: 'critic', content: 'b' },
      ],
      {
        code: 'INVALID_ITEM',
        message:
          'Cannot read OpenAI message 1: role: expected system, developer, user, assistant, tool or function: received "critic"',
        details: { message: 1, field: 'role' },
      },
    ],
    [
      'nothing',
      [undefined],
      { code: 'INVALID_ITEM', message: 'Cannot read OpenAI message 0: message: expected an object: received nothing' },
    ],
    [
      'what JSON can not keep',
      [{ role: 'user', content: 'a', more: 1n }],
      { code: 'INVALID_ITEM', message: expect.stringContaining('message: expected what JSON can keep') },
    ],
    ['a part of another API', [{ role: 'user', content: [{ type: 'tool_result' }] }], { code: 'INVALID_ITEM' }],
    ['calls that are no list', [{ role: 'assistant', tool_calls: {} }], { code: 'INVALID_ITEM' }],
    ['a message without content', [{ role: 'user' }], { code: 'INVALID_ITEM' }],
  ])('refuses %s', (_, messages, error) => {
    expect(() => fromOpenAI(messages as Message[], SESSION)).toThrow(expect.objectContaining(error))
  })

  it('refuses what is no session', () => {
    expect(() => fromOpenAI([], undefined as never)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
  })
})

describe('toOpenAI()', () => {
  it('gives back what came, with fields that it does not know', () => {
    const unknown = { role: 'assistant', content: 'x', reasoning_content: 'hm', extra: { deep: [1] } } as Message
    const messages: Message[] = [
      ...CONVERSATION,
      unknown,
      { role: 'developer', content: [{ type: 'text', text: 'y' }] },
    ]
    const back: Message[] = toOpenAI(stored(fromOpenAI(messages, SESSION)))
    expect(back).toEqual(messages)
  })

  it('leaves out empty lists of calls, which the API refuses', () => {
    const messages = [
      { role: 'assistant', content: 'a', name: 'x', tool_calls: null },
      { role: 'assistant', content: 'b', tool_calls: [] },
    ] as unknown as Message[]
    expect(toOpenAI(stored(fromOpenAI(messages, SESSION)))).toEqual([
      { role: 'assistant', content: 'a', name: 'x' },
      { role: 'assistant', content: 'b' },
    ])
  })

  it('takes an answer of the API as it is', () => {
    const answer: OpenAI.Chat.Completions.ChatCompletionMessage = {
      ...{ role: 'assistant', content: null, refusal: null, annotations: [] },
      tool_calls: [call('a', 'f'), { id: 'b', type: 'custom', custom: { name: 'shell', input: 'ls' } }],
    }
    const messages: Message[] = [
      answer,
      { role: 'tool', tool_call_id: 'a', content: '' },
      { role: 'tool', tool_call_id: 'b', content: 'x' },
    ]
    expect(toOpenAI(stored(fromOpenAI(messages, SESSION)))).toEqual(messages)
  })

  it('tells items without a message by their content', () => {
    const messages = toOpenAI(withoutPayload(stored(fromOpenAI(CONVERSATION, SESSION))))
    expect(openaiProblems(messages)).toEqual([])
    expect(messages.slice(1, 5)).toEqual([
      { role: 'user', content: 'Is this loaf done?\n[image]' },
      {
        ...{ role: 'assistant', content: 'I look at both ovens.' },
        tool_calls: [call('call_a', 'oven', '{"nr":1}'), call('call_b', 'oven', '{ "nr": 2 }')],
      },
      { role: 'tool', tool_call_id: 'call_a', content: 'off' },
      { role: 'tool', tool_call_id: 'call_b', content: '210 °C' },
    ])
  })

  it('sends a clipped result with its call as it came', () => {
    const items = stored(fromOpenAI(CONVERSATION, SESSION))
    const clipped = items.map((one) =>
      one.content === 'off' ? item('o […]', { contentType: 'tool_result', callId: 'call_a' }) : one,
    )
    const messages = toOpenAI(clipped)
    expect(openaiProblems(messages)).toEqual([])
    expect(messages.slice(2, 5)).toEqual([
      CONVERSATION[2],
      CONVERSATION[3],
      { role: 'tool', tool_call_id: 'call_a', content: 'o […]' },
    ])
  })

  it('leaves out of a message what was deleted, and tells anew what was edited', () => {
    const items = stored(fromOpenAI(CONVERSATION, SESSION))
    const isOfB = (one: { callId?: string }): boolean => one.callId === 'call_b'
    const deleted = toOpenAI(items.filter((one) => !isOfB(one)))
    expect(openaiProblems(deleted)).toEqual([])
    expect(deleted[2]).toEqual({ ...CONVERSATION[2], tool_calls: [call('call_a', 'oven', '{"nr":1}')] })

    const edited = items.map((one) =>
      isOfB(one) && one.contentType === 'tool_call' ? { ...one, content: 'oven({"nr":3})' } : one,
    )
    expect(openaiProblems(toOpenAI(edited))).toEqual([])
    expect(JSON.stringify(toOpenAI(edited))).not.toContain('\\"nr\\": 2')
  })

  it('sends a summary as the user, system messages as system, notes and types of your own as the assistant', () => {
    const said = (contentType: string) => item(contentType, { contentType })
    const types = ['system_message', 'summary', 'user_message', 'note', 'weather', 'assistant_message']
    expect(toOpenAI(types.map(said))).toEqual([
      { role: 'system', content: 'system_message' },
      { role: 'user', content: 'summary' },
      { role: 'user', content: 'user_message' },
      { role: 'assistant', content: 'note' },
      { role: 'assistant', content: 'weather' },
      { role: 'assistant', content: 'assistant_message' },
    ])
    const own = { format: 'openai.chat', data: '{"role":"assistant","content":"ping","name":"x"}' }
    expect(toOpenAI([item('ping', { contentType: 'ping', payload: own })])).toEqual([JSON.parse(own.data)])
    const posing = item('a summary', {
      contentType: 'summary',
      payload: { format: 'openai.chat', data: '{"role":"system","content":"x"}' },
    })
    expect(toOpenAI([posing])).toEqual([{ role: 'user', content: 'a summary' }])
    expect(toOpenAI([{ ...posing, contentType: 'ping' }])).toEqual([{ role: 'assistant', content: 'a summary' }])
  })

  it('leaves out messages that say nothing', () => {
    expect(toOpenAI([item(''), item('', { contentType: 'note' })])).toEqual([])
    expect(toOpenAI(stored(fromOpenAI([{ role: 'assistant', content: null } as Message], SESSION)))).toEqual([])
  })

  it('answers a call that nobody answered', () => {
    const [user, asked] = [CONVERSATION[6] as Message, CONVERSATION[2] as Message]
    const messages = toOpenAI(stored(fromOpenAI([asked, CONVERSATION[3] as Message, user], SESSION)))
    expect(openaiProblems(messages)).toEqual([])
    expect(messages[2]).toEqual({
      role: 'tool',
      tool_call_id: 'call_a',
      content: 'No result was recorded for this call.',
    })
    expect(openaiProblems(toOpenAI(stored(fromOpenAI([user, asked], SESSION))))).toEqual([])
  })

  it('moves a late result to its call, and labels one without a call', () => {
    const late: Message[] = [
      CONVERSATION[2] as Message,
      { role: 'user', content: 'Well?' },
      ...CONVERSATION.slice(3, 5),
    ]
    const messages = toOpenAI(stored(fromOpenAI(late, SESSION)))
    expect(messages.map(({ role }) => role)).toEqual(['assistant', 'tool', 'tool', 'user'])
    const orphans = stored(fromOpenAI([{ role: 'tool', tool_call_id: 'x', content: '7' }], SESSION))
    expect(toOpenAI(orphans)).toEqual([{ role: 'user', content: 'Result of a tool call that is not shown here:\n7' }])
  })

  it('gives calls ids and names that the API takes', () => {
    const long = 'x'.repeat(60)
    const calls = [
      item('weather.now({"a":1})', { contentType: 'tool_call', callId: long }),
      item('not json', { contentType: 'tool_call', callId: `${long}y` }),
      item('{"name":"get","arguments":"{\\"b\\":2}"}', { contentType: 'tool_call' }),
    ]
    const messages = toOpenAI([...calls, item('ok', { contentType: 'tool_result', callId: `${long}y` })])
    expect(openaiProblems(messages)).toEqual([])
    expect(messages[0]).toMatchObject({
      tool_calls: [
        { function: { name: 'weather_now', arguments: '{"a":1}' } },
        { function: { name: 'tool', arguments: '{"input":"not json"}' } },
        { function: { name: 'get', arguments: '{"b":2}' } },
      ],
    })
    expect(messages[2]).toMatchObject({ content: 'ok' })
  })

  it.each([null, [1], [{ content: 'x' }], {}])('refuses %j', (items) => {
    expect(() => toOpenAI(items as never)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
  })

  it.each(['no json', '[]', '{"role":"critic"}'])('goes by the content where the payload is %j', (data) => {
    expect(toOpenAI([item('Hi', { payload: { format: 'openai.chat', data } })])).toEqual([
      { role: 'user', content: 'Hi' },
    ])
  })
})

describe('what came from OpenAI', () => {
  it('goes to Gemini', () => {
    const request = toGemini(stored(fromOpenAI(CONVERSATION, SESSION)))
    expect(geminiProblems(request)).toEqual([])
    expect(request.systemInstruction).toEqual({ role: 'system', parts: [{ text: 'You answer for a bakery.' }] })
    expect(request.contents[1]).toEqual({
      role: 'model',
      parts: [
        { text: 'I look at both ovens.' },
        { functionCall: { name: 'oven', args: { nr: 1 } }, thoughtSignature: 'skip_thought_signature_validator' },
        { functionCall: { name: 'oven', args: { nr: 2 } } },
      ],
    })
    expect(request.contents[2]?.parts?.map((part) => part.functionResponse?.response)).toEqual([
      { output: 'off' },
      { output: '210 °C' },
    ])
  })

  it('goes to the AI SDK', () => {
    const messages = toModelMessages(stored(fromOpenAI(CONVERSATION, SESSION)))
    expect(messages.slice(2, 4)).toEqual([
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'I look at both ovens.' },
          { type: 'tool-call', toolCallId: 'call_a', toolName: 'oven', input: { nr: 1 } },
          { type: 'tool-call', toolCallId: 'call_b', toolName: 'oven', input: { nr: 2 } },
        ],
      },
      {
        role: 'tool',
        content: [
          { type: 'tool-result', toolCallId: 'call_a', toolName: 'oven', output: { type: 'text', value: 'off' } },
          { type: 'tool-result', toolCallId: 'call_b', toolName: 'oven', output: { type: 'text', value: '210 °C' } },
        ],
      },
    ])
  })
})
