import type { Content } from '@google/genai'
import type { ModelMessage } from 'ai'
import type OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import {
  fromGemini,
  fromModelMessages,
  fromOpenAI,
  toGemini,
  toModelMessages,
  toOpenAI,
} from '../../../src/context/index.ts'
import { SESSION, stored } from './stored.ts'

type OpenAIMessage = OpenAI.Chat.Completions.ChatCompletionMessageParam

const contentsOf = (items: readonly { readonly content: string }[]): string[] => items.map(({ content }) => content)

describe('parts without text', () => {
  it('have a mark in the content, in their place: OpenAI', () => {
    const messages: OpenAIMessage[] = [
      {
        role: 'user',
        content: [
          { type: 'image_url', image_url: { url: 'https://example.org/a.png' } },
          { type: 'text', text: 'this one, or' },
          { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } },
          { type: 'file', file: { filename: 'report.pdf', file_data: 'AAAA' } },
        ],
      },
      { role: 'assistant', audio: { id: 'audio_1' } },
    ]
    const items = fromOpenAI(messages, SESSION)
    expect(contentsOf(items)).toEqual(['[image]\nthis one, or\n[audio]\n[file report.pdf]', '[audio]'])
    expect(toOpenAI(stored(items))).toEqual(messages)
    expect(toGemini(stored(items)).contents[0]).toEqual({
      role: 'user',
      parts: [{ text: '[image]\nthis one, or\n[audio]\n[file report.pdf]' }],
    })
  })

  it('have a mark in the content, in their place: Gemini', () => {
    const contents: Content[] = [
      {
        role: 'user',
        parts: [
          { inlineData: { mimeType: 'image/png', data: 'AAAA' } },
          { text: 'or' },
          { fileData: { mimeType: 'video/mp4', fileUri: 'gs://a/b', displayName: 'oven.mp4' } },
          { fileData: { fileUri: 'gs://a/c' } },
        ],
      },
      { role: 'model', parts: [{ text: 'hm', thought: true }, { functionCall: { name: 'look', args: {} } }] },
      {
        role: 'user',
        parts: [
          {
            functionResponse: {
              name: 'look',
              response: { output: 'seen' },
              parts: [{ inlineData: { mimeType: 'image/png', data: 'AAAA' } }],
            },
          },
          { inlineData: { mimeType: 'image/png', data: 'BBBB' } },
        ],
      },
    ]
    const items = fromGemini(contents, SESSION)
    expect(contentsOf(items)).toEqual(['[image]\nor\n[video oven.mp4]\n[file]', 'look({})', 'seen\n[image]', '[image]'])
    expect(toGemini(stored(items)).contents).toEqual(contents)
  })

  it('have a mark in the content, in their place: the AI SDK', () => {
    const messages: ModelMessage[] = [
      {
        role: 'user',
        content: [
          { type: 'image', image: new Uint8Array([1]) },
          { type: 'file', mediaType: 'audio/mpeg', data: 'AAAA', filename: 'a song.mp3' },
          { type: 'file', mediaType: 'text/plain', data: { type: 'text', text: 'its words' }, filename: 'b.txt' },
        ],
      },
      { role: 'assistant', content: [{ type: 'tool-call', toolCallId: 'x', toolName: 'look', input: {} }] },
      {
        role: 'tool',
        content: [
          {
            type: 'tool-result',
            toolCallId: 'x',
            toolName: 'look',
            output: { type: 'content', value: [{ type: 'image-data', data: 'AAAA', mediaType: 'image/png' }] },
          },
        ],
      },
    ]
    const items = fromModelMessages(messages, SESSION)
    expect(contentsOf(items)).toEqual(['[image]\n[audio a song.mp3]\n[file b.txt]\nits words', 'look({})', '[image]'])
    expect(toModelMessages(stored(items))).toEqual(messages)
  })

  it('have none for what a model thought', () => {
    const thought: Content[] = [{ role: 'model', parts: [{ text: 'hm', thought: true }] }]
    expect(contentsOf(fromGemini(thought, SESSION))).toEqual([''])
    const reasoning: ModelMessage[] = [{ role: 'assistant', content: [{ type: 'reasoning', text: 'hm' }] }]
    expect(contentsOf(fromModelMessages(reasoning, SESSION))).toEqual([''])
  })

  it('have names that stay within the mark', () => {
    const file = (filename: string): OpenAIMessage => ({
      role: 'user',
      content: [{ type: 'file', file: { filename } }],
    })
    expect(contentsOf(fromOpenAI([file('a]\n[b.pdf'), file('\n'), file('😀'.repeat(100))], SESSION))).toEqual([
      '[file a b.pdf]',
      '[file]',
      `[file ${'😀'.repeat(80)}]`,
    ])
  })
})
