import { Writable } from 'node:stream'
import { Terminal } from '../../src/cli/terminal.ts'

/** A terminal that remembers what was written to it. */
export class CapturedTerminal extends Terminal {
  readonly writes: string[]

  constructor({ isTTY = false, columns = 80 }: { readonly isTTY?: boolean; readonly columns?: number } = {}) {
    const writes: string[] = []
    const stream = new Writable({
      write(chunk, _, done) {
        writes.push(String(chunk))
        done()
      },
    })
    super(Object.assign(stream, { isTTY, columns }))
    this.writes = writes
  }

  get text(): string {
    return this.writes.join('')
  }
}
