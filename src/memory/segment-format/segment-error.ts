import { ThermoclineError } from '../../errors.ts'

/** The error for bytes that no encoder writes. */
export function corrupt(reason: string, cause?: unknown): ThermoclineError {
  return new ThermoclineError(
    'SEGMENT_CORRUPT',
    `Cannot decode segment: ${reason}`,
    cause === undefined ? {} : { cause },
  )
}

/** The error for a segment beyond a limit. `name` says which. */
export function tooLarge(doing: 'encode' | 'decode', name: string, limit: number, received: number): ThermoclineError {
  return new ThermoclineError(
    'SEGMENT_TOO_LARGE',
    `Cannot ${doing} segment: expected at most ${limit} ${name}: received ${received}`,
    { details: { name, limit, received } },
  )
}
