import type { HistoryQuery, MemoryItem, SessionAddress, TieredStorageManager } from '../../index.ts'
import { type Command, type CommandIo, NotFoundError, parseCommandArgs, UsageError } from '../command.ts'
import { ownerOf, readSettings } from '../config.ts'
import { idOrTime, MEMORY_FLAGS, MEMORY_HELP, OWNER_FLAGS, OWNER_HELP, oneOf, wholeNumber } from '../flags.ts'
import { itemLine } from '../item-view.ts'
import { toJson } from '../json-output.ts'
import { withMemory } from '../open-memory.ts'

const HELP = `thermocline history: print what was said in a session

usage: thermocline history --user USER --session SESSION

Prints an item a line, oldest first; on a terminal each is cut to its width.
"get" prints one in full, and --json prints them as JSON lines.

${OWNER_HELP}
  --session SESSION
  --limit N        most items
  --from END       newest (unless given) or oldest: where --limit counts from
  --order END      oldest (unless given) or newest first
  --max-tokens N   as many as have no more tokens together
  --after X        what comes after the item of that id, or from that time on
  --before X       what comes before the item of that id, or before that time;
                   times are ISO 8601 text or milliseconds since 1970

Ends with code 3 where there is no such session.

${MEMORY_HELP}`

const FLAGS = {
  ...MEMORY_FLAGS,
  ...OWNER_FLAGS,
  session: { type: 'string' },
  limit: { type: 'string' },
  from: { type: 'string' },
  order: { type: 'string' },
  after: { type: 'string' },
  before: { type: 'string' },
  'max-tokens': { type: 'string' },
} as const

export const historyCommand: Command = { name: 'history', summary: 'print the items of a session', help: HELP, run }

async function run(args: readonly string[], io: CommandIo): Promise<void> {
  const { values } = parseCommandArgs({ args: [...args], options: FLAGS })
  const { session: sessionId, limit, from, order, after, before, 'max-tokens': maxTokens, json } = values
  if (sessionId === undefined) throw new UsageError('expected --session SESSION')
  const settings = readSettings(values, io)
  const owner = ownerOf(settings)
  const query: SessionAddress & HistoryQuery = {
    ...owner,
    sessionId,
    peek: true,
    ...(maxTokens !== undefined && { maxTokens: wholeNumber('--max-tokens', maxTokens, 1) }),
    ...(limit !== undefined && { limit: wholeNumber('--limit', limit, 1) }),
    ...(from !== undefined && { from: oneOf('--from', from, ['newest', 'oldest']) }),
    ...(order !== undefined && { order: oneOf('--order', order, ['oldest', 'newest']) }),
    ...(after !== undefined && { after: idOrTime(after) }),
    ...(before !== undefined && { before: idOrTime(before) }),
  }
  await withMemory(settings, 'existing', async (memory) => {
    let count = 0
    for await (const item of itemsOf(memory, query)) {
      count += 1
      await io.out.nextLine(json ? toJson(item) : itemLine(item, io.out))
    }
    // A session may well have nothing within a window.
    if (count === 0 && (await memory.getSession({ ...owner, sessionId })) === undefined)
      throw new NotFoundError(`there is no session "${sessionId}" of user "${owner.userId}"`)
  })
}

/** What is bounded is answered as a whole; all else is streamed, however long the session is. */
async function* itemsOf(
  memory: TieredStorageManager,
  query: SessionAddress & HistoryQuery,
): AsyncGenerator<MemoryItem, void, undefined> {
  if (query.limit === undefined && query.maxTokens === undefined) yield* memory.iterateConversationHistory(query)
  else yield* await memory.getConversationHistory(query)
}
