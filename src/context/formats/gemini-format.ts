import type { JsonObject, JsonValue } from '../../memory/json.ts'
import { callContent, type Draft, type MessageFormat, type SentCall, type SentResult } from './draft.ts'
import type { GeminiContent, GeminiPart } from './gemini-content.ts'
import { kindOfMediaType, mediaMark } from './media-mark.ts'
import { FieldProblem, fieldOf, idOf, isList, isObject, textOf } from './message-fields.ts'
import type { OpenCalls } from './open-calls.ts'
import { contentTypeOfRole } from './roles.ts'

/**
 * Gemini 3 refuses a call of its own without the signature of its thoughts; this stands for one that was made elsewhere.
 * https://ai.google.dev/gemini-api/docs/thought-signatures
 */
export const NO_SIGNATURE = 'skip_thought_signature_validator'

/** Gemini's `Content`. */
export const GEMINI_FORMAT: MessageFormat<GeminiContent> = {
  name: 'gemini.content',
  read: readContent,
  accept: acceptContent,
  without: (content, dropped) => {
    if (dropped.size === 0) return content
    const parts = content.parts.filter((_, i) => !dropped.has(i))
    return parts.length > 0 ? { ...content, parts } : undefined
  },
  text: (speaker, text) => ({ role: speaker === 'assistant' ? 'model' : speaker, parts: [{ text }] }),
  calls: (said, calls) => ({
    role: 'model',
    parts: [...(said === '' ? [] : [{ text: said }]), ...calls.map(callPart)],
  }),
  results: (results) => [{ role: 'user', parts: results.map(resultPart) }],
}

function callPart({ name, args }: SentCall, i: number): GeminiPart {
  const functionCall = { name, args: JSON.parse(args) as Record<string, unknown> }
  // Of calls in parallel only the first has a signature.
  return i === 0 ? { functionCall, thoughtSignature: NO_SIGNATURE } : { functionCall }
}

function resultPart({ call: { ownId, name }, text }: SentResult): GeminiPart {
  return { functionResponse: { ...(ownId !== undefined && { id: ownId }), name, response: { output: text } } }
}

/** A part by what it is; undefined for what only the payload keeps, such as a thought. */
type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'call'; readonly id: string | undefined; readonly name: string; readonly args: string }
  | { readonly kind: 'result'; readonly id: string | undefined; readonly name: string; readonly text: string }

/** One draft for each function call or response, and one for the text where it does not go with a call. */
function readContent(content: JsonObject, calls: OpenCalls): Draft[] {
  const role = textOf(content, 'role') ?? 'user'
  const contentType = contentTypeOfRole(role)
  if (contentType === undefined) throw new FieldProblem('role', 'user, model, function or system', role)
  // An answer that was cut off before it began has none.
  if (role === 'model' && isEmpty(fieldOf(content, 'parts'))) return []
  const parts = partsOf(content)
  const text = parts.flatMap((part) => (part?.kind === 'text' ? [part.text] : [])).join('\n')
  const drafts: Draft[] = []
  for (const [i, part] of parts.entries()) {
    if (part?.kind === 'call') {
      const { name, args } = part
      const said = drafts.length === 0 ? text : ''
      const callId = calls.opened(name, part.id)
      const told = callContent(said, name, args)
      const of = { callId, ownId: part.id, name, args, said, parts: [i] }
      drafts.push({ kind: 'call', content: told, contentType: 'tool_call', ...of })
    } else if (part?.kind === 'result') {
      const callId = calls.answered(part.id, part.name)
      const draft = {
        content: part.text,
        contentType: 'tool_result',
        callId,
        ownId: part.id,
        name: part.name,
        parts: [i],
      }
      drafts.push({ kind: 'result', ...draft })
    }
  }
  const isSaid = drafts.some((draft) => draft.kind === 'call')
  const ofText = parts.flatMap((part, i) => (part?.kind === 'text' || part === undefined ? [i] : []))
  if (drafts.length === 0 || (text !== '' && !isSaid))
    drafts.push({
      kind: 'text',
      content: text,
      contentType: sayer(contentType),
      parts: drafts.length > 0 ? ofText : [],
    })
  return drafts
}

function isEmpty(parts: JsonValue | undefined): boolean {
  return parts === undefined || (isList(parts) && parts.length === 0)
}

/** Text beside the results of an old `function` content is the user's. */
function sayer(contentType: string): string {
  return contentType === 'tool_result' ? 'user_message' : contentType
}

function partsOf(content: JsonObject): (Part | undefined)[] {
  const parts = fieldOf(content, 'parts')
  if (parts === undefined) throw new FieldProblem('parts', 'an array', undefined)
  const list = isList(parts) ? parts : [parts]
  return list.map((part, i) => {
    if (typeof part === 'string') return { kind: 'text', text: part }
    if (!isObject(part)) throw new FieldProblem(`parts[${i}]`, 'an object', part)
    return partOf(part, `parts[${i}]`)
  })
}

function partOf(part: JsonObject, field: string): Part | undefined {
  const call = fieldOf(part, 'functionCall') ?? fieldOf(part, 'function_call')
  if (call !== undefined) {
    const args = isObject(call) ? JSON.stringify(fieldOf(call, 'args') ?? {}) : ''
    return { kind: 'call', ...nameOf(call, `${field}.functionCall`), args }
  }
  const response = fieldOf(part, 'functionResponse') ?? fieldOf(part, 'function_response')
  if (response !== undefined) {
    return { kind: 'result', ...nameOf(response, `${field}.functionResponse`), text: responseText(response) }
  }
  if (fieldOf(part, 'thought') === true) return undefined
  const text = textOf(part, 'text', `${field}.text`) ?? codeOf(part) ?? markOf(part)
  return text === undefined ? undefined : { kind: 'text', text }
}

function nameOf(call: JsonValue, field: string): { readonly id: string | undefined; readonly name: string } {
  if (!isObject(call)) throw new FieldProblem(field, 'an object', call)
  const name = textOf(call, 'name', `${field}.name`)
  if (name === undefined || name === '') throw new FieldProblem(`${field}.name`, 'text', name)
  return { id: idOf(fieldOf(call, 'id')), name }
}

/** A response may have images beside it. */
function responseText(response: JsonValue): string {
  if (!isObject(response)) return ''
  const parts = fieldOf(response, 'parts')
  const marks = isList(parts) ? parts.map((part) => (isObject(part) ? markOf(part) : undefined)) : []
  return [resultText(fieldOf(response, 'response')), ...marks].filter(Boolean).join('\n')
}

/** Most responses hold nothing but one text, under a name that the API suggests. */
function resultText(response: JsonValue | undefined): string {
  if (response === undefined) return ''
  const [only, ...others] = isObject(response) ? Object.entries(response) : []
  const isPlain = others.length === 0 && (only?.[0] === 'output' || only?.[0] === 'result')
  if (isPlain && typeof only?.[1] === 'string') return only[1]
  return typeof response === 'string' ? response : JSON.stringify(response)
}

/** Code that the model ran, and what that gave. */
function codeOf(part: JsonObject): string | undefined {
  const code = fieldOf(part, 'executableCode') ?? fieldOf(part, 'executable_code')
  const outcome = fieldOf(part, 'codeExecutionResult') ?? fieldOf(part, 'code_execution_result')
  if (isObject(code)) return textOf(code, 'code')
  return isObject(outcome) ? textOf(outcome, 'output') : undefined
}

function markOf(part: JsonObject): string | undefined {
  const names = ['inlineData', 'inline_data', 'fileData', 'file_data']
  const data = names.map((name) => fieldOf(part, name)).find(isObject)
  if (data === undefined) return undefined
  const kind = kindOfMediaType(fieldOf(data, 'mimeType') ?? fieldOf(data, 'mime_type')) ?? 'file'
  return mediaMark(kind, fieldOf(data, 'displayName') ?? fieldOf(data, 'display_name'))
}

const ROLES: readonly unknown[] = [undefined, 'user', 'model', 'function', 'system']

function acceptContent(content: JsonObject): GeminiContent | undefined {
  const { role, parts } = content
  if (!ROLES.includes(role) || !isList(parts) || parts.length === 0 || !parts.every(isPart)) return undefined
  const has = (name: string): boolean => parts.some((part) => fieldOf(part, name) !== undefined)
  // Calls are the model's alone. In the API's other spelling the SDKs don't know them.
  if (has('function_call') || has('function_response')) return undefined
  if (role === 'model' ? has('functionResponse') : has('functionCall')) return undefined
  // Without a role it is the user's.
  return (role === undefined ? { ...content, role: 'user' } : content) as unknown as GeminiContent
}

function isPart(part: JsonValue): part is JsonObject {
  if (!isObject(part) || typeof (fieldOf(part, 'text') ?? '') !== 'string') return false
  return ['functionCall', 'functionResponse'].every((name) => {
    const of = fieldOf(part, name)
    return !isObject(of) || of.id === undefined || of.id === idOf(of.id)
  })
}
