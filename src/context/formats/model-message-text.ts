import type { JsonValue } from '../../memory/json.ts'
import { isList, isObject } from './message-fields.ts'

const URL_KEY = 'thermocline:url'
const BYTES_KEY = 'thermocline:bytes'

/** A message of the AI SDK as JSON. Unlike others it may have URLs and bytes in it. */
export function writeModelMessage(message: unknown): string {
  return JSON.stringify(message, function (this: Record<string, unknown>, key: string, value: unknown): unknown {
    // What toJSON made of it has forgotten what it was.
    const original = this[key]
    if (original instanceof URL) return { [URL_KEY]: original.href }
    if (original instanceof Uint8Array) return { [BYTES_KEY]: Buffer.from(original).toString('base64') }
    if (original instanceof ArrayBuffer) return { [BYTES_KEY]: Buffer.from(original).toString('base64') }
    return value
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
  return Object.fromEntries(entries.map(([name, one]) => [name, revive(one)]))
}
