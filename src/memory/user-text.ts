import { type ErrorCode, ThermoclineError } from '../errors.ts'

// C0, DEL and C1: they break logs and terminals, and Redis, Firestore and file systems each treat them in their own way.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/

/** Short text from outside that names something: 1 to `maxBytes` bytes, well-formed, no control characters. */
export function checkUserText(code: ErrorCode, name: string, value: unknown, maxBytes: number): string {
  const problem = problemOf(value, maxBytes)
  if (problem === undefined) return value as string
  throw new ThermoclineError(code, `Cannot use ${name}: ${problem}`, { details: { name } })
}

function problemOf(value: unknown, maxBytes: number): string | undefined {
  if (typeof value !== 'string') return `expected text: received ${value === null ? 'null' : typeof value}`
  if (value === '') return 'expected text: received an empty string'
  // Each UTF-16 unit is at least one byte, so a huge string is refused without being measured.
  if (value.length > maxBytes || Buffer.byteLength(value) > maxBytes)
    return `expected at most ${maxBytes} bytes of UTF-8`
  if (!value.isWellFormed()) return 'expected well-formed text: received a lone surrogate'
  if (CONTROL.test(value)) return 'expected text without control characters'
  return undefined
}
