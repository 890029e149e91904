import { CommandError } from './command.ts'

/** More than an item takes, so that reading ends in time where somebody pipes in a film. */
const MAX_BYTES = 1024 * 1024

/**
 * All of standard input as text, without one line break at its end: `echo` adds it, and nobody said it.
 * @throws CommandError for more than 1 MiB, and for what is not UTF-8
 */
export async function readText(input: AsyncIterable<string | Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of input) {
    chunks.push(Buffer.from(chunk))
    bytes += chunk.length
    if (bytes > MAX_BYTES) throw new CommandError('Cannot read standard input: expected at most 1 MiB: received more')
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
    return text.replace(/\r?\n$/, '')
  } catch {
    throw new CommandError('Cannot read standard input: expected UTF-8')
  }
}
