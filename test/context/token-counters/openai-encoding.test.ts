import { modelToEncodingMap } from 'gpt-tokenizer/mapping'
import models from 'tiktoken/model_to_encoding.json' with { type: 'json' }
import { describe, expect, it } from 'vitest'
import { openAIEncodingOf } from '../../../src/context/token-counters/openai-encoding.ts'

/** o200k_harmony has the ranks of o200k_base, and special tokens of its own. */
const BASE: Record<string, string> = { o200k_harmony: 'o200k_base' }
// Completion models without a prefix that would tell.
const PLAIN = new Set(['babbage-002', 'davinci-002'])

describe('openAIEncodingOf()', () => {
  it.each([
    ['gpt-tokenizer', modelToEncodingMap],
    ['tiktoken', models],
  ])('agrees with the table of %s', (_, table: Record<string, string>) => {
    const known = Object.entries(table)
      .map(([model, encoding]) => [model, BASE[encoding] ?? encoding] as const)
      .filter(([model, encoding]) => ['o200k_base', 'cl100k_base'].includes(encoding) && !PLAIN.has(model))
    expect(known.length).toBeGreaterThan(15)
    expect(known.filter(([model, encoding]) => openAIEncodingOf(model) !== encoding)).toEqual([])
  })

  it.each(['', 'gpt2', 'davinci', 'claude-4', 'gemini-2.5-flash', 'omni', undefined])(
    'knows nothing of %j',
    (model) => {
      expect(() => openAIEncodingOf(model as never)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
    },
  )
})
