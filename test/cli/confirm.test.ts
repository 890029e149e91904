import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { CommandError, type CommandIo, UsageError } from '../../src/cli/command.ts'
import { confirm } from '../../src/cli/confirm.ts'
import { CapturedTerminal } from './captured-terminal.ts'

/** Somebody who types a line, at a terminal or not. */
function typing(line: string, isTTY = true): CommandIo & { readonly err: CapturedTerminal } {
  const input = Object.assign(new PassThrough(), { isTTY }) as unknown as NodeJS.ReadStream & PassThrough
  input.end(`${line}\n`)
  return { out: new CapturedTerminal(), err: new CapturedTerminal({ isTTY }), input, env: {}, cwd: '/' }
}

describe('confirm()', () => {
  it('goes on where the word is typed', async () => {
    const io = typing('ada')
    await confirm('This erases all.', 'ada', io)
    expect(io.err.text).toBe('This erases all.\nType ada to go on: ')
  })

  it.each(['', 'yes', 'ADA', 'ada x'])('stops for %j', async (line) => {
    await expect(confirm('This erases all.', 'ada', typing(line))).rejects.toThrow(CommandError)
  })

  it('asks nobody where nobody sits at a terminal', async () => {
    const io = typing('ada', false)
    await expect(confirm('This erases all.', 'ada', io)).rejects.toThrow(UsageError)
    expect(io.err.text).toBe('')
  })
})
