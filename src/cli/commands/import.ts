import { readFile } from 'node:fs/promises'
import { openThermocline } from '../../index.ts'
import { type Command, CommandError, parseCommandArgs, UsageError } from '../command.ts'
import { type FieldMap, parseFieldMap } from '../import/field-map.ts'
import { type ImportReport, importItems } from '../import/import-items.ts'
import { fileProblem, fileSource, type ImportSource, streamSource } from '../import/import-source.ts'
import { interimTarget } from '../import/interim-target.ts'
import type { ImportFormat, ReadOptions } from '../import/read-items.ts'
import { reportLines } from '../import/report-lines.ts'
import { keepHeapSmall } from '../import/small-heap.ts'
import { parseTime } from '../import/source-time.ts'
import type { Terminal } from '../terminal.ts'

const FORMATS: readonly ImportFormat[] = ['auto', 'thermocline', 'items', 'openai', 'gemini', 'map']

const HELP = `thermocline import: brings conversations from elsewhere into a memory

usage: thermocline import FILE... [OPTIONS]

Reads JSON lines or JSON, and tells by itself whether these are items of ours,
what "thermocline export" wrote, OpenAI's messages or Gemini's contents. Run
again, it goes on where it ended, and adds nothing twice. docs/import.md has
the shapes, and how times and sessions are found.

  FILE               "-" is standard input
  --format FORMAT    auto, thermocline, items, openai, gemini or map
  --map FILE|JSON    where the fields lie, for any other shape
  --user U           whose the items are, where the file doesn't say
  --session S        of which session, where the file doesn't say
  --tenant T         of which tenant, where the file doesn't say
                     For exports these three are used in place of the file's own.
  --created-at TIME  when it was said, where the file doesn't say; otherwise
                     when the file was last changed
  --keep-going       leaves out what is refused; otherwise the import ends there
  --dry-run          reads everything, tells all that is refused, stores nothing
  --json             the summary as JSON
  --path DB          the SQLite file. Default: thermocline.db

Ends with code 1 if anything was refused or failed, and 2 if it was called wrongly.`

export const importCommand: Command = {
  name: 'import',
  summary: 'bring conversations from files into a memory',
  help: HELP,
  run,
}

const FLAGS = {
  format: { type: 'string', default: 'auto' },
  map: { type: 'string' },
  tenant: { type: 'string' },
  user: { type: 'string' },
  session: { type: 'string' },
  'created-at': { type: 'string' },
  'keep-going': { type: 'boolean', default: false },
  'dry-run': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  path: { type: 'string' },
} as const

/** An import reads nothing but what it has just written, so copies and caches may be small. */
const SMALL = { tierMigrationInterval: 0, inProcess: { maxBytes: 4 * 1024 * 1024 }, segmentCacheMaxBytes: 1024 * 1024 }

async function run(args: readonly string[], terminal: Terminal): Promise<void> {
  const { values, positionals } = parseCommandArgs({ args: [...args], allowPositionals: true, options: FLAGS })
  if (positionals.length === 0) throw new UsageError('expected a file, or - for standard input')
  if (new Set(positionals).size < positionals.length) throw new UsageError('expected each file once')
  const options = { ...(await readOptions(values)), dryRun: values['dry-run'], keepGoing: values['keep-going'] }
  const sources = await Promise.all(positionals.map(openSource))
  keepHeapSmall()
  const start = performance.now()
  const { memory, close } = await openThermocline(
    // Nothing is to be stored, not even an empty file.
    options.dryRun ? { path: ':memory:' } : { ...SMALL, ...(values.path !== undefined && { path: values.path }) },
  )
  try {
    const report = await importItems(interimTarget(memory), sources, options)
    const seconds = (performance.now() - start) / 1000
    if (values.json)
      terminal.line(JSON.stringify({ ...report, seconds: Number(seconds.toFixed(3)), dryRun: options.dryRun }))
    else for (const line of reportLines(report, seconds, options.dryRun)) terminal.line(line)
    throwUnlessWhole(report)
  } finally {
    await close()
  }
}

function openSource(path: string): Promise<ImportSource> {
  return path === '-' ? Promise.resolve(streamSource(process.stdin as AsyncIterable<Buffer>)) : fileSource(path)
}

async function readOptions(values: {
  readonly format: string
  readonly map?: string
  readonly tenant?: string
  readonly user?: string
  readonly session?: string
  readonly 'created-at'?: string
}): Promise<ReadOptions> {
  const { format, tenant, user, session, 'created-at': createdAt } = values
  if (!FORMATS.includes(format as ImportFormat))
    throw new UsageError(`--format: expected ${FORMATS.join(', ')}: received "${format}"`)
  if (values.map !== undefined && format !== 'auto' && format !== 'map')
    throw new UsageError(`--map: expected the format map with it: received "${format}"`)
  if (values.map === undefined && format === 'map') throw new UsageError('--map: expected it with the format map')
  const map = values.map === undefined ? undefined : await readMap(values.map)
  return {
    format: map === undefined ? (format as ImportFormat) : 'map',
    ...(map !== undefined && { map }),
    ...(tenant !== undefined && { tenantId: tenant }),
    ...(user !== undefined && { userId: user }),
    ...(session !== undefined && { sessionId: session }),
    ...(createdAt !== undefined && { createdAt: asUsage('--created-at', () => parseTime('time', createdAt)) }),
  }
}

async function readMap(given: string): Promise<FieldMap> {
  if (given.trimStart().startsWith('{')) return asUsage('--map', () => parseFieldMap(given))
  const text = await readFile(given, 'utf8').catch((error: unknown) => {
    throw fileProblem(given, error)
  })
  return asUsage(`--map ${given}`, () => parseFieldMap(text))
}

/** A flag that can't be read is a wrong call. */
function asUsage<T>(flag: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw new UsageError(`${flag}: ${(error as Error).message}`)
  }
}

/** @throws CommandError */
function throwUnlessWhole({ complete, failure, refused }: ImportReport): void {
  const again = 'what was stored stays; run it again and it goes on'
  if (failure !== undefined) throw new CommandError(`Cannot go on: ${failure}; ${again}`)
  if (!complete)
    throw new CommandError(`Cannot go on: something was refused, see above; mend it or add --keep-going; ${again}`)
  if (refused > 0)
    throw new CommandError(`${refused} refused, see above; mend them and run it again: the rest is not added twice`)
}
