/**
 * A content of Gemini's API, by structure: what `@google/genai` and `@google/generative-ai` have by this name can be given
 * and taken. Fields and kinds of parts that are not named here are kept too.
 */
export interface GeminiContent {
  role?: string
  // Lists are mutable, as in the packages: readonly ones could not be given to them.
  parts?: GeminiPart[]
}

export interface GeminiPart {
  text?: string
  /** Whether the text is what the model thought. */
  thought?: boolean
  thoughtSignature?: string
  inlineData?: { data?: string; mimeType?: string }
  fileData?: { fileUri?: string; mimeType?: string }
  functionCall?: { id?: string; name?: string; args?: Record<string, unknown> }
  functionResponse?: { id?: string; name?: string; response?: Record<string, unknown> }
}

/** What a request has of a conversation. */
export interface GeminiRequest {
  contents: GeminiContent[]
  /** Absent where there is none. */
  systemInstruction?: GeminiContent
}
