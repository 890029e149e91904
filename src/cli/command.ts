import { type ParseArgsConfig, parseArgs } from 'node:util'
import type { Terminal } from './terminal.ts'

/** One subcommand of the command line. */
export interface Command {
  readonly name: string
  /** A few words for the list of commands. */
  readonly summary: string
  /** What `--help` prints. */
  readonly help: string
  /** @throws UsageError for wrong arguments, and anything else for what went wrong with right ones */
  run(args: readonly string[], terminal: Terminal): Promise<void>
}

/** The user called it wrongly: ends with code 2, after a hint to the help. */
export class UsageError extends Error {}

/** What was asked for can't be done: ends with code 1, and the message is all that is printed. */
export class CommandError extends Error {}

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
    throw new UsageError(error.message.replace(/\. To specify a positional [\s\S]*$/, '').replace(/^U/, 'u'))
  }
}
