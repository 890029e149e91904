import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type Command, CommandError, type CommandIo, parseCommandArgs, UsageError } from '../command.ts'
import { readSettings, type Settings } from '../config.ts'
import { MEMORY_FLAGS, MEMORY_HELP, OWNER_FLAGS, oneOf } from '../flags.ts'
import type { SourceAddress } from '../import/draft.ts'
import { type FieldMap, parseFieldMap } from '../import/field-map.ts'
import { type ImportOptions, type ImportReport, importItems } from '../import/import-items.ts'
import { fileProblem, fileSource, type ImportSource, streamSource } from '../import/import-source.ts'
import type { ImportFormat, ReadOptions } from '../import/read-items.ts'
import { problemLines, summaryLines } from '../import/report-lines.ts'
import { keepHeapSmall } from '../import/small-heap.ts'
import { parseTime } from '../import/source-time.ts'
import { toJson } from '../json-output.ts'
import { withMemoryToChange } from '../open-memory.ts'
import { Progress } from '../progress.ts'
import type { Terminal } from '../terminal.ts'
import { formatCount } from '../text-layout.ts'

const FORMATS: readonly ImportFormat[] = ['auto', 'thermocline', 'items', 'openai', 'gemini', 'map']

const HELP = `thermocline import: bring conversations from files into a memory

usage: thermocline import FILE... [--user USER] [--session SESSION]

Reads JSON lines or JSON, and finds out whether it is items of ours, what
"export" wrote, OpenAI's messages or Gemini's contents; docs/import.md has the
shapes. Run again, it goes on where it ended, and adds nothing twice.

  FILE             "-" is standard input
  --format FORMAT  auto, thermocline (for exports), items, openai, gemini or map
  --map MAP        where the fields of another shape lie: JSON, or a file of it
  --user USER, --session SESSION, --tenant TENANT
                   whose the items are where the file doesn't say; the items of
                   an export become theirs
  --created-at T   when it was said where the file doesn't say; unless given,
                   when the file was last changed
  --keep-going     leaves out what is refused; without it, that ends the import
  --dry-run        reads all, says what would be refused, and stores nothing
  --quiet          no progress bar

Ends with code 1 if anything was refused. The memory is made if there is none.

${MEMORY_HELP}`

const FLAGS = {
  ...MEMORY_FLAGS,
  ...OWNER_FLAGS,
  session: { type: 'string' },
  format: { type: 'string' },
  map: { type: 'string' },
  'created-at': { type: 'string' },
  'keep-going': { type: 'boolean' },
  'dry-run': { type: 'boolean' },
  quiet: { type: 'boolean' },
} as const

/** Nothing is read but what was just written, so copies and caches may be small. */
const SMALL_CACHES = { inProcess: { maxBytes: 4 * 1024 * 1024 }, segmentCacheMaxBytes: 1024 * 1024 }

export const importCommand: Command = {
  name: 'import',
  summary: 'bring conversations from files into a memory',
  help: HELP,
  run,
}

async function run(args: readonly string[], io: CommandIo): Promise<void> {
  const { values, positionals } = parseCommandArgs({ args: [...args], allowPositionals: true, options: FLAGS })
  if (positionals.length === 0) throw new UsageError('expected a file, or - for standard input')
  if (new Set(positionals).size < positionals.length) throw new UsageError('expected each file once')
  const { 'dry-run': isDryRun = false, 'keep-going': keepGoing = false, quiet = false } = values
  const settings = readSettings(values, io)
  const options = { ...(await readOptions(values, settings, io)), keepGoing }
  const sources = await Promise.all(positionals.map((file) => openSource(file, io)))
  const progress = new Progress(io.err, { label: isDryRun ? 'reading' : 'importing', unit: 'items', quiet })
  keepHeapSmall()
  const start = performance.now()
  let report: ImportReport
  try {
    report = await importInto(
      isDryRun ? undefined : settings,
      sources,
      {
        ...options,
        onProgress: ({ items, bytesRead, totalBytes }) =>
          progress.update({ done: items, ...(totalBytes !== undefined && { ratio: bytesRead / totalBytes }) }),
      },
      io.err,
    )
  } finally {
    progress.end()
  }
  const seconds = (performance.now() - start) / 1000
  if (values.json) io.out.line(toJson({ ...report, seconds: Number(seconds.toFixed(3)), dryRun: isDryRun }))
  else {
    for (const line of problemLines(report)) io.err.line(line)
    for (const line of summaryLines(report, seconds, isDryRun)) io.out.line(line)
  }
  refuseIncomplete(report, isDryRun)
}

/** @param settings undefined for a dry run */
function importInto(
  settings: Settings | undefined,
  sources: readonly ImportSource[],
  options: ImportOptions,
  err: Terminal,
): Promise<ImportReport> {
  if (settings === undefined) return importItems(undefined, sources, options)
  const small = { ...settings, options: { ...SMALL_CACHES, ...settings.options } }
  return withMemoryToChange(small, 'new or existing', err, (memory) => importItems(memory, sources, options))
}

function openSource(file: string, { input, cwd }: CommandIo): Promise<ImportSource> {
  return file === '-' ? Promise.resolve(streamSource(input)) : fileSource(resolve(cwd, file))
}

interface ReadFlags {
  readonly format?: string
  readonly map?: string
  readonly tenant?: string
  readonly user?: string
  readonly session?: string
  readonly 'created-at'?: string
}

async function readOptions(flags: ReadFlags, settings: Settings, io: CommandIo): Promise<ReadOptions> {
  const { format, map, tenant, user, session, 'created-at': createdAt } = flags
  const named = format === undefined ? undefined : oneOf('--format', format, FORMATS)
  if (map === undefined && named === 'map') throw new UsageError('--map: expected it with --format map')
  if (map !== undefined && named !== undefined && named !== 'map')
    throw new UsageError(`--map: expected no other format beside it: received "${named}"`)
  const moveTo: SourceAddress = {
    ...(tenant !== undefined && { tenantId: tenant }),
    ...(user !== undefined && { userId: user }),
    ...(session !== undefined && { sessionId: session }),
  }
  return {
    ...(named !== undefined && { format: named }),
    ...(map !== undefined && { map: await readMap(map, io) }),
    tenantId: settings.tenantId,
    ...(settings.userId !== undefined && { userId: settings.userId }),
    ...(session !== undefined && { sessionId: session }),
    moveTo,
    ...(createdAt !== undefined && { createdAt: asUsage('--created-at', () => parseTime('time', createdAt)) }),
  }
}

async function readMap(given: string, { cwd }: CommandIo): Promise<FieldMap> {
  if (given.trimStart().startsWith('{')) return asUsage('--map', () => parseFieldMap(given))
  const path = resolve(cwd, given)
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw fileProblem(path, error)
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

/** @throws CommandError where not all is in the memory */
function refuseIncomplete({ complete, failure, refused }: ImportReport, isDryRun: boolean): void {
  if (failure !== undefined) throw new CommandError(`cannot go on: ${failure}; what was stored stays, run it again`)
  if (refused === 0) return
  if (isDryRun) throw new CommandError(`${formatCount(refused)} would be refused`)
  const again = 'mend it and run it again: what is stored stays, what is missing is added'
  throw new CommandError(complete ? `not all was imported; ${again}` : `ended at what was refused; ${again}`)
}
