import { AIMessage, HumanMessage, trimMessages } from '@langchain/core/messages'
import MiniSearch from 'minisearch'
import type { Conversation } from './conversations.ts'

/** Places of the items that are kept within a budget. */
export type Method = (question: string, tokenBudget: number) => Promise<Iterable<number>>

/** The newest items back to the first that doesn't fit. */
export function recency(tokens: readonly number[]): Method {
  return async (_, tokenBudget) => {
    let left = tokenBudget
    let first = tokens.length
    while (first > 0 && tokens[first - 1]! <= left) left -= tokens[--first]!
    return places(first, tokens.length)
  }
}

/** MiniSearch as it comes, over the text with its speaker; the best items that fit. */
export function miniSearch({ history }: Conversation, tokens: readonly number[]): Method {
  const index = new MiniSearch<{ id: number; text: string }>({ fields: ['text'] })
  index.addAll(history.map(({ content, metadata }, id) => ({ id, text: `${metadata?._speaker}: ${content}` })))
  return async (question, tokenBudget) => {
    let left = tokenBudget
    return index
      .search(question)
      .map(({ id }) => id as number)
      .filter((place) => {
        if (tokens[place]! > left) return false
        left -= tokens[place]!
        return true
      })
  }
}

/** LangChain's, with the same counts. */
export function langChain({ history }: Conversation, tokens: readonly number[]): Method {
  const counts = new Map(history.map(({ content }, place) => [content, tokens[place]!]))
  const messages = history.map(({ content, contentType }) =>
    contentType === 'user_message' ? new HumanMessage(content) : new AIMessage(content),
  )
  return async (_, maxTokens) => {
    const kept = await trimMessages(messages, {
      maxTokens,
      strategy: 'last',
      tokenCounter: (some) => some.reduce((sum, { content }) => sum + counts.get(content as string)!, 0),
    })
    return places(history.length - kept.length, history.length)
  }
}

function places(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from }, (_, i) => from + i)
}
