import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What a user said, and what was answered. */
export interface Turn {
  readonly user: string
  readonly answer: string
}

/** Text of people, and of an agent with its tools. */
const FILES = ['locomo-items.jsonl', 'taubench-items.jsonl']
/** LangChain reads 40,000 documents for one chat of 200 turns. */
const MAX_CHATS = 4

/** Conversations of so many turns: the first in `dataDir` that are long enough, or one that is made up. */
export function chatsOf(turns: number, dataDir: string | undefined): readonly (readonly Turn[])[] {
  const conversations = dataDir === undefined ? [madeUp(2 * turns)] : conversationsIn(dataDir)
  const chats = conversations
    .filter((messages) => messages.length >= 2 * turns)
    .slice(0, MAX_CHATS)
    .map((messages) =>
      Array.from({ length: turns }, (_, i): Turn => ({ user: messages[2 * i]!, answer: messages[2 * i + 1]! })),
    )
  if (chats.length === 0) throw new Error(`Cannot compare: no conversation of ${turns} turns in ${dataDir}`)
  return chats
}

function conversationsIn(dataDir: string): readonly (readonly string[])[] {
  return FILES.flatMap((file) => {
    const rows = readFileSync(join(dataDir, file), 'utf8').trimEnd().split('\n')
    const items = rows.map((row) => JSON.parse(row) as { readonly _conv: number; readonly content: string })
    return [...Map.groupBy(items, ({ _conv }) => _conv).values()].map((conversation) =>
      // Neither side keeps messages without a text in the same way.
      conversation.map(({ content }) => content).filter((content) => content !== ''),
    )
  })
}

function madeUp(messages: number): readonly string[] {
  return Array.from({ length: messages }, (_, i) => `Message ${i}: ${'what was said in this conversation, '.repeat(5)}`)
}
