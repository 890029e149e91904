import { createRequire } from 'node:module'
import { type ErrorCode, isThermoclineError } from '../index.ts'
import { type Command, NotFoundError, SettingsError, UsageError } from './command.ts'
import { addCommand } from './commands/add.ts'
import { demoCommand } from './commands/demo.ts'
import { doctorCommand } from './commands/doctor.ts'
import { eraseCommand } from './commands/erase.ts'
import { exportCommand } from './commands/export.ts'
import { getCommand } from './commands/get.ts'
import { historyCommand } from './commands/history.ts'
import { importCommand } from './commands/import.ts'
import { searchCommand } from './commands/search.ts'
import { sessionsCommand } from './commands/sessions.ts'
import { statsCommand } from './commands/stats.ts'
import { sweepCommand } from './commands/sweep.ts'
import { toJson } from './json-output.ts'
import { nearestWord } from './nearest-word.ts'
import { InterruptedError } from './open-memory.ts'
import { Terminal } from './terminal.ts'
import { oneLine } from './text-layout.ts'

export const COMMANDS: readonly Command[] = [
  addCommand,
  getCommand,
  historyCommand,
  sessionsCommand,
  searchCommand,
  exportCommand,
  importCommand,
  eraseCommand,
  statsCommand,
  sweepCommand,
  doctorCommand,
  demoCommand,
]

/** What a caller gave was wrong, and nothing was done. */
const CALL_CODES: readonly ErrorCode[] = ['INVALID_ID', 'INVALID_ITEM', 'INVALID_ARGUMENT', 'INVALID_OPTION']

/**
 * Runs the command line.
 * @returns the exit code: 0; 1 where it failed; 2 where it was called wrongly; 3 where there is no such item or session;
 * 128 and the number of the signal that ended it
 */
export async function runCli(args: readonly string[]): Promise<number> {
  const [out, err] = [new Terminal(process.stdout), new Terminal(process.stderr)]
  const [first, ...rest] = args
  const flags = rest.slice(0, rest.includes('--') ? rest.indexOf('--') : rest.length)
  const command = COMMANDS.find(({ name }) => name === first)
  try {
    if (first === '--version' || first === '-v') out.line(version())
    else if (first === undefined || first === '--help' || first === '-h' || first === 'help') out.line(help())
    else if (command === undefined) throw new UsageError(unknown(first))
    else if (flags.some((flag) => flag === '--help' || flag === '-h')) out.line(command.help)
    else await command.run(rest, { out, err, input: process.stdin, env: process.env, cwd: process.cwd() })
    return 0
  } catch (error) {
    const failure = failureOf(error)
    const name = command === undefined ? 'thermocline' : `thermocline ${command.name}`
    if (flags.includes('--json')) err.line(toJson({ error: { code: failure.code, message: failure.message } }))
    else err.line(isThermoclineError(error) ? `${name}: ${failure.message} (${failure.code})` : inWords(failure, name))
    return failure.exitCode
  }
}

interface Failure {
  readonly exitCode: number
  /** One of ours for docs/errors.md, or a word for what only the command line knows. */
  readonly code: string
  /** In one line, and without a stack: it tells a user nothing. */
  readonly message: string
}

function failureOf(error: unknown): Failure {
  const message = oneLine(error instanceof Error ? error.message : String(error))
  if (isThermoclineError(error)) return { exitCode: CALL_CODES.includes(error.code) ? 2 : 1, code: error.code, message }
  if (error instanceof UsageError) return { exitCode: 2, code: 'USAGE', message }
  if (error instanceof SettingsError) return { exitCode: 2, code: 'SETTINGS', message }
  if (error instanceof NotFoundError) return { exitCode: 3, code: 'NOT_FOUND', message }
  if (error instanceof InterruptedError) return { exitCode: error.exitCode, code: 'INTERRUPTED', message }
  return { exitCode: 1, code: 'FAILED', message }
}

function inWords({ code, message }: Failure, name: string): string {
  if (code === 'USAGE') return `${name}: ${message}; "${name} --help" shows what there is`
  if (code === 'SETTINGS') return `${name}: ${message}; "thermocline doctor" shows where settings come from`
  return `${name}: ${message}`
}

function help(): string {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length)) + 2
  return [
    'thermocline: tiered memory for AI agents',
    '',
    'usage: thermocline COMMAND [ARGUMENTS]',
    '',
    ...COMMANDS.map(({ name, summary }) => `  ${name.padEnd(width)}${summary}`),
    '',
    '  --help     this text, or that of a command',
    '  --version  the version of the package',
  ].join('\n')
}

function version(): string {
  // By the package's own name: the bundler may put this code into any file of the package.
  const packageFile = createRequire(import.meta.url)('thermocline/package.json') as { readonly version: string }
  return packageFile.version
}

function unknown(argument: string): string {
  if (argument.startsWith('-')) return `unknown option "${argument}"`
  const meant = nearestWord(
    argument,
    COMMANDS.map(({ name }) => name),
  )
  return `unknown command "${argument}"${meant === undefined ? '' : ` (did you mean ${meant}?)`}`
}
