import { closeSync, existsSync, openSync, readFileSync, writeSync } from 'node:fs'

/** Written synchronously, line by line: what was written before a SIGKILL is there after it. */
export class LineJournal<T> implements Disposable {
  readonly #file: number

  constructor(path: string) {
    this.#file = openSync(path, 'a')
  }

  write(line: T): void {
    writeSync(this.#file, `${JSON.stringify(line)}\n`)
  }

  [Symbol.dispose](): void {
    closeSync(this.#file)
  }
}

/** All lines of a journal; none where there is no file. */
export function readLines<T>(path: string): readonly T[] {
  if (!existsSync(path)) return []
  // A line that was cut off by the kill says nothing.
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1)
  return lines.map((line) => JSON.parse(line) as T)
}
