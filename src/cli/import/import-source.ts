import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { CommandError } from '../command.ts'
import { oneLine } from '../text-layout.ts'

const CHUNK_BYTES = 256 * 1024

/** Where bytes come from: a file, or standard input. */
export interface ImportSource {
  /** For messages: the file's name without its folder. */
  readonly name: string
  /** Undefined where it isn't known before the end. */
  readonly totalBytes: number | undefined
  /** When the file was last changed, in milliseconds since 1970. */
  readonly modifiedAt: number | undefined
  /** From the beginning. @throws CommandError where it can't be read */
  chunks(): AsyncIterable<Buffer>
}

/** @throws CommandError where there is no such file, or it may not be read */
export async function fileSource(path: string): Promise<ImportSource> {
  try {
    const found = await stat(path)
    if (found.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' })
    return {
      name: oneLine(basename(path)),
      // A pipe or a device says 0.
      totalBytes: found.isFile() ? found.size : undefined,
      modifiedAt: found.isFile() ? Math.trunc(found.mtimeMs) : undefined,
      chunks: () => readChunks(path),
    }
  } catch (error) {
    throw fileProblem(path, error)
  }
}

export function streamSource(stream: AsyncIterable<Buffer>): ImportSource {
  return { name: 'standard input', totalBytes: undefined, modifiedAt: undefined, chunks: () => stream }
}

/** What to tell a user of a file that can't be read. */
export function fileProblem(path: string, error: unknown): CommandError {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown'
  const reasons: { readonly [code: string]: string } = {
    ENOENT: 'there is no such file',
    EISDIR: 'it is a folder',
    EACCES: 'it may not be read',
  }
  return new CommandError(`Cannot read ${path}: ${reasons[code] ?? String(error)} (${code})`)
}

async function* readChunks(path: string): AsyncGenerator<Buffer> {
  try {
    yield* createReadStream(path, { highWaterMark: CHUNK_BYTES }) as AsyncIterable<Buffer>
  } catch (error) {
    throw fileProblem(path, error)
  }
}
