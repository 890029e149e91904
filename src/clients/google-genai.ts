import type { ThermoclineError } from '../errors.ts'
import { readGeminiAnswer, readTokenCount } from './gemini-answer.ts'
import type { GeminiCalls } from './gemini-calls.ts'
import { embedWith } from './gemini-embedding.ts'
import { askGemini, factsOf, type GeminiCall, geminiError } from './gemini-error.ts'
import { bareName, generationSettings } from './gemini-generation.ts'
import { GEMINI_DEFAULTS, type GeminiConnectionOptions, type GoogleGenAIClient } from './gemini-options.ts'
import { loadPeer } from './load-peer.ts'

export interface GoogleGenAIPackage {
  readonly GoogleGenAI: new (settings: object) => GoogleGenAIClient
}

/** Where requests go: a client that was given, or one that is made with the first request. */
export type GoogleGenAISource =
  | { readonly given: GoogleGenAIClient }
  | { readonly make: () => Promise<GoogleGenAIClient> }

export interface GeminiModels {
  readonly model: string
  readonly embeddingModel: string
}

/** Calls by @google/genai. */
export function googleGenAICalls(source: GoogleGenAISource, models: GeminiModels): GeminiCalls {
  const { model, embeddingModel } = models
  const isOurs = 'make' in source
  let made: Promise<GoogleGenAIClient> | undefined
  const client = (): Promise<GoogleGenAIClient> => {
    if (!isOurs) return Promise.resolve(source.given)
    made ??= source.make().catch((error) => {
      // To be tried again: the package may be there by then.
      made = undefined
      throw error
    })
    return made
  }
  const ask = <T>(call: GeminiCall, send: (client: GoogleGenAIClient, config: object) => Promise<T>): Promise<T> =>
    askGemini(call, async () => {
      const listening = isOurs ? new ListeningFetch() : undefined
      const config = { abortSignal: call.signal, ...(listening && { httpOptions: { fetch: listening.fetch } }) }
      const connected = await client()
      try {
        return await send(connected, config)
      } catch (error) {
        throw listening?.explain(call, error) ?? error
      }
    })
  return Object.freeze<GeminiCalls>({
    model: bareName(model),
    embeddingModel: bareName(embeddingModel),
    generate(prompt, signal) {
      const call = { action: 'generate', model: bareName(model), signal }
      return ask(call, async ({ models }, config) => {
        const contents = [{ role: 'user', parts: [{ text: prompt.data }] }]
        const settings = generationSettings(model, prompt)
        const systemInstruction = prompt.instructions
        // One call is one request: what is left unfinished is cut off.
        const asked = { ...config, ...settings, systemInstruction, automaticContinuation: false }
        return readGeminiAnswer(call, await models.generateContent({ model, contents, config: asked }))
      })
    },
    countTokens(contents, signal) {
      const call = { action: 'count tokens', model: bareName(model), signal }
      return ask(call, async ({ models }, config) =>
        readTokenCount(call, await models.countTokens({ model, contents, config })),
      )
    },
    embed(texts, kind, signal) {
      const call = { action: 'embed', model: bareName(embeddingModel), signal }
      return ask(call, (client, config) => embedWith(call, client, embeddingModel, { texts, kind, config }))
    },
  })
}

/**
 * Node's own fetch, which remembers the `retry-after` that the library does not hand on, and follows no redirect: it would
 * take the key along.
 */
class ListeningFetch {
  #retryAfterMs: number | undefined

  readonly fetch = async (input: string, init: RequestInit): Promise<Response> => {
    const response = await fetch(input, { ...init, redirect: 'error' })
    const seconds = response.ok ? undefined : /^\d{1,6}$/.exec(response.headers.get('retry-after') ?? '')?.[0]
    this.#retryAfterMs = seconds === undefined ? undefined : Number(seconds) * 1000
    return response
  }

  /** The error in our terms, if more is known of it than it says. */
  explain(call: GeminiCall, error: unknown): ThermoclineError | undefined {
    if (this.#retryAfterMs === undefined || call.signal.aborted) return undefined
    const facts = factsOf(error)
    return geminiError(call, { ...facts, retryAfterMs: Math.max(this.#retryAfterMs, facts.retryAfterMs ?? 0) })
  }
}

/** @throws ThermoclineError `PEER_MISSING` */
export async function makeGoogleGenAI(
  options: GeminiConnectionOptions,
  load: () => Promise<GoogleGenAIPackage>,
): Promise<GoogleGenAIClient> {
  const { GoogleGenAI } = await loadPeer(load, {
    doing: 'connect to gemini',
    name: '@google/genai',
    install: '@google/genai@3',
  })
  return new GoogleGenAI(clientSettings(options))
}

function clientSettings(options: GeminiConnectionOptions): object {
  const { geminiApiKey, geminiProject, geminiLocation = GEMINI_DEFAULTS.geminiLocation, geminiBaseUrl } = options
  const httpOptions = geminiBaseUrl === undefined ? {} : { httpOptions: { baseUrl: geminiBaseUrl } }
  // Said aloud, since the environment may say otherwise.
  if (geminiProject !== undefined) {
    // Twice, as the library for credentials would ask Google for a project first.
    const googleAuthOptions = { projectId: geminiProject }
    return { enterprise: true, project: geminiProject, location: geminiLocation, googleAuthOptions, ...httpOptions }
  }
  if (geminiApiKey !== undefined) return { enterprise: false, apiKey: geminiApiKey, ...httpOptions }
  return httpOptions
}

export async function importGoogleGenAI(): Promise<GoogleGenAIPackage> {
  const { GoogleGenAI } = await import('@google/genai')
  return { GoogleGenAI }
}
