import { ThermoclineError } from '../errors.ts'

/** Lowest and highest value allowed, and whether it must be whole. */
export type NumberRange = readonly [min: number, max: number, integer: boolean]

/** @throws ThermoclineError `INVALID_OPTION` */
export function checkNumberOption(name: string, value: unknown, [min, max, integer]: NumberRange): void {
  if (typeof value === 'number' && value >= min && value <= max && (!integer || Number.isInteger(value))) return
  throw invalidOption(name, `${integer ? 'a whole number' : 'a number'} from ${min} to ${max}`, value)
}

/** @throws ThermoclineError `INVALID_OPTION` */
export function checkWordOption(name: string, value: unknown, words: readonly unknown[]): void {
  if (words.includes(value)) return
  throw invalidOption(
    name,
    words.map((word) => (typeof word === 'string' ? `"${word}"` : String(word))).join(' or '),
    value,
  )
}

/** @throws ThermoclineError `INVALID_OPTION`; what is left out is fine */
export function checkFunctionOption(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'function') throw invalidOption(name, 'a function', value)
}

export function invalidOption(name: string, expected: string, value: unknown): ThermoclineError {
  const received = typeof value === 'number' || typeof value === 'boolean' ? String(value) : typeof value
  return new ThermoclineError(
    'INVALID_OPTION',
    `Cannot use option ${name}: expected ${expected}: received ${received}`,
    { details: { name } },
  )
}
