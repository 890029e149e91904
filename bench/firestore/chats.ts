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
const MAX_CHATS_PER_FILE = 2

/** Conversations of so many turns: the first of each file in `dataDir` that are long enough, or one that is made up. */
export function chatsOf(turns: number, dataDir: string | undefined): readonly (readonly Turn[])[] {
  const count = 2 * turns
  const chats = dataDir === undefined ? [madeUp(count)] : FILES.flatMap((file) => longIn(join(dataDir, file), count))
  if (chats.length === 0) throw new Error(`Cannot compare: no conversation of ${turns} turns in ${dataDir}`)
  return chats.map((texts) =>
    Array.from({ length: turns }, (_, i): Turn => ({ user: texts[2 * i]!, answer: texts[2 * i + 1]! })),
  )
}

/** Texts of its conversations that have so many. */
function longIn(file: string, count: number): readonly (readonly string[])[] {
  const rows = readFileSync(file, 'utf8').trimEnd().split('\n')
  const items = rows.map((row) => JSON.parse(row) as { readonly _conv: number; readonly content: string })
  // What has no text is a call of a tool, which the two sides keep in ways of their own.
  const conversations = Map.groupBy(
    items.filter(({ content }) => content !== ''),
    ({ _conv }) => _conv,
  )
  return [...conversations.values()]
    .filter(({ length }) => length >= count)
    .slice(0, MAX_CHATS_PER_FILE)
    .map((conversation) => conversation.map(({ content }) => content))
}

function madeUp(messages: number): readonly string[] {
  return Array.from({ length: messages }, (_, i) => `Message ${i}: ${'what was said in this conversation, '.repeat(5)}`)
}
