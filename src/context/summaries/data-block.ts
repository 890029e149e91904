import { ThermoclineError } from '../../errors.ts'
import { base32 } from '../../lib/base32.ts'

/** Gives that many bytes which nobody can foretell. */
export type RandomBytes = (size: number) => Uint8Array

const BOUNDARY_BYTES = 16
const MAX_DRAWS = 4

export interface DataBlock {
  /** The lines between two lines that are the boundary. */
  readonly text: string
  /** 128 random bits, drawn for this block; it occurs in none of the lines. */
  readonly boundary: string
}

/**
 * Puts lines of data between boundaries that whoever wrote the data can't have known.
 * @throws ThermoclineError `INVALID_OPTION` where the random source gives what is in the data
 */
export function dataBlock(lines: readonly string[], randomBytes: RandomBytes): DataBlock {
  const inner = lines.join('\n')
  for (let draw = 0; draw < MAX_DRAWS; draw += 1) {
    const bytes = randomBytes(BOUNDARY_BYTES)
    if (bytes.length !== BOUNDARY_BYTES) break
    const boundary = `data-${base32(bytes)}`
    if (!inner.includes(boundary)) return { text: `${boundary}\n${inner}\n${boundary}`, boundary }
  }
  throw new ThermoclineError(
    'INVALID_OPTION',
    `Cannot use option randomBytes: expected ${BOUNDARY_BYTES} bytes that nobody can foretell`,
    { details: { name: 'randomBytes' } },
  )
}
