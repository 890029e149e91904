import { createInterface } from 'node:readline'
import { CommandError, type CommandIo, UsageError } from './command.ts'
import { oneLine } from './text-layout.ts'

/**
 * Asks a person to type a word before something is done that can't be undone.
 * @throws UsageError where nobody is there to be asked; CommandError where the answer is another word
 */
export async function confirm(question: string, word: string, { input, err }: CommandIo): Promise<void> {
  if (!(input.isTTY && err.isInteractive)) throw new UsageError('expected --yes: there is nobody to be asked')
  err.ask(`${oneLine(question)}\nType ${oneLine(word)} to go on: `)
  const lines = createInterface({ input })
  try {
    for await (const line of lines) {
      if (line.trim() === word) return
      break
    }
  } finally {
    lines.close()
  }
  throw new CommandError('nothing was erased')
}
