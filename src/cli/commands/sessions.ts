import { type Command, type CommandIo, parseCommandArgs } from '../command.ts'
import { ownerOf, readSettings } from '../config.ts'
import { MEMORY_FLAGS, MEMORY_HELP, OWNER_FLAGS, OWNER_HELP, wholeNumber } from '../flags.ts'
import { formatTime } from '../item-view.ts'
import { toJson } from '../json-output.ts'
import { withMemory } from '../open-memory.ts'
import { formatCount, oneLine, padStart } from '../text-layout.ts'

const HELP = `thermocline sessions: list a user's sessions, the newest first

usage: thermocline sessions --user USER

Prints when each was last added to, how many items it holds, and its id.

${OWNER_HELP}
  --limit N        most sessions, 1 to 1000; 50 unless given
  --cursor=CURSOR  goes on where an earlier list ended

${MEMORY_HELP}`

const FLAGS = { ...MEMORY_FLAGS, ...OWNER_FLAGS, limit: { type: 'string' }, cursor: { type: 'string' } } as const

export const sessionsCommand: Command = { name: 'sessions', summary: "list a user's sessions", help: HELP, run }

async function run(args: readonly string[], io: CommandIo): Promise<void> {
  const { values } = parseCommandArgs({ args: [...args], options: FLAGS })
  const settings = readSettings(values, io)
  const query = {
    ...ownerOf(settings),
    ...(values.limit !== undefined && { limit: wholeNumber('--limit', values.limit, 1) }),
    ...(values.cursor !== undefined && { cursor: values.cursor }),
  }
  const page = await withMemory(settings, 'existing', (memory) => memory.listSessions(query))
  if (values.json) return io.out.line(toJson(page))
  for (const { updatedAt, items, sessionId } of page.sessions)
    io.out.line(`${formatTime(updatedAt)}  ${padStart(formatCount(items), 9)}  ${oneLine(sessionId)}`)
  if (page.cursor !== undefined) io.err.line(`there are more: --cursor=${oneLine(page.cursor)}`)
}
