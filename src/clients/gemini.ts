import { ThermoclineError } from '../errors.ts'
import type { GeminiCalls } from './gemini-calls.ts'
import { checkGeminiOptions, GEMINI_DEFAULTS, type GeminiConnectionOptions, isGoogleGenAI } from './gemini-options.ts'
import { type GoogleGenAIPackage, googleGenAICalls, importGoogleGenAI, makeGoogleGenAI } from './google-genai.ts'
import { generativeModelCalls } from './google-generative-ai.ts'

export interface ConnectGeminiOptions {
  /** Where the package comes from. @default the copy that this package resolves */
  readonly load?: () => Promise<GoogleGenAIPackage>
}

/**
 * Says how to ask Gemini. Sends nothing, and loads @google/genai with the first call; a given client is used in its place.
 *
 * @throws ThermoclineError `INVALID_OPTION`, also where neither the options nor the environment have a key or a project
 */
export function connectGemini(
  options: GeminiConnectionOptions = {},
  { load = importGoogleGenAI }: ConnectGeminiOptions = {},
): GeminiCalls {
  checkGeminiOptions(options)
  const { geminiClient, geminiModel: model = GEMINI_DEFAULTS.geminiModel } = options
  const { geminiEmbeddingModel: embeddingModel = GEMINI_DEFAULTS.geminiEmbeddingModel } = options
  if (geminiClient === undefined) {
    checkCredentials(options)
    return googleGenAICalls({ make: () => makeGoogleGenAI(options, load) }, { model, embeddingModel })
  }
  if (!isGoogleGenAI(geminiClient)) return generativeModelCalls(geminiClient)
  return googleGenAICalls({ given: geminiClient }, { model, embeddingModel })
}

/** Google's library would only write to the console, and each request would be refused. */
function checkCredentials({ geminiApiKey, geminiProject }: GeminiConnectionOptions): void {
  const { GOOGLE_API_KEY, GEMINI_API_KEY, GOOGLE_GENAI_USE_ENTERPRISE, GOOGLE_GENAI_USE_VERTEXAI } = process.env
  if (geminiApiKey ?? geminiProject ?? (GOOGLE_API_KEY || GEMINI_API_KEY)) return
  if (/^(?:true|1)$/i.test(GOOGLE_GENAI_USE_ENTERPRISE ?? GOOGLE_GENAI_USE_VERTEXAI ?? '')) return
  throw new ThermoclineError(
    'INVALID_OPTION',
    'Cannot connect to gemini: no key and no project: expected option geminiApiKey, geminiProject or geminiClient, or GEMINI_API_KEY in the environment',
    { details: { name: 'geminiApiKey' } },
  )
}
