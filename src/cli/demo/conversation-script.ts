import type { PlayedItem } from './conversation.ts'

const UNITS_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** A session while its script is read. */
interface ScriptState {
  readonly userId: string
  readonly sessionId: string
  at: number
  calls: number
  /** Ids of calls that have no result yet, the oldest first. */
  readonly open: string[]
}

/**
 * Reads a conversation written down as a script, one item a line; the first character says what it is:
 * `@ time user session` begins a session, `#` system message, `>` user, `<` assistant, `! tool {json}` call,
 * `=` result of the oldest open call, `*` note to keep, `~ 3h` a pause. How long typing takes is made up from the text,
 * the same each time.
 */
export function readScript(script: string): PlayedItem[] {
  const items: PlayedItem[] = []
  let state: ScriptState | undefined
  for (const line of script.split('\n').filter((text) => text !== '')) {
    const kind = line[0]!
    const text = line.slice(2)
    if (kind === '@') {
      const [time, userId, sessionId] = text.split(' ')
      state = { userId: userId!, sessionId: sessionId!, at: Date.parse(time!), calls: 0, open: [] }
    } else if (kind === '~') {
      state!.at += Number.parseInt(text, 10) * UNITS_MS[text.at(-1) as keyof typeof UNITS_MS]
    } else {
      items.push({ item: itemOf(kind, text, state!), origin: `${state!.sessionId}: ${line}` })
    }
  }
  return items
}

function itemOf(kind: string, text: string, state: ScriptState): PlayedItem['item'] {
  const { userId, sessionId } = state
  state.at += secondsBefore(kind, text) * 1000 + ((Buffer.byteLength(text) * 7919) % 1000)
  const common = { userId, sessionId, createdAt: state.at }
  switch (kind) {
    case '#':
      return { ...common, contentType: 'system_message', content: text }
    case '>':
      return { ...common, contentType: 'user_message', content: text }
    case '<':
      return { ...common, contentType: 'assistant_message', content: text }
    case '*':
      return { ...common, contentType: 'note', content: text, pinned: true, importance: 0.9 }
    case '!': {
      const [name, ...rest] = text.split(' ')
      const callId = `call_${sessionId}_${++state.calls}`
      state.open.push(callId)
      const content = JSON.stringify({ name, arguments: JSON.parse(rest.join(' ')) })
      return { ...common, contentType: 'tool_call', content, callId, metadata: { toolName: name! } }
    }
    case '=':
      return { ...common, contentType: 'tool_result', content: text, callId: state.open.shift()! }
    default:
      throw new Error(`Cannot read script: unknown kind of line: received ${kind}`)
  }
}

/** People type three characters a second; the assistant thinks a moment and its tools are quick. */
function secondsBefore(kind: string, text: string): number {
  if (kind === '>') return 8 + Math.round(text.length / 3)
  if (kind === '<') return 2 + Math.round(text.length / 60)
  return kind === '=' ? 1 : 0
}
