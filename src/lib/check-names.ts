import { type ErrorCode, ThermoclineError } from '../errors.ts'

/**
 * Refuses what is no object, and names that nobody reads: a misspelt one would otherwise leave its default in force
 * without a word.
 * @param action for the message: `Cannot read history`
 * @throws ThermoclineError with `code`
 */
export function checkNames(code: ErrorCode, action: string, given: unknown, known: readonly string[]): void {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new ThermoclineError(code, `${action}: expected an object with names: received ${kindOf(given)}`)
  }
  if (given instanceof Promise) throw new ThermoclineError(code, `${action}: received a Promise; is an await missing?`)
  for (const name of Object.keys(given)) if (!known.includes(name)) throw unknownName(code, action, name, known)
}

function unknownName(code: ErrorCode, action: string, unknown: string, known: readonly string[]): ThermoclineError {
  const like = known.find((name) => isLike(name, unknown))
  const advice = like === undefined ? `expected one of ${known.join(', ')}` : `did you mean ${like}?`
  return new ThermoclineError(code, `${action}: there is no ${shorten(unknown)}: ${advice}`, {
    details: { name: shorten(unknown) },
  })
}

export function kindOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'an array' : typeof value
}

/** What was received, for a message: short and simple values themselves, of all else the kind only. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return value.length <= MAX_SHOWN ? JSON.stringify(value) : 'a long text'
  return typeof value === 'number' || typeof value === 'boolean' || value === undefined ? String(value) : kindOf(value)
}

const MAX_SHOWN = 40

/** At most two letters apart, in any case. */
function isLike(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 2 || b.length > 64) return false
  const [from, to] = [a.toLowerCase(), b.toLowerCase()]
  // Levenshtein distance, row by row.
  let row = Array.from({ length: to.length + 1 }, (_, i) => i)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      const change = row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1)
      next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1))
    }
    row = next
  }
  return row[to.length]! <= 2
}

function shorten(name: string): string {
  return name.length > 64 ? `${name.slice(0, 64)}…` : name
}
