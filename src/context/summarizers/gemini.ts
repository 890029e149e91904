import type { GeminiCalls } from '../../clients/gemini-calls.ts'
import { ThermoclineError } from '../../errors.ts'
import type { SummaryModel } from '../summaries/summary-model.ts'

/** Gemini as a model for summaries: one request a prompt. What is no JSON is an answer that is `malformed`. */
export function geminiModel(calls: Pick<GeminiCalls, 'model' | 'generate'>): SummaryModel {
  const { model } = calls
  return Object.freeze<SummaryModel>({
    name: model,
    async generate(prompt, signal) {
      const answer = await calls.generate(prompt, signal)
      if (isJson(answer.text)) return answer
      throw new ThermoclineError('MODEL_FAILED', `Cannot generate with ${model}: the answer is no JSON`, {
        details: { reason: 'malformed', model },
      })
    },
  })
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
