import { randomBytes } from 'node:crypto'
import { rmSync, statSync } from 'node:fs'
import { type FileHandle, open, rename } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { CommandError } from './command.ts'

const CHUNK_CHARS = 64 * 1024

/**
 * A file that is there when it is complete, and not before: lines go into another beside it, for its owner only, which
 * takes its name in the end. Whatever ends the process but a SIGKILL removes that other file.
 */
export class OutputFile implements AsyncDisposable {
  readonly #path: string
  readonly #partial: string
  readonly #handle: FileHandle
  readonly #remove: () => void
  #pending = ''
  #isOpen = true

  private constructor(path: string, partial: string, handle: FileHandle) {
    this.#path = path
    this.#partial = partial
    this.#handle = handle
    this.#remove = () => rmSync(partial, { force: true })
    process.once('exit', this.#remove)
  }

  /** @throws CommandError where the file can't be made, or what bears the name is no file */
  static async create(path: string): Promise<OutputFile> {
    const stats = statSync(path, { throwIfNoEntry: false })
    // A device or a folder would be replaced, or stand in the way in the end.
    if (stats !== undefined && !stats.isFile()) throw new CommandError(`Cannot write ${path}: it is not a file`)
    const partial = join(dirname(path), `.${basename(path)}.${randomBytes(4).toString('hex')}.partial`)
    try {
      return new OutputFile(path, partial, await open(partial, 'wx', 0o600))
    } catch (error) {
      throw cannotWrite(path, error)
    }
  }

  async line(text: string): Promise<void> {
    this.#pending += `${text}\n`
    if (this.#pending.length >= CHUNK_CHARS) await this.#flush()
  }

  /** All of it is on the disk, under its name. */
  async complete(): Promise<void> {
    await this.#flush()
    try {
      await this.#handle.sync()
      await this.#close()
      await rename(this.#partial, this.#path)
    } catch (error) {
      throw cannotWrite(this.#path, error)
    }
  }

  /** Removes what is not complete. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close()
    this.#remove()
    process.off('exit', this.#remove)
  }

  async #flush(): Promise<void> {
    const text = this.#pending
    this.#pending = ''
    try {
      await this.#handle.appendFile(text)
    } catch (error) {
      throw cannotWrite(this.#path, error)
    }
  }

  async #close(): Promise<void> {
    if (this.#isOpen) await this.#handle.close()
    this.#isOpen = false
  }
}

function cannotWrite(path: string, error: unknown): CommandError {
  return new CommandError(`Cannot write ${path}: ${error instanceof Error ? error.message : String(error)}`)
}
