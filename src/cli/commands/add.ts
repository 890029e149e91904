import type { NewMemoryItem } from '../../index.ts'
import { type Command, type CommandIo, parseCommandArgs, UsageError } from '../command.ts'
import { ownerOf, readSettings } from '../config.ts'
import { anyNumber, jsonObject, MEMORY_FLAGS, MEMORY_HELP, OWNER_FLAGS, OWNER_HELP, timeOf } from '../flags.ts'
import { toJson } from '../json-output.ts'
import { withMemoryToChange } from '../open-memory.ts'
import { readText } from '../standard-input.ts'

const HELP = `thermocline add: add an item to a session, and print its id

usage: thermocline add --user USER --session SESSION CONTENT
       thermocline add --user USER --session SESSION - < FILE

  CONTENT          the text; "-" reads it from standard input, without the line
                   break at its end; "--" before a text that begins with a dash

${OWNER_HELP}
  --session SESSION
  --type TYPE      user_message (unless given), assistant_message,
                   system_message, tool_call, tool_result, summary, note, ...
  --created-at T   ISO 8601 text or milliseconds since 1970; now unless given
  --call-id ID     ties a tool call to its results
  --metadata JSON  an object
  --importance N   0 (may go first) to 1 (keep)
  --pinned         pruning keeps it
  --key KEY        idempotency key, with --created-at: adding again does nothing

The file is made if there is none.

${MEMORY_HELP}`

const FLAGS = {
  ...MEMORY_FLAGS,
  ...OWNER_FLAGS,
  session: { type: 'string' },
  type: { type: 'string' },
  'created-at': { type: 'string' },
  'call-id': { type: 'string' },
  metadata: { type: 'string' },
  importance: { type: 'string' },
  pinned: { type: 'boolean' },
  key: { type: 'string' },
} as const

export const addCommand: Command = { name: 'add', summary: 'add an item to a session', help: HELP, run }

async function run(args: readonly string[], io: CommandIo): Promise<void> {
  const { values, positionals } = parseCommandArgs({ args: [...args], allowPositionals: true, options: FLAGS })
  const [given] = positionals
  if (given === undefined || positionals.length > 1) {
    throw new UsageError(`expected one content (in quotes, or - for standard input): received ${positionals.length}`)
  }
  if (values.session === undefined) throw new UsageError('expected --session SESSION')
  if (values.key !== undefined && values['created-at'] === undefined)
    throw new UsageError('expected --created-at beside --key: the two together name the item')
  const { session, type, 'created-at': createdAt, 'call-id': callId, metadata, importance, pinned, key } = values
  const settings = readSettings(values, io)
  const owner = ownerOf(settings)
  const item: NewMemoryItem = {
    ...owner,
    sessionId: session,
    contentType: type ?? 'user_message',
    content: given === '-' ? await readText(io.input) : given,
    ...(createdAt !== undefined && { createdAt: timeOf(createdAt) }),
    ...(callId !== undefined && { callId }),
    ...(metadata !== undefined && { metadata: jsonObject('--metadata', metadata) }),
    ...(importance !== undefined && { importance: anyNumber('--importance', importance) }),
    ...(pinned && { pinned }),
    ...(key !== undefined && { idempotencyKey: key }),
  }
  const id = await withMemoryToChange(settings, 'new or existing', io.err, (memory) => memory.addMemoryItem(item))
  io.out.line(values.json ? toJson({ id }) : id)
}
