import type { JsonObject, JsonValue } from '../../memory/json.ts'
import { callContent, type Draft, type MessageFormat, type SentCall, type SentResult } from './draft.ts'
import { kindOfPart, mediaMark } from './media-mark.ts'
import { FieldProblem, fieldOf, idOf, isList, isObject, textOf } from './message-fields.ts'
import type { OpenCalls } from './open-calls.ts'
import type { OpenAIMessage } from './openai-message.ts'
import { contentTypeOfRole } from './roles.ts'

/** OpenAI's chat completions API. Parts of a message, in the sense of a draft, are its calls. */
export const OPENAI_FORMAT: MessageFormat<OpenAIMessage> = {
  name: 'openai.chat',
  read: readMessage,
  accept: acceptMessage,
  without: withoutCalls,
  text: (role, content) => ({ role, content }),
  calls: (said, calls) => ({
    role: 'assistant',
    content: said === '' ? null : said,
    tool_calls: calls.map(({ id, name, args }: SentCall) => ({
      id,
      type: 'function',
      function: { name, arguments: args },
    })),
  }),
  results: (results) =>
    results.map(({ call, text }: SentResult) => ({ role: 'tool', tool_call_id: call.id, content: text })),
}

function readMessage(message: JsonObject, calls: OpenCalls): Draft[] {
  const role = textOf(message, 'role')
  const contentType = role === undefined ? undefined : contentTypeOfRole(role)
  if (contentType === undefined)
    throw new FieldProblem('role', 'system, developer, user, assistant, tool or function', message.role)
  const content = contentOf(message)
  if (contentType === 'tool_result') {
    const name = textOf(message, 'name')
    const ownId = idOf(fieldOf(message, 'tool_call_id'))
    const callId = calls.answered(ownId, name)
    return [{ kind: 'result', content, contentType, callId, ownId, name, parts: [] }]
  }
  const made = callsOf(message)
  if (made.length === 0) return [{ kind: 'text', content, contentType, parts: [] }]
  return made.map(({ id, name, args }, i): Draft => {
    const said = i === 0 ? content : ''
    const callId = calls.opened(name, id)
    const text = callContent(said, name, args)
    const of = { callId, ownId: id, name, args, said, parts: [i] }
    return { kind: 'call', content: text, contentType: 'tool_call', ...of }
  })
}

function contentOf(message: JsonObject): string {
  const content = fieldOf(message, 'content')
  if (content === undefined) return textOf(message, 'refusal') ?? withoutContent(message)
  if (typeof content === 'string') return content
  if (!isList(content)) throw new FieldProblem('content', 'text, parts or null', content)
  // What is no text, such as an image, the payload keeps.
  return content.map(textOfPart).filter(Boolean).join('\n')
}

/** Only what calls a tool may say nothing; elsewhere the text lies under a name that we don't know. */
function withoutContent(message: JsonObject): string {
  const audio = fieldOf(message, 'audio')
  if (isObject(audio)) return [mediaMark('audio'), audio.transcript].filter(Boolean).join('\n')
  if (['content', 'tool_calls', 'function_call', 'audio'].some((name) => name in message)) return ''
  throw new FieldProblem('content', 'text, parts or null', undefined)
}

/** Parts of Anthropic's messages, which look like OpenAI's otherwise: their calls and results would be lost. */
const FOREIGN_PARTS: readonly unknown[] = ['tool_use', 'tool_result', 'thinking', 'document']

function textOfPart(part: JsonValue): string {
  if (typeof part === 'string') return part
  if (!isObject(part)) throw new FieldProblem('content', 'parts that are objects', part)
  if (FOREIGN_PARTS.includes(part.type)) throw new FieldProblem('content', "parts of OpenAI's messages", part.type)
  const text = textOf(part, 'text') ?? textOf(part, 'refusal')
  if (text !== undefined) return text
  const kind = kindOfPart(part.type)
  return kind === undefined ? '' : mediaMark(kind, isObject(part.file) ? part.file.filename : undefined)
}

interface Call {
  readonly id: string | undefined
  readonly name: string
  readonly args: string
}

function callsOf(message: JsonObject): Call[] {
  const list = fieldOf(message, 'tool_calls')
  if (list !== undefined && !isList(list)) throw new FieldProblem('tool_calls', 'an array', list)
  const made = list?.map((call, i) => {
    const field = `tool_calls[${i}]`
    if (!isObject(call)) throw new FieldProblem(field, 'an object', call)
    const called = fieldOf(call, 'function') ?? fieldOf(call, 'custom')
    return callOf(called, `${field}.function`, idOf(fieldOf(call, 'id')))
  })
  // As it was before there were tools.
  const legacy = fieldOf(message, 'function_call')
  return made ?? (legacy === undefined ? [] : [callOf(legacy, 'function_call', undefined)])
}

function callOf(called: JsonValue | undefined, field: string, id: string | undefined): Call {
  if (!isObject(called)) throw new FieldProblem(field, 'an object', called)
  const name = textOf(called, 'name', `${field}.name`)
  if (name === undefined || name === '') throw new FieldProblem(`${field}.name`, 'text', name)
  const args = fieldOf(called, 'arguments') ?? fieldOf(called, 'input') ?? ''
  return { id, name, args: typeof args === 'string' ? args : JSON.stringify(args) }
}

function acceptMessage(message: JsonObject): OpenAIMessage | undefined {
  const { tool_calls: calls, ...others } = message
  // What other programs write for no calls, the API refuses.
  const isEmpty = calls === null || (isList(calls) && calls.length === 0)
  const plain = isEmpty ? others : message
  return isAccepted(plain) ? (plain as unknown as OpenAIMessage) : undefined
}

function isAccepted(message: JsonObject): boolean {
  const { role, content, tool_calls: calls, tool_call_id: callId, refusal, audio } = message
  const hasContent = typeof content === 'string' || (isList(content) && content.length > 0)
  // Calls as they were before there were tools have no ids: they go out as calls of tools.
  if (fieldOf(message, 'function_call') !== undefined) return false
  if (role !== 'assistant' && fieldOf(message, 'tool_calls') !== undefined) return false
  if (role === 'system' || role === 'developer' || role === 'user') return hasContent
  if (role === 'tool') return hasContent && typeof callId === 'string' && callId !== ''
  if (role !== 'assistant') return false
  if (calls !== undefined) return isList(calls) && areCalls(calls) && (hasContent || (content ?? null) === null)
  return hasContent || typeof refusal === 'string' || isObject(audio)
}

function areCalls(calls: readonly JsonValue[]): boolean {
  const ids = new Set(calls.map((call) => (isObject(call) ? call.id : undefined)))
  return ids.size === calls.length && calls.every(isCall)
}

function isCall(call: JsonValue): boolean {
  if (!isObject(call) || typeof call.id !== 'string' || call.id === '') return false
  const { type, function: called, custom } = call
  if (type === 'custom') return isObject(custom) && typeof custom.input === 'string'
  return type === 'function' && isObject(called) && typeof called.arguments === 'string'
}

function withoutCalls(message: OpenAIMessage, parts: ReadonlySet<number>): OpenAIMessage | undefined {
  if (message.role !== 'assistant' || message.tool_calls === undefined) return message
  const left = message.tool_calls.filter((_, i) => !parts.has(i))
  return left.length > 0 ? { ...message, tool_calls: left } : undefined
}
