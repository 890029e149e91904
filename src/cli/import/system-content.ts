import type { JsonObject, JsonValue } from '../../index.ts'
import { isList, isObject } from './json-fields.ts'
import { refuse } from './refusal.ts'

/** Gemini's system instruction, which may be text, parts, or a whole content. @throws Refusal */
export function systemContent(instruction: JsonValue): JsonObject {
  if (typeof instruction === 'string') return { role: 'system', parts: [{ text: instruction }] }
  if (isList(instruction)) return { role: 'system', parts: instruction }
  return isObject(instruction)
    ? { ...instruction, role: 'system' }
    : refuse('systemInstruction', 'text or a content', instruction)
}
