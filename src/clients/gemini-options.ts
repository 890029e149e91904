import { ThermoclineError } from '../errors.ts'
import { checkNames } from '../lib/check-names.ts'
import { invalidOption } from '../lib/check-options.ts'

/** Where Gemini is and how to get in. */
export interface GeminiConnectionOptions {
  /**
   * The model that writes. A `GenerativeModel` brings its own.
   * @default "gemini-3.5-flash-lite"
   */
  readonly geminiModel?: string
  /** The model that embeds. @default "gemini-embedding-2" */
  readonly geminiEmbeddingModel?: string
  /**
   * Key of the Gemini API. @default the environment's, as Google's library finds it: `GOOGLE_API_KEY`, `GEMINI_API_KEY`
   */
  readonly geminiApiKey?: string
  /** Google Cloud project: Gemini is then asked through Vertex AI, with the environment's default credentials. */
  readonly geminiProject?: string
  /** Location of the project's requests. @default "global" */
  readonly geminiLocation?: string
  /** Where requests go instead of Google's own address: a proxy, a stand-in. */
  readonly geminiBaseUrl?: string
  /** A client that is used as it is, in place of a key or a project. */
  readonly geminiClient?: GeminiClient
}

/** A `GoogleGenAI` of @google/genai, or a `GenerativeModel` of @google/generative-ai. */
export type GeminiClient = GoogleGenAIClient | GenerativeModelClient

/** The slice of @google/genai 3 that is used. */
export interface GoogleGenAIClient {
  /** Whether it asks Vertex AI. */
  readonly vertexai: boolean
  readonly models: {
    generateContent(request: unknown): Promise<unknown>
    countTokens(request: unknown): Promise<unknown>
    embedContent(request: unknown): Promise<unknown>
  }
}

/** The slice of @google/generative-ai 0.24 that is used. */
export interface GenerativeModelClient {
  readonly model: string
  readonly generationConfig: object
  generateContent(request: unknown, options?: unknown): Promise<{ readonly response: unknown }>
  countTokens(request: unknown, options?: unknown): Promise<unknown>
}

export const GEMINI_DEFAULTS: Readonly<
  Required<Pick<GeminiConnectionOptions, 'geminiModel' | 'geminiEmbeddingModel' | 'geminiLocation'>>
> = Object.freeze({
  geminiModel: 'gemini-3.5-flash-lite',
  geminiEmbeddingModel: 'gemini-embedding-2',
  geminiLocation: 'global',
})

/** All names of `GeminiConnectionOptions`. */
export const GEMINI_CONNECTION_NAMES: readonly string[] = Object.freeze([
  'geminiModel',
  'geminiEmbeddingModel',
  'geminiApiKey',
  'geminiProject',
  'geminiLocation',
  'geminiBaseUrl',
  'geminiClient',
])

/** A name, or a path as Vertex AI has it: `publishers/google/models/…`. Nothing that could leave the path of a URL. */
const MODEL = /^(?!.*\.\.)[\w.@-]+(?:\/[\w.@-]+)*$/
/** https://cloud.google.com/resource-manager/docs/creating-managing-projects, with the `domain.com:` of old ones. */
const PROJECT_ID = /^(?:[a-z0-9.-]+:)?[a-z][a-z0-9-]{0,62}$/
const LOCATION = /^[a-z][a-z0-9-]{0,62}$/

/**
 * Refuses what can't be meant. Values of secrets are never in the message.
 * @throws ThermoclineError `INVALID_OPTION`
 */
export function checkGeminiOptions(given: object): void {
  checkNames('INVALID_OPTION', 'Cannot connect to gemini', given, GEMINI_CONNECTION_NAMES)
  const options = given as Readonly<Record<string, unknown>>
  checkText(options, 'geminiModel', MODEL, 'the name of a model')
  checkText(options, 'geminiEmbeddingModel', MODEL, 'the name of a model')
  checkText(options, 'geminiApiKey', /^[\x21-\x7e]+$/, 'an API key')
  checkText(options, 'geminiProject', PROJECT_ID, 'the id of a Google Cloud project')
  checkText(options, 'geminiLocation', LOCATION, '"global" or a region')
  checkText(options, 'geminiBaseUrl', /^https?:\/\/[^\s]+$/, 'a URL that begins with http:// or https://')
  const { geminiClient, geminiProject, geminiLocation, geminiModel } = options
  if (geminiClient !== undefined) {
    if (!isGoogleGenAI(geminiClient) && !isGenerativeModel(geminiClient)) {
      const expected = 'a GoogleGenAI of @google/genai, or a GenerativeModel of @google/generative-ai'
      throw invalidOption('geminiClient', expected, geminiClient)
    }
    for (const name of ['geminiApiKey', 'geminiProject', 'geminiLocation', 'geminiBaseUrl']) {
      if (options[name] !== undefined) throw meaningless(name, 'beside geminiClient')
    }
    if (geminiModel !== undefined && isGenerativeModel(geminiClient)) {
      throw meaningless('geminiModel', 'beside a GenerativeModel, which has a model')
    }
  }
  if (geminiProject !== undefined && options.geminiApiKey !== undefined) {
    throw meaningless('geminiApiKey', 'beside geminiProject')
  }
  if (geminiLocation !== undefined && geminiProject === undefined) {
    throw meaningless('geminiLocation', 'without geminiProject')
  }
}

export function isGoogleGenAI(client: unknown): client is GoogleGenAIClient {
  const models = field(client, 'models')
  return typeof field(models, 'generateContent') === 'function' && typeof field(models, 'countTokens') === 'function'
}

export function isGenerativeModel(client: unknown): client is GenerativeModelClient {
  return typeof field(client, 'model') === 'string' && typeof field(client, 'generateContent') === 'function'
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

function checkText(options: Readonly<Record<string, unknown>>, name: string, pattern: RegExp, expected: string): void {
  const value = options[name]
  if (value === undefined || (typeof value === 'string' && pattern.test(value))) return
  throw invalidOption(name, expected, value)
}

function meaningless(name: string, where: string): ThermoclineError {
  return new ThermoclineError(
    'INVALID_OPTION',
    `Cannot connect to gemini: option ${name} has no meaning ${where}: expected one of them`,
    { details: { name } },
  )
}
