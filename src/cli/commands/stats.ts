import { type Command, type CommandIo, parseCommandArgs } from '../command.ts'
import { readSettings } from '../config.ts'
import { fileFacts } from '../file-facts.ts'
import { MEMORY_FLAGS, MEMORY_HELP } from '../flags.ts'
import { toJson } from '../json-output.ts'
import { withMemory } from '../open-memory.ts'
import { formatBytes } from '../text-layout.ts'

const HELP = `thermocline stats: how much is stored

usage: thermocline stats

${MEMORY_HELP}`

export const statsCommand: Command = { name: 'stats', summary: 'how much is stored', help: HELP, run }

async function run(args: readonly string[], io: CommandIo): Promise<void> {
  const { values } = parseCommandArgs({ args: [...args], options: MEMORY_FLAGS })
  const settings = readSettings(values, io)
  await withMemory(settings, 'existing', async () => {
    const { path } = settings
    const { bytes = 0, walBytes = 0 } = fileFacts(path) ?? {}
    if (values.json) io.out.line(toJson({ path, fileBytes: bytes, walBytes }))
    else io.out.line(`${path}: ${formatBytes(bytes)}${walBytes > 0 ? `, and ${formatBytes(walBytes)} of log` : ''}`)
  })
}
