import type { JsonObject, JsonValue } from '../../index.ts'
import type { Draft } from './draft.ts'
import { asId, fieldOf, isList, isObject, textOf } from './json-fields.ts'
import { nameCall, type OpenCalls } from './open-calls.ts'
import { refuse } from './refusal.ts'
import { contentTypeOfRole } from './roles.ts'

/** A part by what it is; undefined for what only the payload keeps, such as an image or a thought. */
type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'call'; readonly id: string | undefined; readonly name: string; readonly args: string }
  | { readonly kind: 'result'; readonly id: string | undefined; readonly name: string; readonly text: string }

/**
 * Items of one `Content` of Gemini's API: one for each function call or response, and one for the text where it does not
 * go with a call. The content as it came lies with the first.
 * @param index which content of its conversation: names calls that have no id
 * @throws Refusal
 */
export function geminiDrafts(content: JsonObject, calls: OpenCalls, index: number): Draft[] {
  const role = textOf(content, 'role') ?? 'user'
  const contentType = contentTypeOfRole(role) ?? refuse('role', 'user, model, function or system', role)
  const parts = partsOf(content)
  const text = parts.flatMap((part) => (part.kind === 'text' ? [part.text] : [])).join('\n')
  const drafts: Draft[] = []
  for (const part of parts) {
    if (part.kind === 'call') {
      const callId = part.id ?? nameCall(part.name, index, drafts.length)
      calls.opened(part.name, callId)
      const said = text !== '' && drafts.length === 0 ? `${text}\n` : ''
      drafts.push({ content: `${said}${part.name}(${part.args})`, contentType: 'tool_call', callId })
    } else if (part.kind === 'result') {
      const callId = calls.answered({ callId: part.id, name: part.name })
      drafts.push({ content: part.text, contentType: 'tool_result', ...(callId !== undefined && { callId }) })
    }
  }
  const isSaid = drafts.some((draft) => draft.contentType === 'tool_call')
  if (drafts.length === 0 || (text !== '' && !isSaid)) drafts.push({ content: text, contentType })
  const [first, ...others] = drafts
  return [{ ...first!, payload: { format: 'gemini.content', data: JSON.stringify(content) } }, ...others]
}

/** A system instruction, which may be text, parts, or a whole content. @throws Refusal */
export function systemContent(instruction: JsonValue): JsonObject {
  if (typeof instruction === 'string') return { role: 'system', parts: [{ text: instruction }] }
  if (isList(instruction)) return { role: 'system', parts: instruction }
  return isObject(instruction)
    ? { ...instruction, role: 'system' }
    : refuse('systemInstruction', 'text or a content', instruction)
}

function partsOf(content: JsonObject): Part[] {
  const parts = fieldOf(content, 'parts')
  if (parts === undefined) return refuse('parts', 'an array', undefined)
  const list = isList(parts) ? parts : [parts]
  return list.flatMap((part, i) => {
    if (typeof part === 'string') return [{ kind: 'text', text: part }]
    if (!isObject(part)) return refuse(`parts[${i}]`, 'an object', part)
    const known = partOf(part, `parts[${i}]`)
    return known === undefined ? [] : [known]
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
    const said = isObject(response) ? fieldOf(response, 'response') : undefined
    return { kind: 'result', ...nameOf(response, `${field}.functionResponse`), text: resultText(said) }
  }
  if (fieldOf(part, 'thought') === true) return undefined
  const text = textOf(part, 'text') ?? codeOf(part)
  return text === undefined ? undefined : { kind: 'text', text }
}

function nameOf(call: JsonValue, field: string): { readonly id: string | undefined; readonly name: string } {
  if (!isObject(call)) return refuse(field, 'an object', call)
  const name = textOf(call, 'name') ?? refuse(`${field}.name`, 'text', undefined)
  return { id: asId(fieldOf(call, 'id')), name }
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
