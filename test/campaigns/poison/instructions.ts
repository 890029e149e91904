import { toModelMessages } from '../../../src/context/formats/ai-sdk.ts'
import { toGemini } from '../../../src/context/formats/gemini.ts'
import { toOpenAI } from '../../../src/context/formats/openai.ts'
import type { MemoryItem } from '../../../src/memory/memory-item.ts'

const SPEAKS_FOR_THE_OPERATOR: ReadonlySet<unknown> = new Set(['system', 'developer'])

/** All that a model would take as instructions of its operator, as each API is given it. */
export function instructionsOf(view: readonly MemoryItem[]): string {
  const messages: readonly { readonly role: unknown }[] = [...toOpenAI(view), ...toModelMessages(view)]
  const ours = messages.filter(({ role }) => SPEAKS_FOR_THE_OPERATOR.has(role))
  return JSON.stringify([ours, toGemini(view).systemInstruction])
}
