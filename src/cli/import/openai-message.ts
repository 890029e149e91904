import type { JsonObject, JsonValue } from '../../index.ts'
import type { Draft } from './draft.ts'
import { asId, fieldOf, isList, isObject, textOf } from './json-fields.ts'
import { nameCall, type OpenCalls } from './open-calls.ts'
import { refuse } from './refusal.ts'
import { contentTypeOfRole } from './roles.ts'

interface Call {
  readonly id: string | undefined
  readonly name: string
  readonly args: string
}

/**
 * Items of one message of OpenAI's chat API: one for each tool call, or one for all of it. The message lies with the
 * first, as docs/items.md says.
 * @param index which message of its conversation: names calls that have no id
 * @throws Refusal
 */
export function openaiDrafts(message: JsonObject, calls: OpenCalls, index: number): Draft[] {
  const role = textOf(message, 'role')
  const contentType = role === undefined ? undefined : contentTypeOfRole(role)
  if (contentType === undefined)
    return refuse('role', 'system, developer, user, assistant, tool or function', message.role)
  const content = contentOf(message)
  const payload = { format: 'openai.chat', data: JSON.stringify(message) }
  if (contentType === 'tool_result') {
    const callId = calls.answered({ callId: textOf(message, 'tool_call_id'), name: textOf(message, 'name') })
    return [{ content, contentType, payload, ...(callId !== undefined && { callId }) }]
  }
  const made = callsOf(message)
  if (made.length === 0) return [{ content, contentType, payload }]
  return made.map(({ id, name, args }, i): Draft => {
    const callId = id ?? nameCall(name, index, i)
    calls.opened(name, callId)
    const text = `${i === 0 && content !== '' ? `${content}\n` : ''}${name}(${args})`
    return { content: text, contentType: 'tool_call', callId, ...(i === 0 && { payload }) }
  })
}

function contentOf(message: JsonObject): string {
  const content = fieldOf(message, 'content')
  if (content === undefined) return textOf(message, 'refusal') ?? withoutContent(message)
  if (typeof content === 'string') return content
  if (!isList(content)) return refuse('content', 'text, parts or null', content)
  // What is no text, such as an image, the payload keeps.
  return content.map(textOfPart).filter(Boolean).join('\n')
}

/** Only what calls a tool may say nothing; elsewhere the text lies under a name that we don't know. */
function withoutContent(message: JsonObject): string {
  const isSilent = 'content' in message || 'tool_calls' in message || 'function_call' in message || 'audio' in message
  return isSilent ? '' : refuse('content', 'text, parts or null (--map says where other files have it)', undefined)
}

/** Parts of Anthropic's messages, which look like OpenAI's otherwise: their calls and results would be lost. */
const FOREIGN_PARTS: readonly unknown[] = ['tool_use', 'tool_result', 'thinking', 'document']

function textOfPart(part: JsonValue): string {
  if (typeof part === 'string') return part
  if (!isObject(part)) return refuse('content', 'parts that are objects', part)
  if (FOREIGN_PARTS.includes(part.type)) return refuse('content', "parts of OpenAI's messages", part.type)
  return textOf(part, 'text') ?? textOf(part, 'refusal') ?? ''
}

function callsOf(message: JsonObject): Call[] {
  const list = fieldOf(message, 'tool_calls')
  if (list !== undefined && !isList(list)) return refuse('tool_calls', 'an array', list)
  const made = list?.map((call, i) => {
    const field = `tool_calls[${i}]`
    if (!isObject(call)) return refuse(field, 'an object', call)
    const called = fieldOf(call, 'function') ?? fieldOf(call, 'custom')
    return callOf(called, `${field}.function`, asId(fieldOf(call, 'id')))
  })
  // As it was before there were tools.
  const legacy = fieldOf(message, 'function_call')
  return made ?? (legacy === undefined ? [] : [callOf(legacy, 'function_call', undefined)])
}

function callOf(called: JsonValue | undefined, field: string, id: string | undefined): Call {
  if (!isObject(called)) return refuse(field, 'an object', called)
  const name = textOf(called, 'name') ?? refuse(`${field}.name`, 'text', undefined)
  const args = fieldOf(called, 'arguments') ?? fieldOf(called, 'input') ?? ''
  return { id, name, args: typeof args === 'string' ? args : JSON.stringify(args) }
}
