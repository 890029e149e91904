import type { Content } from '@google/genai'
import type { ModelMessage } from 'ai'
import fc from 'fast-check'
import type OpenAI from 'openai'

type OpenAIMessage = OpenAI.Chat.Completions.ChatCompletionMessageParam

/** Calls in parallel, and their results in some order. */
interface Exchange {
  readonly said: string
  readonly calls: readonly {
    readonly id: string
    readonly name: string
    readonly args: Record<string, unknown>
    readonly result: string
  }[]
  readonly answered: readonly number[]
  /** What the user says at once with the results. */
  readonly also: string
}

/** The user says something, the model calls tools some times, and answers. */
export interface Round {
  readonly asked: string
  readonly hasImage: boolean
  readonly exchanges: readonly Exchange[]
  readonly answer: string
}

const text = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
  fc.constantFrom('f({"a":1})', '{"name":"f"}', 'a\nf(\n)', 'word '.repeat(60)),
)
const exchange: fc.Arbitrary<Exchange> = fc
  .record({
    said: fc.oneof(fc.constant(''), text),
    calls: fc.array(
      fc.record({
        name: fc.constantFrom('look', 'find', 'run-it'),
        // JSON has no -0.
        args: fc
          .dictionary(fc.constantFrom('a', 'b'), fc.jsonValue({ maxDepth: 1 }))
          .map((args): Record<string, unknown> => JSON.parse(JSON.stringify(args))),
        result: fc.oneof(text, fc.constant('long '.repeat(150))),
      }),
      { minLength: 1, maxLength: 3 },
    ),
    also: fc.oneof({ weight: 3, arbitrary: fc.constant('') }, { weight: 1, arbitrary: text }),
    seed: fc.nat(1000),
    isNumbered: fc.boolean(),
  })
  .map(({ said, calls, also, seed, isNumbered }) => ({
    ...{ said, also },
    // Some models number their calls anew in each turn.
    calls: calls.map((call, i) => ({ ...call, id: isNumbered ? `call_${i}` : `call_${seed}_${i}` })),
    answered: calls.map((_, i) => i).sort((a, b) => ((seed % 3) - 1) * (a - b)),
  }))

/** Never two messages of a role in succession, but for results. */
export const conversation: fc.Arbitrary<readonly Round[]> = fc.array(
  fc.record({
    asked: text,
    hasImage: fc.boolean(),
    exchanges: fc.array(exchange, { maxLength: 3 }),
    answer: text,
  }),
  { minLength: 1, maxLength: 6 },
)

export function openaiConversation(rounds: readonly Round[]): OpenAIMessage[] {
  return [
    { role: 'system', content: 'Be brief.' },
    ...rounds.flatMap(({ asked, hasImage, exchanges, answer }): OpenAIMessage[] => [
      hasImage
        ? {
            role: 'user',
            content: [
              { type: 'text', text: asked },
              { type: 'image_url', image_url: { url: 'https://example.org/a.png' } },
            ],
          }
        : { role: 'user', content: asked },
      ...exchanges.flatMap(({ said, calls, answered, also }): OpenAIMessage[] => [
        {
          role: 'assistant',
          content: said === '' ? null : said,
          tool_calls: calls.map(({ id, name, args }) => ({
            id,
            type: 'function',
            function: { name, arguments: JSON.stringify(args) },
          })),
        },
        ...answered.map(
          (i): OpenAIMessage => ({ role: 'tool', tool_call_id: calls[i]!.id, content: calls[i]!.result }),
        ),
        ...(also === '' ? [] : [{ role: 'user', content: also } as const]),
      ]),
      { role: 'assistant', content: answer },
    ]),
  ]
}

/** @param hasIds whether calls have ids, as not all of Gemini's have */
export function geminiConversation(
  rounds: readonly Round[],
  hasIds: boolean,
): { contents: Content[]; systemInstruction: Content } {
  const contents = rounds.flatMap(({ asked, hasImage, exchanges, answer }): Content[] => [
    {
      role: 'user',
      parts: [{ text: asked }, ...(hasImage ? [{ inlineData: { mimeType: 'image/png', data: 'AAAA' } }] : [])],
    },
    ...exchanges.flatMap(({ said, calls, also }): Content[] => [
      {
        role: 'model',
        parts: [
          ...(said === '' ? [] : [{ text: said }]),
          ...calls.map(({ id, name, args }, i) => ({
            functionCall: { ...(hasIds && { id }), name, args },
            ...(i === 0 && { thoughtSignature: 'c2ln' }),
          })),
        ],
      },
      {
        role: 'user',
        parts: [
          ...calls.map(({ id, name, result }) => ({
            functionResponse: { ...(hasIds && { id }), name, response: { output: result } },
          })),
          ...(also === '' ? [] : [{ text: also }]),
        ],
      },
    ]),
    { role: 'model', parts: [{ text: answer }] },
  ])
  return { contents, systemInstruction: { role: 'system', parts: [{ text: 'Be brief.' }] } }
}

export function modelConversation(rounds: readonly Round[]): ModelMessage[] {
  return rounds.flatMap(({ asked, hasImage, exchanges, answer }): ModelMessage[] => [
    {
      role: 'user',
      content: hasImage
        ? [
            { type: 'text', text: asked },
            { type: 'image', image: new URL('https://example.org/a.png') },
          ]
        : asked,
    },
    ...exchanges.flatMap(({ said, calls, answered, also }): ModelMessage[] => [
      {
        role: 'assistant',
        content: [
          { type: 'reasoning', text: 'hm' },
          ...(said === '' ? [] : [{ type: 'text' as const, text: said }]),
          ...calls.map(({ id, name, args }) => ({
            type: 'tool-call' as const,
            toolCallId: id,
            toolName: name,
            input: args,
          })),
        ],
      },
      {
        role: 'tool',
        content: answered.map((i) => ({
          type: 'tool-result' as const,
          toolCallId: calls[i]!.id,
          toolName: calls[i]!.name,
          output: { type: 'text' as const, value: calls[i]!.result },
        })),
      },
      ...(also === '' ? [] : [{ role: 'user', content: also } as const]),
    ]),
    { role: 'assistant', content: answer },
  ])
}
