import { ThermoclineError } from '../errors.ts'
import type { CodecName } from './codec.ts'

/** The error for compressed bytes that do not decompress to what they should. */
export function corruptInput(codec: CodecName, reason: string, cause?: unknown): ThermoclineError {
  return new ThermoclineError('SEGMENT_CORRUPT', `Cannot decompress segment: ${codec}: ${reason}`, {
    ...(cause !== undefined && { cause }),
    details: { codec },
  })
}
