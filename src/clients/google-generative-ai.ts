import { ThermoclineError } from '../errors.ts'
import { readGeminiAnswer, readTokenCount } from './gemini-answer.ts'
import type { GeminiCalls } from './gemini-calls.ts'
import { askGemini } from './gemini-error.ts'
import { bareName, generationSettings } from './gemini-generation.ts'
import type { GenerativeModelClient } from './gemini-options.ts'

/** What a `GenerativeModel` may be made with that has no place in our requests. */
const WITHOUT_TOOLS: Readonly<Record<string, undefined>> = Object.freeze({
  tools: undefined,
  toolConfig: undefined,
  // The service takes no other instructions beside one.
  cachedContent: undefined,
})

/**
 * Calls by a `GenerativeModel` of @google/generative-ai, which Google has ended the support of but which users still hold.
 * Its key, address, headers and safety settings are used; its instructions, tools and way to generate are not.
 */
export function generativeModelCalls(client: GenerativeModelClient): GeminiCalls {
  const model = bareName(client.model)
  return Object.freeze<GeminiCalls>({
    model,
    embeddingModel: model,
    generate(prompt, signal) {
      const call = { action: 'generate', model, signal }
      return askGemini(call, async () => {
        const request = {
          ...WITHOUT_TOOLS,
          contents: [{ role: 'user', parts: [{ text: prompt.data }] }],
          systemInstruction: prompt.instructions,
          generationConfig: generationSettings(model, prompt),
        }
        const { response } = await client.generateContent(request, { signal })
        return readGeminiAnswer(call, response)
      })
    },
    countTokens(contents, signal) {
      const call = { action: 'count tokens', model, signal }
      return askGemini(call, async () => {
        const request = {
          ...WITHOUT_TOOLS,
          model: client.model,
          contents,
          generationConfig: undefined,
          systemInstruction: undefined,
        }
        return readTokenCount(call, await client.countTokens({ generateContentRequest: request }, { signal }))
      })
    },
    embed() {
      const why = 'a GenerativeModel has one model, which generates: expected a GoogleGenAI as geminiClient'
      return Promise.reject(new ThermoclineError('NOT_SUPPORTED', `Cannot embed with ${model}: ${why}`))
    },
  })
}
