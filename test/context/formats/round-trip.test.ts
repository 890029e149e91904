import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  ContextPruner,
  fromGemini,
  fromModelMessages,
  fromOpenAI,
  toGemini,
  toModelMessages,
  toOpenAI,
} from '../../../src/context/index.ts'
import type { MemoryItem } from '../../../src/memory/memory-item.ts'
import { aiSDKProblems } from '../../support/message-rules/ai-sdk-rules.ts'
import { geminiProblems } from '../../support/message-rules/gemini-rules.ts'
import { openaiProblems } from '../../support/message-rules/openai-rules.ts'
import { quarterCounter } from '../items.ts'
import { conversation, geminiConversation, modelConversation, openaiConversation, type Round } from './conversations.ts'
import { SESSION, stored, withoutPayload } from './stored.ts'

const SOURCES: Record<string, (rounds: readonly Round[]) => MemoryItem[]> = {
  OpenAI: (rounds) => stored(fromOpenAI(openaiConversation(rounds), SESSION)),
  Gemini: (rounds) => stored(fromGemini(geminiConversation(rounds, true), SESSION)),
  'Gemini without ids': (rounds) => stored(fromGemini(geminiConversation(rounds, false), SESSION)),
  'the AI SDK': (rounds) => stored(fromModelMessages(modelConversation(rounds), SESSION)),
}

function problems(items: readonly MemoryItem[]): string[] {
  return [
    ...openaiProblems(toOpenAI(items)).map((problem) => `OpenAI: ${problem}`),
    ...geminiProblems(toGemini(items)).map((problem) => `Gemini: ${problem}`),
    ...aiSDKProblems(toModelMessages(items)).map((problem) => `AI SDK: ${problem}`),
  ]
}

describe('a conversation', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(conversation, fc.boolean(), (rounds, hasIds) => {
        const messages = openaiConversation(rounds)
        expect(toOpenAI(stored(fromOpenAI(messages, SESSION)))).toEqual(messages)
        const request = geminiConversation(rounds, hasIds)
        expect(toGemini(stored(fromGemini(request, SESSION)))).toEqual(request)
        const modelMessages = modelConversation(rounds)
        expect(toModelMessages(stored(fromModelMessages(modelMessages, SESSION)))).toEqual(modelMessages)
      }),
    )
  })

  it('comes back as it was when it was added message by message', () => {
    fc.assert(
      fc.property(conversation, fc.boolean(), (rounds, hasIds) => {
        const { contents } = geminiConversation(rounds, hasIds)
        const items = contents.flatMap((content) => fromGemini([content], SESSION))
        expect(toGemini(stored(items)).contents).toEqual(contents)
      }),
    )
  })

  describe.each(Object.keys(SOURCES))('of %s', (source) => {
    const itemsOf = SOURCES[source]!

    it('is valid for each API after any pruning', async () => {
      const pruner = new ContextPruner({ tokenCounter: quarterCounter })
      await fc.assert(
        fc.asyncProperty(conversation, fc.integer({ min: 5, max: 500 }), async (rounds, tokenBudget) => {
          const view = await pruner.pruneByTokenBudget(itemsOf(rounds), { tokenBudget }).catch(() => [])
          expect(problems(view)).toEqual([])
        }),
        { numRuns: 100 },
      )
    })

    it('is valid for each API whatever is missing, edited, or in disorder', () => {
      fc.assert(
        fc.property(conversation, fc.infiniteStream(fc.nat(19)), (rounds, dice) => {
          const items = itemsOf(rounds).flatMap((item) => {
            const roll = dice.next().value as number
            if (roll === 0) return []
            const [bare] = withoutPayload([item]) as [MemoryItem]
            if (roll === 1) return [bare]
            return roll === 2 ? [{ ...bare, content: `${item.content}!` }] : [item]
          })
          const at = (dice.next().value as number) % items.length || 0
          const moved = items.splice(at, 1)
          items.splice(dice.next().value as number, 0, ...moved)
          expect(problems(items)).toEqual([])
        }),
        { numRuns: 150 },
      )
    })

    it('says as much to each API as its items do', () => {
      fc.assert(
        fc.property(conversation, (rounds) => {
          const items = itemsOf(rounds)
          const results = items.filter(({ contentType }) => contentType === 'tool_result').map(({ content }) => content)
          const sent = toOpenAI(items).flatMap((message) =>
            message.role === 'tool' ? [message.content as string] : [],
          )
          expect(sent.sort()).toEqual(results.sort())
        }),
        { numRuns: 50 },
      )
    })
  })
})
