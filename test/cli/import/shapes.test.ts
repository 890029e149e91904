import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { KeyedItem } from '../../../src/cli/import/import-target.ts'
import { FILE_TIME, fieldMap, fixtureSource, jsonLines, readItems, refusals, textSource } from './read-text.ts'

const MIRA = { userId: 'mira', sessionId: 'talk' }

/** What matters of most items. */
function brief({ contentType, content, callId }: KeyedItem): unknown[] {
  return callId === undefined ? [contentType, content] : [contentType, content, callId]
}

function fixture(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../fixtures/import/${name}`, import.meta.url), 'utf8'))
}

/** Payloads as JSON; undefined for items without. */
function payloads(items: readonly KeyedItem[]): unknown[] {
  return items.map(({ payload }) => payload && [payload.format, JSON.parse(payload.data)])
}

describe('items of our own', () => {
  it('keep all they have', async () => {
    const [first, second, third, fourth] = await readItems(fixtureSource('own-items.jsonl'))
    expect(first).toEqual({
      ...{ userId: 'mira', sessionId: 'bike', contentType: 'user_message', content: 'My chain is loose.' },
      ...{ createdAt: Date.UTC(2025, 2, 1, 9), importance: 0.5, pinned: true, metadata: { shop: 'north' } },
      ...{ sequence: 0, idempotencyKey: expect.stringMatching(/^import:hash:/) },
    })
    expect(second).toMatchObject({ callId: 'c1', createdAt: 1_740_819_601_000 })
    expect(second!.payload).toEqual({ format: 'x', data: '{ "raw": 1 }' })
    expect(third).toMatchObject({ callId: 'c1', contentType: 'tool_result', idempotencyKey: 'my-own' })
    expect(third!.createdAt).toBe(Date.UTC(2025, 2, 1, 9, 0, 2))
    expect(fourth).toMatchObject({ tenantId: 'shop', contentType: 'assistant_message' })
    expect(fourth).toMatchObject({ createdAt: 1_740_819_603_000, expiresAt: Date.UTC(2099, 0) })
  })

  it('may be wrapped in an object', async () => {
    const text = JSON.stringify({ ...MIRA, items: [{ contentType: 'note', content: 'a' }] })
    expect(await readItems(textSource(text))).toMatchObject([{ ...MIRA, content: 'a' }])
  })
})

describe("OpenAI's messages", () => {
  it('become items, one for each call, with the message as it was at the first', async () => {
    const items = await readItems(fixtureSource('openai-chat.json'), MIRA)
    expect(items.map(brief)).toEqual([
      ['system_message', 'You answer for a bakery.'],
      ['user_message', 'Is this loaf done?\n[image]\nIt sounds hollow.'],
      ['tool_call', 'I look at both ovens.\noven({"nr":1})', 'call_a'],
      ['tool_call', 'oven({"nr":2})', 'call_b'],
      ['tool_result', '210 °C', 'call_b'],
      ['tool_result', 'off', 'call_a'],
      ['assistant_message', "I can't taste it for you."],
    ])
    const messages = (fixture('openai-chat.json') as unknown[]).map((message) => ['openai.chat', message])
    expect(payloads(items)).toEqual(messages.toSpliced(3, 0, undefined as never))
    expect(items[0]).toMatchObject(MIRA)
  })

  it('may come as a conversation a line, each of which is a session', async () => {
    const items = await readItems(fixtureSource('openai-fine-tuning.jsonl'), { userId: 'mira' })
    expect(items.map((item) => [item.sessionId, ...brief(item)])).toEqual([
      ['openai-fine-tuning-1', 'system_message', 'You are terse.'],
      ['openai-fine-tuning-1', 'user_message', 'Rye or wheat?'],
      ['openai-fine-tuning-1', 'assistant_message', 'Rye.'],
      ['openai-fine-tuning-3', 'user_message', 'What is the price of a bun?'],
      ['openai-fine-tuning-3', 'tool_call', 'price({"of":"bun"})', 'price'],
      ['openai-fine-tuning-3', 'tool_result', '0.60', 'price'],
      ['openai-fine-tuning-3', 'assistant_message', 'Sixty cents.'],
    ])
  })

  it('may come as lines that say their session, which is no part of the message', async () => {
    const text = jsonLines(
      { session: 'a', user: 7, role: 'user', content: 'Hi' },
      { session: 'b', user: 7, role: 'user', content: 'Ho', id: 'm2', created: 1_700_000_000 },
    )
    const items = await readItems(textSource(text))
    expect(items.map(({ userId, sessionId }) => [userId, sessionId])).toEqual([
      ['7', 'a'],
      ['7', 'b'],
    ])
    expect(payloads(items)[0]).toEqual(['openai.chat', { role: 'user', content: 'Hi' }])
    expect(items[1]).toMatchObject({ createdAt: 1_700_000_000_000, idempotencyKey: 'import:id:m2' })
  })

  it('may come as an array of conversations with ids and times of their own', async () => {
    const text = JSON.stringify([
      { id: 'c1', created: 1_700_000_000, messages: [{ role: 'user', content: 'a' }] },
      [{ role: 'user', content: 'b' }],
    ])
    const items = await readItems(textSource(text), { userId: 'mira' })
    expect(items.map(({ sessionId, createdAt }) => [sessionId, createdAt])).toEqual([
      ['c1', 1_700_000_000_000],
      ['talk-2', FILE_TIME],
    ])
  })

  it('may come in conversations within one object, or within a line', async () => {
    const conversation = (content: string) => ({ messages: [{ role: 'user', content }] })
    const conversations = { conversations: [conversation('a'), conversation('b')] }
    const sessions = async (text: string) =>
      (await readItems(textSource(text), { userId: 'mira' })).map(({ sessionId }) => sessionId)
    expect(await sessions(JSON.stringify(conversations))).toEqual(['talk-1', 'talk-2'])
    expect(await sessions(jsonLines(conversations, conversations))).toEqual([
      'talk-1-1',
      'talk-1-2',
      'talk-2-1',
      'talk-2-2',
    ])
  })

  it('with calls that have neither id nor order are tied by name', async () => {
    const call = (name: string) => ({ type: 'function', function: { name, arguments: { a: 1 } } })
    const messages = [
      { role: 'assistant', content: '', tool_calls: [call('f'), call('g')] },
      { role: 'tool', name: 'g', content: 'of g' },
      { role: 'tool', content: 'of f' },
    ]
    const items = await readItems(textSource(JSON.stringify({ messages })), MIRA)
    expect(items.map(brief)).toEqual([
      ['tool_call', 'f({"a":1})', 'f'],
      ['tool_call', 'g({"a":1})', 'g'],
      ['tool_result', 'of g', 'g'],
      ['tool_result', 'of f', 'f'],
    ])
  })
})

describe("Gemini's contents", () => {
  it('become items, with the instruction first and the content as it was at the first of each', async () => {
    const items = await readItems(fixtureSource('gemini-request.json'), MIRA)
    expect(items.map(brief)).toEqual([
      ['system_message', 'You watch a boiler.'],
      ['user_message', 'What do the two gauges say?\n[image]'],
      ['tool_call', 'I read both.\ngauge({"nr":1})', 'gauge'],
      ['tool_call', 'gauge({"nr":2})', 'gauge-2'],
      ['tool_result', '3 bar', 'gauge'],
      ['tool_result', '{"bar":5,"alarm":true}', 'gauge-2'],
      ['assistant_message', 'Three and five bar; the second one gives alarm.'],
    ])
    const { contents, systemInstruction } = fixture('gemini-request.json') as Record<string, unknown[]>
    expect(payloads(items).filter(Boolean)).toEqual([
      ['gemini.content', { ...systemInstruction, role: 'system' }],
      ...contents!.map((content) => ['gemini.content', content]),
    ])
  })

  it('keep ids of calls, and text beside results as an item of its own', async () => {
    const contents = [
      { role: 'model', parts: [{ function_call: { id: 'x', name: 'f' } }, { executableCode: { code: 'print(1)' } }] },
      {
        role: 'user',
        parts: [{ function_response: { id: 'x', name: 'f', response: { result: 'ok' } } }, { text: 'So?' }],
      },
    ]
    const items = await readItems(textSource(JSON.stringify(contents)), MIRA)
    expect(items.map(brief)).toEqual([
      ['tool_call', 'print(1)\nf({})', 'x'],
      ['tool_result', 'ok', 'x'],
      ['user_message', 'So?'],
    ])
  })
})

describe('any other shape', () => {
  it('with bookkeeping of another store is read by a map', async () => {
    const map = fieldMap({
      ...{ id: 'id', userId: 'userId', sessionId: 'sessionId', content: 'content', createdAt: 'createdAt' },
      ...{ role: 'role', contentType: 'contentType', callId: 'toolCallId', metadata: ['toolName'] },
    })
    const items = await readItems(fixtureSource('bookkeeping-items.jsonl'), { map })
    expect(items.map(brief)).toEqual([
      ['user_message', 'Is the ferry late?'],
      ['tool_call', '{"name":"ferry"}', 'call_z'],
      ['tool_result', '12 minutes', 'call_z'],
      ['assistant_message', 'By twelve minutes.'],
    ])
    expect(items.map(({ metadata }) => metadata)).toEqual([
      undefined,
      { toolName: 'ferry' },
      { toolName: 'ferry' },
      undefined,
    ])
    expect(items[0]).toMatchObject({ userId: 'usr_7', sessionId: 'ses_1', createdAt: 1_715_871_995_087 })
    expect(items[0]!.idempotencyKey).toBe('import:id:01A')
  })

  it('with an array in it is read by a map, also from around the array', async () => {
    const values = { customer: 'user_message', agent: 'assistant_message' }
    const map = fieldMap({
      ...{ items: 'turns', content: 'body.text', contentType: { from: ['kind', 'who'], values }, createdAt: 'at' },
      ...{ sessionId: '^.nr', userId: '^.by.login', importance: { value: 0.2 }, metadata: 'rest' },
    })
    const items = await readItems(fixtureSource('tickets.json'), { map })
    expect(items).toEqual([
      {
        ...{ userId: 'ada', sessionId: '41', contentType: 'user_message', content: 'The lamp flickers.' },
        ...{ createdAt: Date.UTC(2025, 1, 3, 10), importance: 0.2, metadata: { mood: 'cross' } },
        ...{ tenantId: undefined, sequence: 0, idempotencyKey: expect.any(String) },
      },
      expect.objectContaining({ contentType: 'assistant_message', metadata: { mood: 'calm' } }),
    ])
  })

  it('takes what is not told from a default', async () => {
    const map = fieldMap({
      content: 'q',
      contentType: { from: 'kind', values: { n: 'note' }, default: 'user_message' },
    })
    const items = await readItems(textSource(jsonLines({ q: 'a' }, { q: 'b', kind: 'n' }, { q: 'c', kind: 'z' })), {
      ...MIRA,
      map,
    })
    expect(items.map(({ contentType }) => contentType)).toEqual(['user_message', 'note', 'user_message'])
  })
})

describe('what is refused', () => {
  it.each<[string, unknown, string]>([
    [
      'an unknown shape',
      { from: 'a', value: 'b' },
      'received an object with from, value; --map says where its fields are',
    ],
    ['text', 'hello', 'message: expected an object: received "hello"'],
    [
      'an unknown role',
      { role: 'critic', content: 'x' },
      'role: expected system, developer, user, assistant, tool or function: received "critic"',
    ],
    ['a number as content', { role: 'user', content: 4 }, 'content: expected text, parts or null: received 4'],
    [
      'text under a name of its own',
      { role: 'human', text: 'hello' },
      'content: expected text, parts or null (--map says where other files have it): received nothing',
    ],
    [
      'parts of another API that look alike',
      { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'oven', input: {} }] },
      'content: expected parts of OpenAI\'s messages: received "tool_use"',
    ],
    ['a part that is none', { role: 'user', content: [4] }, 'content: expected parts that are objects: received 4'],
    ['calls that are no list', { role: 'assistant', tool_calls: {} }, 'tool_calls: expected an array: received {}'],
    [
      'a call without a name',
      { role: 'assistant', tool_calls: [{ id: 'a', function: {} }] },
      'tool_calls[0].function.name: expected text: received nothing',
    ],
    [
      'a time that is none',
      { role: 'user', content: 'x', created_at: 'soon' },
      'created_at: expected an ISO 8601 time or milliseconds or seconds since 1970: received "soon"',
    ],
    ['a part of Gemini that is none', { role: 'user', parts: [1] }, 'parts[0]: expected an object: received 1'],
    [
      'a response without a name',
      { role: 'user', parts: [{ functionResponse: {} }] },
      'parts[0].functionResponse.name: expected text: received nothing',
    ],
    [
      'an importance above 1',
      { contentType: 'note', content: 'x', importance: 2 },
      'importance: expected a number from 0 to 1: received 2',
    ],
    [
      'a pin that is text',
      { contentType: 'note', content: 'x', pinned: 'yes' },
      'pinned: expected true or false: received "yes"',
    ],
    [
      'a payload without data',
      { contentType: 'note', content: 'x', payload: { format: 'f' } },
      'payload.data: expected text: received nothing',
    ],
    [
      'a user id that is an object',
      { contentType: 'note', content: 'x', userId: {} },
      'userId: expected text: received {}',
    ],
  ])('%s, with place, field and what was expected', async (_, value, message) => {
    const good = { contentType: 'note', content: 'fine' }
    expect(await refusals(textSource(jsonLines(good, value, good)), MIRA)).toEqual([
      expect.stringContaining(`talk.jsonl, line 2: `),
    ])
    expect((await refusals(textSource(jsonLines(good, value)), MIRA))[0]).toContain(message)
  })

  it('says which message of a conversation', async () => {
    const text = jsonLines({ messages: [] }, { messages: [{ role: 'user', content: 'a' }, { role: 'nobody' }] })
    expect((await refusals(textSource(text), MIRA))[0]).toContain('talk.jsonl, line 2, message 2: role: ')
  })

  it.each([null, 7, { other: 1 }])('is %j among conversations', async (value) => {
    const text = JSON.stringify({ conversations: [{ messages: [] }, value] })
    expect(await refusals(textSource(text), MIRA)).toEqual([expect.stringContaining('talk.jsonl, conversation 2: ')])
  })

  it('says which element of a list', async () => {
    expect((await refusals(textSource('[\n{"role":"user","content":"a"},\n7]'), MIRA))[0]).toBe(
      'talk.jsonl, element 2 (line 3): message: expected an object: received 7',
    )
  })

  it('says which flag would help', async () => {
    const source = textSource('{"role":"user","content":"a"}')
    expect(await refusals(source)).toEqual([
      'talk.jsonl: userId: expected it in the source or by --user: received nothing',
    ])
    expect((await refusals(source, { userId: 'mira' }))[0]).toContain(
      'sessionId: expected it in the source or by --session',
    )
    const timeless = { ...source, modifiedAt: undefined }
    expect((await refusals(timeless, MIRA))[0]).toContain('createdAt: expected it in the source or by --created-at')
  })

  it('is a value that a map does not translate', async () => {
    const map = fieldMap({ content: 'text', contentType: { from: 'who', values: { me: 'user_message' } } })
    expect((await refusals(textSource('{"text":"a","who":"you"}'), { ...MIRA, map }))[0]).toContain(
      'contentType (who): expected one of me: received "you"',
    )
  })

  it('is an empty file', async () => {
    expect(await refusals(textSource(''), MIRA)).toEqual(['talk.jsonl: there is nothing in it'])
  })
})

describe('a map', () => {
  it.each<[unknown, string]>([
    [[], 'map: expected an object'],
    [{ contentType: 'a' }, 'content: expected where it lies: received nothing'],
    [{ content: 'a' }, 'contentType: expected where it or role lies'],
    [{ content: 'a', role: 'b', when: 'c' }, 'when: expected a field of ours: '],
    [{ content: 'a', role: 4 }, 'role: expected a path or { from, values, default } or { value }: received 4'],
    [{ content: 'a', role: {} }, 'role.from: expected a path or a list of them: received nothing'],
    [{ content: 'a', role: { from: 'b', value: {}, other: 1 } }, 'role.other: expected from, values, default or value'],
    [{ content: 'a', role: { from: 'b', values: [] } }, 'role.values: expected an object'],
    [{ content: 'a', role: 'b', metadata: 'all' }, 'metadata: expected a list of paths or "rest"'],
    [{ content: 'a', role: 'b', items: ['x'] }, 'items: expected a path'],
  ])('%j is refused', (map, message) => {
    expect(() => fieldMap(map)).toThrow(message)
  })
})
