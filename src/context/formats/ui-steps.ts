import type { JsonObject } from '../../memory/json.ts'
import { FieldProblem, isList, isObject } from './message-fields.ts'
import type { AIUIMessage } from './ui-message.ts'

/** Fields of a part. Which of them are there, its `type` tells. */
type Part = { readonly [name: string]: unknown; readonly type: string }
type Content = Record<string, unknown>

/**
 * What a model is given of a message of a chat, as the AI SDK itself has it: each step of the assistant becomes its
 * message, and one of tool results after it. Not with the package's own function, since that waits, and is of a package.
 *
 * @param isPast whether the user has said something since: then nobody will answer what the message asks leave for
 * @throws FieldProblem
 */
export function modelMessagesOf(message: AIUIMessage, isPast: boolean): object[] {
  const { role } = message
  const parts = checkParts(message).filter((part) => !(isPast && isTool(part) && part.state === 'approval-requested'))
  if (role === 'system') return [systemMessage(parts)]
  if (role === 'user') return [{ role, content: parts.flatMap((part, i) => userPart(part, i)) }]
  if (role !== 'assistant') throw new FieldProblem('role', 'system, user or assistant', role)
  const messages: object[] = []
  let step: Part[] = []
  const endStep = (): void => {
    messages.push(...stepMessages(step))
    step = []
  }
  for (const part of parts) {
    if (part.type === 'step-start') endStep()
    else if (part.type === 'steering-message') {
      endStep()
      const said = isList(part.parts) ? (part.parts as unknown as Part[]) : []
      messages.push({ role: 'user', content: said.flatMap((one, i) => userPart(one, i)) })
    } else step.push(part)
  }
  endStep()
  return messages
}

function checkParts({ parts }: AIUIMessage): Part[] {
  if (!Array.isArray(parts)) throw new FieldProblem('parts', 'an array', parts)
  return parts.map((part: unknown, i) => {
    if (isObject(part) && typeof part.type === 'string') return part as unknown as Part
    throw new FieldProblem(`parts[${i}]`, 'a part with a type', part)
  })
}

function systemMessage(parts: readonly Part[]): object {
  const texts = parts.filter(({ type }) => type === 'text')
  const options: object = Object.assign({}, ...texts.map(({ providerMetadata }) => providerMetadata))
  const content = texts.map(({ text }) => text).join('')
  return { role: 'system', content, ...(Object.keys(options).length > 0 && { providerOptions: options }) }
}

function userPart(part: Part, place: number): Content[] {
  if (part.type === 'text') return [{ type: 'text', text: part.text, ...options(part.providerMetadata) }]
  return part.type === 'file' ? [filePart(part, place)] : []
}

function filePart(part: Part, place: number): Content {
  const { mediaType, filename, providerReference: reference } = part
  const data = reference == null ? { type: 'url', url: urlOf(part, place) } : { type: 'reference', reference }
  return { type: 'file', mediaType, filename, data, ...options(part.providerMetadata) }
}

function urlOf({ url }: Part, place: number): URL {
  if (typeof url === 'string' && URL.canParse(url)) return new URL(url)
  throw new FieldProblem(`parts[${place}].url`, 'a URL', url)
}

/** What a provider said of a part is what it is told again. */
function options(metadata: unknown): Content {
  return metadata == null ? {} : { providerOptions: metadata }
}

function stepMessages(step: readonly Part[]): object[] {
  const content = step.flatMap(assistantParts)
  const answers = step.filter(isTool).flatMap(answerParts)
  return [
    ...(content.length > 0 ? [{ role: 'assistant', content }] : []),
    ...(answers.length > 0 ? [{ role: 'tool', content: answers }] : []),
  ]
}

function assistantParts(part: Part, place: number): Content[] {
  const { type, text, kind, mediaType, providerMetadata } = part
  if (type === 'text') return [{ type, text, ...options(providerMetadata) }]
  if (type === 'reasoning') return [{ type, text, ...options(providerMetadata) }]
  if (type === 'custom') return [{ type, kind, ...options(providerMetadata) }]
  if (type === 'file') return [filePart(part, place)]
  if (type === 'reasoning-file')
    return [{ type, data: { type: 'url', url: urlOf(part, place) }, mediaType, ...options(providerMetadata) }]
  return isTool(part) && part.state !== 'input-streaming' ? callParts(part) : []
}

function isTool({ type }: Part): boolean {
  return type === 'dynamic-tool' || type.startsWith('tool-')
}

function toolOf(part: Part): { readonly toolCallId: unknown; readonly toolName: unknown } {
  const { type, toolCallId } = part
  return { toolCallId, toolName: type === 'dynamic-tool' ? part.toolName : type.slice('tool-'.length) }
}

function callParts(part: Part): Content[] {
  const { state, input, rawInput, providerExecuted, callProviderMetadata, resultProviderMetadata } = part
  const hasFailed = state === 'output-error'
  const call = {
    type: 'tool-call',
    ...toolOf(part),
    input: hasFailed ? (input ?? rawInput) : input,
    providerExecuted,
    ...options(callProviderMetadata ?? (hasFailed ? resultProviderMetadata : undefined)),
  }
  const isAnswered = providerExecuted === true && (state === 'output-available' || hasFailed)
  const result = isAnswered && {
    type: 'tool-result',
    ...toolOf(part),
    output: hasFailed ? { type: 'error-json', value: jsonOf(part.errorText) } : outputOf(part),
    ...options(resultProviderMetadata ?? callProviderMetadata),
  }
  return [call, ...approvalRequest(part), ...(result ? [result] : [])]
}

function approvalRequest(part: Part): Content[] {
  const approval = part.approval as Content | null | undefined
  if (approval == null) return []
  const { id: approvalId, isAutomatic, requestReason, signature } = approval
  const request = { type: 'tool-approval-request', approvalId, toolCallId: part.toolCallId, isAutomatic }
  return [
    {
      ...request,
      ...(requestReason != null && { reason: requestReason }),
      ...(Object.hasOwn(approval, 'inputSchemaInput') && { inputSchemaInput: approval.inputSchemaInput }),
      ...(signature != null && { signature }),
    },
  ]
}

/** What goes into the message of tool results: leave that was given or denied, and the result. */
function answerParts(part: Part): Content[] {
  const { state, providerExecuted } = part
  const { id: approvalId, approved, reason } = (part.approval ?? {}) as Content
  const isDecided = approved != null
  if (providerExecuted === true && !isDecided) return []
  const parts: Content[] = []
  if (isDecided) parts.push({ type: 'tool-approval-response', approvalId, approved, reason, providerExecuted })
  const answer = (output: object): void => {
    parts.push({ type: 'tool-result', ...toolOf(part), output, ...options(part.callProviderMetadata) })
  }
  if (state === 'approval-responded' && approved === false) answer({ type: 'execution-denied', reason })
  // The result of what the provider ran lies in its own message.
  if (providerExecuted === true) return parts
  if (state === 'output-denied') answer({ type: 'error-text', value: reason ?? 'Tool call execution denied.' })
  else if (state === 'output-error') answer({ type: 'error-text', value: part.errorText })
  else if (state === 'output-available') answer(outputOf(part))
  return parts
}

function outputOf(part: Part): object {
  const { type, dynamic, output } = part
  if (type === 'dynamic-tool' && dynamic === false)
    return { type: 'text', value: 'Tool output omitted because the tool is no longer available.' }
  return typeof output === 'string' ? { type: 'text', value: output } : { type: 'json', value: jsonOf(output) }
}

function jsonOf(value: unknown): unknown {
  const text = JSON.stringify(value) as string | undefined
  return text === undefined ? null : (JSON.parse(text) as JsonObject)
}
