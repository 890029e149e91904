import { createRequire } from 'node:module'
import { isThermoclineError } from '../index.ts'
import { type Command, CommandError, UsageError } from './command.ts'
import { demoCommand } from './commands/demo.ts'
import { importCommand } from './commands/import.ts'
import { Terminal } from './terminal.ts'
import { oneLine } from './text-layout.ts'

const COMMANDS: readonly Command[] = [importCommand, demoCommand]

/** Runs the command line. @returns the exit code: 0, 1 where it failed, 2 where it was called wrongly */
export async function runCli(args: readonly string[]): Promise<number> {
  const [out, err] = [new Terminal(process.stdout), new Terminal(process.stderr)]
  const [first, ...rest] = args
  const command = COMMANDS.find(({ name }) => name === first)
  try {
    if (first === '--version' || first === '-v') out.line(version())
    else if (first === undefined || first === '--help' || first === '-h' || first === 'help') out.line(help())
    else if (command === undefined) throw new UsageError(`unknown ${kindOf(first)} "${first}"`)
    else if (rest.some((arg) => arg === '--help' || arg === '-h')) out.line(command.help)
    else await command.run(rest, out)
    return 0
  } catch (error) {
    if (error instanceof UsageError) {
      const name = command === undefined ? 'thermocline' : `thermocline ${command.name}`
      err.line(`${name}: ${oneLine(error.message)}; "${name} --help" shows what there is`)
      return 2
    }
    err.line(`thermocline: ${inOneLine(error)}`)
    return 1
  }
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

function kindOf(argument: string): string {
  return argument.startsWith('-') ? 'option' : 'command'
}

/** No stack: it tells a user nothing. The code stays, to look up in docs/errors.md. */
function inOneLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  const isCoded = isThermoclineError(error) && !(error instanceof CommandError)
  return oneLine(isCoded ? `${message} (${error.code})` : message)
}
