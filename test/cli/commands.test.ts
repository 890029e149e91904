import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type CommandIo, parseCommandArgs, UsageError } from '../../src/cli/command.ts'
import { SETTING_VARIABLES } from '../../src/cli/config.ts'
import { COMMANDS } from '../../src/cli/run-cli.ts'
import { displayWidth } from '../../src/cli/text-layout.ts'
import { ROOT } from '../package/repository.ts'
import { CapturedTerminal } from './captured-terminal.ts'

function ioWithNothing(): CommandIo {
  return { out: new CapturedTerminal(), err: new CapturedTerminal(), input: process.stdin, env: {}, cwd: '/' }
}

describe.each(COMMANDS.map((command) => [command.name, command] as const))('thermocline %s', (name, command) => {
  it('refuses an unknown flag before it does anything', async () => {
    await expect(command.run(['--no-such-flag'], ioWithNothing())).rejects.toThrow(UsageError)
    await expect(command.run(['--no-such-flag=1'], ioWithNothing())).rejects.toThrow("unknown option '--no-such-flag'")
  })

  it('has a help that begins with what it is for, within 80 columns', () => {
    expect(command.help).toMatch(new RegExp(`^thermocline ${name}: .+\n\nusage: thermocline ${name}`))
    expect(Math.max(...command.help.split('\n').map(displayWidth))).toBeLessThanOrEqual(80)
  })
})

describe('docs/command-line.md', () => {
  const markdown = readFileSync(`${ROOT}docs/command-line.md`, 'utf8')

  it.each(COMMANDS.map(({ name }) => name))('has an example of %s', (name) => {
    expect(markdown).toMatch(new RegExp(`^\\| \`${name}\` \\| \`thermocline ${name}\\b.*\` \\| .+ \\|$`, 'm'))
  })

  it('has all variables of the environment, and no other', () => {
    expect(new Set(markdown.match(/THERMOCLINE_\w+/g))).toEqual(new Set(SETTING_VARIABLES))
  })
})

describe('parseCommandArgs()', () => {
  const options = { user: { type: 'string' }, 'dry-run': { type: 'boolean' } } as const

  it.each([
    [['--usr', 'ada'], "unknown option '--usr' (did you mean --user?)"],
    [['--dryrun'], "unknown option '--dryrun' (did you mean --dry-run?)"],
    [['-x'], "unknown option '-x'"],
    [['--user'], "Option '--user <value>' argument missing"],
    [['--dry-run=yes'], "Option '--dry-run' does not take an argument"],
    [['--user', '-5'], "Option '--user' argument is ambiguous."],
    [['stray'], "unexpected argument 'stray'"],
  ])('refuses %j in one line', (args, message) => {
    expect(() => parseCommandArgs({ args, options })).toThrow(UsageError)
    try {
      parseCommandArgs({ args, options })
    } catch (error) {
      expect((error as Error).message.startsWith(message)).toBe(true)
      expect((error as Error).message).not.toContain('\n')
    }
  })
})
