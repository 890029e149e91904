import type { JsonObject, JsonValue } from '../../memory/json.ts'
import { callContent, type Draft, type MessageFormat, type SentCall, type SentResult } from './draft.ts'
import { kindOfMediaType, kindOfPart, mediaMark } from './media-mark.ts'
import { FieldProblem, fieldOf, isList, isObject, textOf } from './message-fields.ts'
import type { AIModelMessage } from './model-message.ts'
import { revive } from './model-message-text.ts'
import type { OpenCalls } from './open-calls.ts'

const CONTENT_TYPES: { readonly [role: string]: string } = {
  system: 'system_message',
  user: 'user_message',
  assistant: 'assistant_message',
  tool: 'tool_result',
}

/** The AI SDK's `ModelMessage`. */
export const MODEL_MESSAGE_FORMAT: MessageFormat<AIModelMessage> = {
  name: 'ai.model-message',
  read: readMessage,
  accept: acceptMessage,
  without: (message, dropped) => {
    if (dropped.size === 0 || typeof message.content === 'string') return message
    const content = message.content.filter((_, i) => !dropped.has(i))
    return content.length > 0 ? ({ ...message, content } as AIModelMessage) : undefined
  },
  text: (role, content) => ({ role, content }),
  calls: (said, calls) => ({
    role: 'assistant',
    content: [
      ...(said === '' ? [] : [{ type: 'text' as const, text: said }]),
      ...calls.map(({ id, name, args }: SentCall) => ({
        type: 'tool-call' as const,
        toolCallId: id,
        toolName: name,
        input: JSON.parse(args) as unknown,
      })),
    ],
  }),
  results: (results) => [
    {
      role: 'tool',
      content: results.map(({ call, text }: SentResult) => ({
        type: 'tool-result' as const,
        toolCallId: call.id,
        toolName: call.name,
        output: { type: 'text' as const, value: text },
      })),
    },
  ],
}

function readMessage(message: JsonObject, calls: OpenCalls): Draft[] {
  const role = textOf(message, 'role') ?? ''
  const contentType = Object.hasOwn(CONTENT_TYPES, role) ? CONTENT_TYPES[role] : undefined
  if (contentType === undefined) throw new FieldProblem('role', 'system, user, assistant or tool', message.role)
  const { content } = message
  if (typeof content === 'string' && role !== 'tool') return [{ kind: 'text', content, contentType, parts: [] }]
  if (!isList(content)) throw new FieldProblem('content', role === 'tool' ? 'parts' : 'text or parts', content)
  const parts = content.map((part, i) => {
    if (isObject(part) && typeof part.type === 'string') return part
    throw new FieldProblem(`content[${i}]`, 'a part with a type', part)
  })
  if (role === 'tool') return parts.map((part, i) => readAnswer(part, i, calls))
  const made = parts.flatMap((part, i) => (isCall(part) ? [{ part, i }] : []))
  const said = parts.map(textOfPart).filter(Boolean).join('\n')
  if (made.length === 0) return [{ kind: 'text', content: said, contentType, parts: [] }]
  return made.map(({ part, i }, n) => readCall(part, i, n === 0 ? said : '', parts, calls))
}

/** Tools that the provider runs are an affair between it and the model. */
function isCall(part: JsonObject): boolean {
  return part.type === 'tool-call' && part.providerExecuted !== true
}

function readCall(
  part: JsonObject,
  place: number,
  said: string,
  parts: readonly JsonObject[],
  calls: OpenCalls,
): Draft {
  const name = needText(part, 'toolName', place)
  const ownId = needText(part, 'toolCallId', place)
  const { input } = part
  const args = typeof input === 'string' ? input : (JSON.stringify(input) ?? '')
  const isRequest = (one: JsonObject): boolean => one.type === 'tool-approval-request' && one.toolCallId === ownId
  const request = parts.findIndex(isRequest)
  const approvalId = request < 0 ? undefined : textOf(parts[request] as JsonObject, 'approvalId')
  return {
    kind: 'call',
    content: callContent(said, name, args),
    contentType: 'tool_call',
    callId: calls.opened(name, ownId, approvalId),
    ...{ ownId, approvalId, name, args, said },
    parts: request < 0 ? [place] : [place, request],
  }
}

function readAnswer(part: JsonObject, place: number, calls: OpenCalls): Draft {
  const contentType = 'tool_result'
  if (part.type === 'tool-approval-response') {
    const approvalId = needText(part, 'approvalId', place)
    const callId = calls.approved(approvalId)
    return { kind: 'approval', content: '', contentType, callId, approvalId, parts: [place] }
  }
  if (part.type !== 'tool-result')
    throw new FieldProblem(`content[${place}].type`, 'tool-result or tool-approval-response', part.type)
  const ownId = needText(part, 'toolCallId', place)
  const name = needText(part, 'toolName', place)
  const content = outputText(fieldOf(part, 'output'))
  const callId = calls.answered(ownId, name)
  return { kind: 'result', content, contentType, callId, ownId, name, parts: [place] }
}

function needText(part: JsonObject, name: string, place: number): string {
  const text = textOf(part, name, `content[${place}].${name}`)
  if (text === undefined || text === '') throw new FieldProblem(`content[${place}].${name}`, 'text', part[name])
  return text
}

function textOfPart(part: JsonObject): string {
  if (part.type === 'text') return textOf(part, 'text') ?? ''
  if (part.type === 'tool-result') return outputText(fieldOf(part, 'output'))
  if (part.type === 'image' || part.type === 'file') return fileText(part)
  if (part.type !== 'tool-call' || part.providerExecuted !== true) return ''
  return callContent('', textOf(part, 'toolName') ?? '', JSON.stringify(part.input ?? {}))
}

function outputText(output: JsonValue | undefined): string {
  if (!isObject(output)) return output === undefined ? '' : JSON.stringify(output)
  const { type, value } = output
  if (type === 'execution-denied') return textOf(output, 'reason') ?? 'Execution was denied.'
  if (type === 'content' && isList(value))
    return value
      .map((part) => (isObject(part) ? (textOf(part, 'text') ?? fileText(part)) : ''))
      .filter(Boolean)
      .join('\n')
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}

/** The mark of what is no text, and the text of a file that is sent as such. */
function fileText(part: JsonObject): string {
  const kind = kindOfMediaType(part.mediaType) ?? kindOfPart(part.type)
  if (kind === undefined) return ''
  const { data } = part
  const text = isObject(data) && data.type === 'text' ? textOf(data, 'text') : undefined
  return [mediaMark(kind, part.filename), text].filter(Boolean).join('\n')
}

function acceptMessage(message: JsonObject): AIModelMessage | undefined {
  const { content } = message
  return typeof content === 'string' || (isList(content) && content.length > 0)
    ? (revive(message) as AIModelMessage)
    : undefined
}
