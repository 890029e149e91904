/** A content of Gemini's API as any package has it. Its parts are checked when they are read. */
export interface GeminiContentLike {
  readonly role?: string | undefined
  readonly parts?: readonly object[]
}

/**
 * A content of Gemini's API, by structure: it can be given to `@google/genai` and `@google/generative-ai`. Fields and kinds
 * of parts that are not named here are kept too.
 */
export interface GeminiContent {
  role: string
  // Lists are mutable, as in the package: readonly ones could not be given to it.
  parts: GeminiPart[]
}

/** What a part may hold. */
interface GeminiPartData {
  text: string
  inlineData: { data: string; mimeType: string }
  fileData: { fileUri: string; mimeType: string }
  functionCall: { id?: string; name: string; args: Record<string, unknown> }
  functionResponse: { id?: string; name: string; response: Record<string, unknown> }
}

interface GeminiThought {
  /** Whether the text is what the model thought. */
  thought?: boolean
  thoughtSignature?: string
}

/** One of the kinds that `@google/generative-ai` knows, which wants the others to be absent. */
export type GeminiPart = {
  [K in keyof GeminiPartData]: Pick<GeminiPartData, K> & { [O in Exclude<keyof GeminiPartData, K>]?: never }
}[keyof GeminiPartData] &
  GeminiThought

/** What a request has of a conversation. */
export interface GeminiRequest {
  contents: GeminiContent[]
  /** Absent where there is none. */
  systemInstruction?: GeminiContent
}

/** The same as any package has it. */
export interface GeminiRequestLike {
  readonly contents: readonly GeminiContentLike[]
  readonly systemInstruction?: GeminiContentLike
}
