import { describe, expect, it } from 'vitest'
import { geminiProblems } from '../../support/message-rules/gemini-rules.ts'
import { openaiProblems } from '../../support/message-rules/openai-rules.ts'

const user = { role: 'user', content: 'Hi' }
const call = (...ids: string[]) => ({
  role: 'assistant',
  content: null,
  tool_calls: ids.map((id) => ({ id, type: 'function', function: { name: 'f', arguments: '{}' } })),
})
const tool = (id: string) => ({ role: 'tool', tool_call_id: id, content: '' })

describe("OpenAI's rules", () => {
  it('take a conversation with parallel calls, answered in any order', () => {
    const messages = [
      { role: 'developer', content: 'a' },
      user,
      call('a', 'b'),
      tool('b'),
      tool('a'),
      call('a'),
      tool('a'),
    ]
    expect(openaiProblems([...messages, { role: 'assistant', content: [{ type: 'text', text: 'x' }] }])).toEqual([])
    expect(openaiProblems([{ role: 'assistant', content: null, refusal: 'No.' }])).toEqual([])
  })

  it.each<[string, object[], string]>([
    ['an orphan result', [user, tool('a')], 'messages[1]: a tool message must answer'],
    ['a result of a call before last', [call('a'), tool('a'), user, tool('a')], 'messages[3]: a tool message'],
    ['a second result', [call('a'), tool('a'), tool('a')], 'messages[2]: a tool message'],
    ['a call without a result', [call('a', 'b'), tool('a'), user], 'messages[2]: a message before'],
    ['a message between', [call('a'), user, tool('a')], 'messages[1]: a message before'],
    ['calls at the end', [user, call('a')], 'end: calls without'],
    ['an empty list of calls', [{ role: 'assistant', content: 'x', tool_calls: [] }], 'messages[0]: tool_calls must'],
    ['calls of one id', [call('a', 'a'), tool('a')], 'two calls have the same id'],
    [
      'arguments that are no text',
      [
        { role: 'assistant', tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: {} } }] },
        tool('a'),
      ],
      'arguments must be text',
    ],
    ['a long id', [call('a'.repeat(41)), tool('a'.repeat(41))], 'the id of a call'],
    [
      'a bad name',
      [
        { role: 'assistant', tool_calls: [{ id: 'a', type: 'function', function: { name: 'f g', arguments: '' } }] },
        tool('a'),
      ],
      'name of a function',
    ],
    ['an unknown role', [{ role: 'model', content: 'x' }], 'unknown role model'],
    ['no content', [{ role: 'assistant', content: null }], 'must have content'],
    ['no content of the user', [{ role: 'user', content: [] }], 'content is required'],
  ])('refuse %s', (_, messages, problem) => {
    expect(openaiProblems(messages).join('\n')).toContain(problem)
  })
})

const said = (role: string, ...parts: object[]) => ({ role, parts })
const text = { text: 'x' }
const called = (name: string, id?: string) => ({ functionCall: { name, args: {}, ...(id && { id }) } })
const answer = (name: string, id?: string) => ({ functionResponse: { name, response: {}, ...(id && { id }) } })

describe("Gemini's rules", () => {
  it('take a conversation with parallel calls', () => {
    const contents = [
      said('user', text),
      said('model', text, called('f'), called('f')),
      said('user', answer('f'), answer('f'), text),
      said('model', called('f', '1')),
      said('function', answer('f', '1')),
      said('model', { text: '', thoughtSignature: 'c2ln' }),
    ]
    expect(geminiProblems({ contents, systemInstruction: { parts: [text] } })).toEqual([])
  })

  it.each<[string, object[], string]>([
    ['the model as the first', [said('model', text)], 'contents[0]: the user begins'],
    ['two of a role', [said('user', text), said('user', text)], 'contents[1]: roles must alternate'],
    ['a system content', [said('system', text)], 'unknown role system'],
    ['a response without a call', [said('user', answer('f'))], '1 responses to 0 calls'],
    [
      'too few responses',
      [said('user', text), said('model', called('f'), called('g')), said('user', answer('f'))],
      '1 responses to 2',
    ],
    ['a call that goes on', [said('user', text), said('model', called('f')), said('user', text)], '0 responses to 1'],
    ['a call at the end', [said('user', text), said('model', called('f'))], 'end: calls'],
    [
      'another name',
      [said('user', text), said('model', called('f')), said('user', answer('g'))],
      'a response to no call: g',
    ],
    [
      'another id',
      [said('user', text), said('model', called('f', '1')), said('user', answer('f'))],
      'a response to no call',
    ],
    ['a call of the user', [said('user', called('f'))], 'a call that is not of the model'],
    ['a content without parts', [said('user')], 'parts must not be empty'],
    ['an empty text', [said('user', { text: '' })], 'a part with empty text'],
    ['an empty part', [said('user', { thought: true })], 'a part with empty text'],
  ])('refuse %s', (_, contents, problem) => {
    expect(geminiProblems({ contents }).join('\n')).toContain(problem)
  })

  it('refuse an empty system instruction', () => {
    expect(geminiProblems({ contents: [said('user', text)], systemInstruction: { parts: [] } })).toHaveLength(1)
  })
})
