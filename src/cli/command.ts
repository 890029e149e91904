import { type ParseArgsConfig, parseArgs } from 'node:util'
import { nearestWord } from './nearest-word.ts'
import type { Terminal } from './terminal.ts'

/** What a command has of the world around it. */
export interface CommandIo {
  /** What was asked for. With `--json`, JSON and nothing else. */
  readonly out: Terminal
  /** Messages, progress and errors. */
  readonly err: Terminal
  readonly input: NodeJS.ReadStream
  readonly env: NodeJS.ProcessEnv
  readonly cwd: string
}

/** One subcommand of the command line. */
export interface Command {
  readonly name: string
  /** A few words for the list of commands. */
  readonly summary: string
  /** What `--help` prints. */
  readonly help: string
  /** @throws one of the errors below, and anything else for what went wrong beneath */
  run(args: readonly string[], io: CommandIo): Promise<void>
}

/** The user called it wrongly: ends with code 2, after a hint to the help. */
export class UsageError extends Error {}

/** A setting is wrong, wherever it was given: ends with code 2, after a hint to the doctor. */
export class SettingsError extends Error {}

/** What was asked for can't be done: ends with code 1, and the message is all that is printed. */
export class CommandError extends Error {}

/** There is no such item or session: ends with code 3. */
export class NotFoundError extends Error {}

/**
 * Node's parser, strict: what is not declared is refused.
 * @throws UsageError
 */
export function parseCommandArgs<T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs<T>({ strict: true, ...config })
  } catch (error) {
    if (!(error instanceof Error)) throw error
    // Node goes on with advice about arguments that begin with a dash.
    const message = error.message.replace(/\. (To specify a positional|Did you forget)[\s\S]*$/, '').split('\n', 1)[0]!
    throw new UsageError(message.replace(/^U/, 'u') + hint(message, Object.keys(config.options ?? {})))
  }
}

function hint(message: string, known: readonly string[]): string {
  const unknown = /^Unknown option '--([^']+)'/.exec(message)?.[1]
  const meant = unknown === undefined ? undefined : nearestWord(unknown, known)
  return meant === undefined ? '' : ` (did you mean --${meant}?)`
}
