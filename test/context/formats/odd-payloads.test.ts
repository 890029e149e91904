import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toGemini, toModelMessages, toOpenAI } from '../../../src/context/index.ts'
import { aiSDKProblems } from '../../support/message-rules/ai-sdk-rules.ts'
import { geminiProblems } from '../../support/message-rules/gemini-rules.ts'
import { openaiProblems } from '../../support/message-rules/openai-rules.ts'
import { item } from '../items.ts'

const odd = fc.constantFrom<unknown>(undefined, null, '', 'x', 0, [], {}, [null], ['x'], { type: 'text' })
const name = fc.constantFrom('f', 'g')
const id = fc.oneof(fc.constantFrom<unknown>('a', 'b'), odd)
const some = (model: Record<string, fc.Arbitrary<unknown>>) => fc.record(model, { requiredKeys: [] })

const openaiCall = some({
  id,
  type: fc.constantFrom('function', 'custom', 'other'),
  function: some({ name, arguments: fc.constantFrom<unknown>('{}', '', 'x', {}, 1) }),
  custom: some({ name, input: fc.constantFrom<unknown>('x', 1) }),
})
const openaiPart = some({
  type: fc.constantFrom('text', 'image_url', 'refusal'),
  text: fc.constantFrom<unknown>('x', '', 1),
})
const openai = some({
  role: fc.constantFrom('user', 'assistant', 'tool', 'system', 'developer', 'function', 'human', 'model'),
  content: fc.oneof(odd, fc.array(openaiPart, { maxLength: 2 })),
  tool_calls: fc.oneof(odd, fc.array(openaiCall, { maxLength: 3 })),
  tool_call_id: id,
  name,
  refusal: odd,
  function_call: fc.oneof(odd, some({ name, arguments: fc.constant('{}') })),
})
const geminiPart = some({
  text: fc.constantFrom<unknown>('x', '', 1, null),
  thought: fc.boolean(),
  functionCall: fc.oneof(odd, some({ id, name, args: fc.constantFrom<unknown>({}, 'x', null) })),
  functionResponse: fc.oneof(odd, some({ id, name, response: odd })),
  inlineData: odd,
})
const gemini = some({
  role: fc.constantFrom('user', 'model', 'function', 'system', 'tool', 'assistant'),
  parts: fc.oneof(odd, fc.array(geminiPart, { maxLength: 3 })),
})
const modelPart = some({
  type: fc.constantFrom(
    'text',
    'file',
    'reasoning',
    'tool-call',
    'tool-result',
    'tool-approval-request',
    'tool-approval-response',
  ),
  text: fc.constantFrom<unknown>('x', '', 1),
  toolCallId: id,
  toolName: fc.oneof(name, odd),
  input: odd,
  output: fc.oneof(odd, some({ type: fc.constantFrom('text', 'json', 'content', 'x'), value: odd })),
  approvalId: id,
  approved: fc.boolean(),
  providerExecuted: fc.boolean(),
})
const model = some({
  role: fc.constantFrom('user', 'assistant', 'tool', 'system'),
  content: fc.oneof(odd, fc.array(modelPart, { maxLength: 3 })),
})
const payload = fc.oneof(
  fc.record({ format: fc.constant('openai.chat'), data: openai.map((one) => JSON.stringify(one)) }),
  fc.record({ format: fc.constant('gemini.content'), data: gemini.map((one) => JSON.stringify(one)) }),
  fc.record({ format: fc.constant('ai.model-message'), data: model.map((one) => JSON.stringify(one)) }),
)
const items = fc.array(
  fc
    .tuple(
      fc.constantFrom(
        'user_message',
        'assistant_message',
        'system_message',
        'tool_call',
        'tool_result',
        'summary',
        'own',
      ),
      fc.constantFrom('', 'x', 'f({})', 'f({'),
      fc.option(fc.constantFrom('a', 'b', 'f', 'c'.repeat(60)), { nil: undefined }),
      payload,
    )
    .map(([contentType, content, callId, one]) =>
      item(content, { contentType, payload: one, ...(callId !== undefined && { callId }) }),
    ),
  { maxLength: 8 },
)

describe('items with payloads of any kind', () => {
  it('give messages that the APIs take', () => {
    fc.assert(
      fc.property(items, (some) => {
        expect(openaiProblems(toOpenAI(some))).toEqual([])
        expect(geminiProblems(toGemini(some))).toEqual([])
        // What each part must have is not looked at: only whether calls and results go together.
        expect(aiSDKProblems(toModelMessages(some)).filter((problem) => !problem.endsWith('schema'))).toEqual([])
      }),
      { numRuns: 500 },
    )
  })
})
