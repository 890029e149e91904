import { type Command, type CommandIo, parseCommandArgs, UsageError } from '../command.ts'
import { ownerOf, readSettings } from '../config.ts'
import { MEMORY_FLAGS, MEMORY_HELP, OWNER_FLAGS, OWNER_HELP, wholeNumber } from '../flags.ts'
import { formatTime } from '../item-view.ts'
import { toJson } from '../json-output.ts'
import { withMemory } from '../open-memory.ts'
import { excerpt, highlight } from '../search-excerpt.ts'
import { clip, plural } from '../text-layout.ts'

const HELP = `thermocline search: find what was said, in all sessions of a user

usage: thermocline search --user USER QUERY

Prints the best first, two lines each: when, in which session and under which
id, then the part of it where words of the query stand.

${OWNER_HELP}
  --session SESSION  only in this session
  --limit N        most items, 1 to 100; 10 unless given

${MEMORY_HELP}`

const FLAGS = { ...MEMORY_FLAGS, ...OWNER_FLAGS, session: { type: 'string' }, limit: { type: 'string' } } as const

export const searchCommand: Command = { name: 'search', summary: 'find what was said', help: HELP, run }

async function run(args: readonly string[], io: CommandIo): Promise<void> {
  const { values, positionals } = parseCommandArgs({ args: [...args], allowPositionals: true, options: FLAGS })
  if (positionals.length === 0) throw new UsageError('expected a query')
  const query = positionals.join(' ')
  const settings = readSettings(values, io)
  const options = {
    ...ownerOf(settings),
    query,
    ...(values.session !== undefined && { sessionId: values.session }),
    ...(values.limit !== undefined && { limit: wholeNumber('--limit', values.limit, 1) }),
  }
  const result = await withMemory(settings, 'existing', (memory) => memory.searchMemory(options))
  const { out, err } = io
  if (values.json) return out.line(toJson(result))
  for (const { item } of result.hits) {
    const head = `${formatTime(item.createdAt)}  ${clip(item.sessionId, 40)}  ${item.id}`
    out.line(out.paint('dim', head))
    out.line(
      `  ${highlight(excerpt(item.content, query, out.columns - 2), query, (text) => out.paint('yellow', text))}`,
    )
  }
  if (result.hits.length === 0) err.line('nothing was found')
  if (!result.complete) err.line(`only the newest ${plural(result.sessionsSearched, 'session')} could be searched`)
}
