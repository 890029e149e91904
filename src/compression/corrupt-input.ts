import { ThermoclineError } from '../errors.ts'
import type { CodecName } from './codec.ts'

/** The error for compressed bytes that do not decompress to what they should. */
export function corruptInput(codec: CodecName, reason: string, cause?: unknown): ThermoclineError {
  const code: unknown = cause instanceof Error ? Reflect.get(cause, 'code') : undefined
  // Of a codec's own error, such as one of memory that was not to be had: then the bytes may be sound.
  const said = typeof code === 'string' ? `${reason} (${code})` : reason
  return new ThermoclineError('SEGMENT_CORRUPT', `Cannot decompress segment: ${codec}: ${said}`, {
    ...(cause !== undefined && { cause }),
    details: { codec },
  })
}
