import type { JsonValue } from '../../memory/json.ts'
import { isList, isObject } from './message-fields.ts'

const PREFIX = 'thermocline:'
const URL_KEY = `${PREFIX}url`
const BYTES_KEY = `${PREFIX}bytes`

/** A message of the AI SDK as JSON. Unlike others it may have URLs and bytes in it. */
export function writeModelMessage(message: unknown): string {
  return JSON.stringify(message, function (this: Record<string, unknown>, key: string, value: unknown): unknown {
    // What toJSON made of it has forgotten what it was.
    const original = this[key]
    if (original instanceof URL) return { [URL_KEY]: original.href }
    if (original instanceof Uint8Array) return { [BYTES_KEY]: Buffer.from(original).toString('base64') }
    if (original instanceof ArrayBuffer) return { [BYTES_KEY]: Buffer.from(original).toString('base64') }
    return isObject(value) ? withKeys(value, (name) => (name.startsWith(PREFIX) ? PREFIX + name : name)) : value
  })
}

/** The value with its URLs and bytes. */
export function revive(value: JsonValue): unknown {
  if (isList(value)) return value.map(revive)
  if (!isObject(value)) return value
  const entries = Object.entries(value)
  const [only] = entries
  if (entries.length === 1 && only !== undefined && typeof only[1] === 'string') {
    if (only[0] === URL_KEY && URL.canParse(only[1])) return new URL(only[1])
    if (only[0] === BYTES_KEY) return new Uint8Array(Buffer.from(only[1], 'base64'))
  }
  const own = withKeys(value, (name) => (name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name))
  return Object.fromEntries(Object.entries(own).map(([name, one]) => [name, revive(one as JsonValue)]))
}

/** Names of the caller's own that are like ours are told apart by saying what ours begin with twice. */
function withKeys(object: object, rename: (name: string) => string): object {
  if (!Object.keys(object).some((name) => name.startsWith(PREFIX))) return object
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [rename(name), value]))
}
