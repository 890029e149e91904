import { isObject } from './message-fields.ts'

/** A call as it can be told from an item's content. */
export interface ToldCall {
  readonly said: string
  readonly name: string
  readonly args: string
}

const NAME = /^([\p{L}_][\p{L}\p{N}_.:/-]*)\(/u
const UNKNOWN_TOOL = 'tool'
/** Lines of text before a call that are looked through. */
const MAX_LINES = 200

/** Reads `name(args)`, also after lines of text, or JSON of a name and arguments. What is neither is the input of a tool. */
export function readCall(content: string): ToldCall {
  return readJsonCall(content) ?? readWrittenCall(content.trimEnd()) ?? { said: '', name: UNKNOWN_TOOL, args: content }
}

function readJsonCall(content: string): ToldCall | undefined {
  const value = parsed(content)
  if (!isObject(value) || typeof value.name !== 'string' || value.name === '') return undefined
  const args = value.arguments ?? value.args ?? value.input ?? ''
  return { said: '', name: value.name, args: typeof args === 'string' ? args : JSON.stringify(args) }
}

/** The call begins at the first line from which on there is a name with JSON: it and the text before may have many lines. */
function readWrittenCall(content: string): ToldCall | undefined {
  if (!content.endsWith(')')) return undefined
  let start = 0
  for (let line = 0; line < MAX_LINES; line += 1) {
    const rest = content.slice(start)
    const [opening, name] = NAME.exec(rest) ?? []
    if (opening !== undefined && name !== undefined) {
      const args = rest.slice(opening.length, -1)
      if (start === 0 || args === '' || parsed(args) !== undefined)
        return { said: content.slice(0, Math.max(0, start - 1)), name, args }
    }
    const end = content.indexOf('\n', start)
    if (end < 0) return undefined
    start = end + 1
  }
  return undefined
}

/** Arguments as JSON of an object, which is what APIs take. What is none becomes its `input`. */
export function argsObject(args: string): string {
  if (args.trim() === '') return '{}'
  return isObject(parsed(args)) ? args : JSON.stringify({ input: args })
}

/** A name that APIs take. */
export function toolName(name: string): string {
  const plain = name.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 64)
  return /^[A-Za-z_]/.test(plain) ? plain : `_${plain}`.slice(0, 64)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
