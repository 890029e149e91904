import type { MigrationReport, Moved } from '../../index.ts'
import { type Command, CommandError, type CommandIo, parseCommandArgs } from '../command.ts'
import { readSettings } from '../config.ts'
import { MEMORY_FLAGS, MEMORY_HELP, wholeNumber } from '../flags.ts'
import { toJson } from '../json-output.ts'
import { withMemoryToChange } from '../open-memory.ts'
import { Progress } from '../progress.ts'
import type { Terminal } from '../terminal.ts'
import { formatBytes, formatCount, formatMs, padEnd, padStart, plural } from '../text-layout.ts'

const HELP = `thermocline sweep: move what is due to the tier where it belongs

usage: thermocline sweep

  --dry-run        only say what would be moved
  --all            look at every session, and not only at those that are due:
                   for changed settings to reach old sessions
  --max-sessions N look at no more sessions than that
  --compact        then write the file anew, so that it shrinks to what it
                   holds; nobody can write meanwhile, about 7 ms per MB
  --quiet          no progress bar

A program that has the memory open sweeps by itself every hour. Doing both at
once is safe. Ends with code 1 where a session could not be moved; it is tried
again later.

${MEMORY_HELP}`

const FLAGS = {
  ...MEMORY_FLAGS,
  all: { type: 'boolean' },
  compact: { type: 'boolean' },
  'dry-run': { type: 'boolean' },
  'max-sessions': { type: 'string' },
  quiet: { type: 'boolean' },
} as const

const NAMES = {
  sealed: 'packed into pages',
  archived: 'to cold',
  merged: 'pages merged',
  rehydrated: 'back to warm',
  folded: 'rid of what went',
} as const

export const sweepCommand: Command = {
  name: 'sweep',
  summary: 'move what is due between the tiers',
  help: HELP,
  run,
}

async function run(args: readonly string[], io: CommandIo): Promise<void> {
  const { values } = parseCommandArgs({ args: [...args], options: FLAGS })
  const {
    all = false,
    compact = false,
    'dry-run': dryRun = false,
    'max-sessions': maxSessions,
    quiet = false,
    json,
  } = values
  const most = maxSessions === undefined ? undefined : wholeNumber('--max-sessions', maxSessions, 1)
  const progress = new Progress(io.err, { label: 'sweeping', unit: 'sessions', quiet })
  try {
    const report = await withMemoryToChange(readSettings(values, io), 'existing', io.err, async (memory) => {
      const swept = await memory.runMigration({
        all,
        dryRun,
        ...(most !== undefined && { maxSessions: most }),
        onProgress: ({ sessions, shards, shardCount }) =>
          progress.update({ done: sessions, ratio: shards / shardCount }),
      })
      if (compact && !dryRun) await memory.compact()
      return swept
    })
    progress.end()
    if (json) io.out.line(toJson(report))
    else print(report, io.out)
    refuseFailures(report)
  } finally {
    progress.end()
  }
}

function print(report: MigrationReport, out: Terminal): void {
  const { dryRun, finished, sessions, ratio, durationMs } = report
  out.line(`${plural(sessions, 'session')} looked at in ${formatMs(durationMs)}${finished ? '' : '; more are due'}`)
  const moved = Object.entries(NAMES).map(([kind, name]) => [name, report[kind as keyof typeof NAMES]] as const)
  for (const [name, part] of moved) if (part.items > 0) out.line(movedLine(name, part, dryRun))
  if (moved.every(([, { items }]) => items === 0)) out.line('nothing was due to be moved')
  else if (dryRun) out.line('nothing was changed: --dry-run')
  else out.line(`${ratio.toFixed(1)} times smaller than as JSON`)
}

function movedLine(name: string, { items, rawBytes, bytes }: Moved, dryRun: boolean): string {
  const sizes = dryRun ? formatBytes(rawBytes) : `${formatBytes(rawBytes)} → ${formatBytes(bytes)}`
  return `  ${padEnd(name, 20)}${padStart(formatCount(items), 9)} ${padEnd(items === 1 ? 'item' : 'items', 6)} ${sizes}`
}

function refuseFailures({ failed, sessions, failures: [first] }: MigrationReport): void {
  if (failed === 0) return
  const why = first === undefined ? '' : `: ${first.message} (${first.code})`
  throw new CommandError(`could not move ${failed} of ${plural(sessions, 'session')}${why}`)
}
