import { type Command, type CommandIo, NotFoundError, parseCommandArgs, UsageError } from '../command.ts'
import { readSettings } from '../config.ts'
import { MEMORY_FLAGS, MEMORY_HELP } from '../flags.ts'
import { itemLines } from '../item-view.ts'
import { toJson } from '../json-output.ts'
import { withMemory } from '../open-memory.ts'

const HELP = `thermocline get: print an item

usage: thermocline get ID

  ID               as "add" and "history --json" print it

Ends with code 3 where there is no such item.

${MEMORY_HELP}`

export const getCommand: Command = { name: 'get', summary: 'print an item by its id', help: HELP, run }

async function run(args: readonly string[], io: CommandIo): Promise<void> {
  const { values, positionals } = parseCommandArgs({ args: [...args], allowPositionals: true, options: MEMORY_FLAGS })
  const [id] = positionals
  if (id === undefined || positionals.length > 1)
    throw new UsageError(`expected one id: received ${positionals.length}`)
  const item = await withMemory(readSettings(values, io), 'existing', (memory) =>
    memory.getMemoryItem(id, { peek: true }),
  )
  if (item === undefined) throw new NotFoundError(`there is no item ${id}`)
  if (values.json) io.out.line(toJson(item))
  else for (const line of itemLines(item, io.out)) io.out.line(line)
}
