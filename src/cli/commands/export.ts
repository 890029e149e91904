import { resolve } from 'node:path'
import type { SessionInfo, TieredStorageManager } from '../../index.ts'
import { type Command, type CommandIo, NotFoundError, parseCommandArgs } from '../command.ts'
import { ownerOf, readSettings, type Settings } from '../config.ts'
import { type ExportCount, exportLines } from '../export-lines.ts'
import { MEMORY_FLAGS, MEMORY_HELP, OWNER_FLAGS } from '../flags.ts'
import { toJson } from '../json-output.ts'
import { withMemory } from '../open-memory.ts'
import { OutputFile } from '../output-file.ts'
import { Progress } from '../progress.ts'
import { oneLine, plural } from '../text-layout.ts'

const HELP = `thermocline export: write sessions as JSON lines, which "import" reads

usage: thermocline export [--output FILE]

Writes all that is stored, or the part that a flag names:

  --tenant TENANT  of one tenant
  --user USER      of one user; settings do not narrow it, only flags do
  --session SESSION  one session of that user
  --output FILE    a file; it is there when it is complete, for its owner only.
                   Without it, the lines go to standard output
  --quiet          no progress bar

Items are exported as they are when they come to be read; adding goes on.

${MEMORY_HELP}`

const FLAGS = {
  ...MEMORY_FLAGS,
  ...OWNER_FLAGS,
  session: { type: 'string' },
  output: { type: 'string' },
  quiet: { type: 'boolean' },
} as const

interface Part {
  readonly tenant?: string | undefined
  readonly user?: string | undefined
  readonly session?: string | undefined
}

export const exportCommand: Command = { name: 'export', summary: 'write sessions as JSON lines', help: HELP, run }

async function run(args: readonly string[], io: CommandIo): Promise<void> {
  const { values } = parseCommandArgs({ args: [...args], options: FLAGS })
  const settings = readSettings(values, io)
  const { output, quiet = false, json } = values
  const progress = new Progress(io.err, { label: 'exporting', unit: 'items', quiet })
  const count: ExportCount = { sessions: 0, items: 0 }
  const path = output === undefined ? undefined : resolve(io.cwd, output)
  try {
    await withMemory(settings, 'existing', async (memory) => {
      const isWatched = io.err.isInteractive && !quiet
      const total = isWatched ? await itemsOf(memory, values, settings) : undefined
      const lines = exportLines(memory, sessionsOf(memory, values, settings), new Date(), count)
      await write(path, io, lines, () => progress.update({ done: count.items, ...(total !== undefined && { total }) }))
    })
  } finally {
    progress.end()
  }
  if (path === undefined) return
  const { sessions, items } = count
  const what = `exported ${plural(items, 'item')} of ${plural(sessions, 'session')} to ${oneLine(path)}`
  io.out.line(json ? toJson({ path, ...count }) : what)
}

async function write(
  path: string | undefined,
  { out }: CommandIo,
  lines: AsyncIterable<string>,
  onLine: () => void,
): Promise<void> {
  await using file = path === undefined ? undefined : await OutputFile.create(path)
  for await (const line of lines) {
    await (file === undefined ? out.nextLine(line) : file.line(line))
    onLine()
  }
  await file?.complete()
}

async function* sessionsOf(
  memory: TieredStorageManager,
  part: Part,
  settings: Settings,
): AsyncGenerator<SessionInfo, void, undefined> {
  if (part.session !== undefined) {
    const owner = ownerOf(settings)
    const info = await memory.getSession({ ...owner, sessionId: part.session })
    if (info === undefined) throw new NotFoundError(`there is no session "${part.session}" of user "${owner.userId}"`)
    yield info
  } else if (part.user !== undefined) {
    yield* memory.iterateSessions(ownerOf(settings))
  } else {
    for await (const info of memory.iterateSessions())
      if (part.tenant === undefined || info.tenantId === part.tenant) yield info
  }
}

/** How many there will be, for the bar; undefined where only a look at each session would tell. */
async function itemsOf(memory: TieredStorageManager, part: Part, settings: Settings): Promise<number | undefined> {
  if (part.session !== undefined)
    return (await memory.getSession({ ...ownerOf(settings), sessionId: part.session }))?.items
  if (part.user === undefined && part.tenant !== undefined) return undefined
  const { hot, warm, cold } = await memory.getTierCounts(part.user === undefined ? undefined : ownerOf(settings))
  return hot.items + warm.items + cold.items
}
