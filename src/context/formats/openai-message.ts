/**
 * A message of OpenAI's chat completions API, by structure: what the package `openai` has by this name can be given and
 * taken. Fields that are not named here are kept too.
 */
export type OpenAIMessage =
  | OpenAISystemMessage
  | OpenAIUserMessage
  | OpenAIAssistantMessage
  | OpenAIToolMessage
  | OpenAIFunctionMessage

// Lists are mutable, as in the package: readonly ones could not be given to it.

export interface OpenAISystemMessage {
  role: 'system' | 'developer'
  content: string | OpenAITextPart[]
  name?: string
}

export interface OpenAIUserMessage {
  role: 'user'
  content: string | OpenAIUserPart[]
  name?: string
}

export interface OpenAIAssistantMessage {
  role: 'assistant'
  content?: string | (OpenAITextPart | OpenAIRefusalPart)[] | null
  refusal?: string | null
  name?: string
  audio?: { id: string } | null
  tool_calls?: OpenAIToolCall[]
  /** As it was before there were tools. */
  function_call?: { name: string; arguments: string } | null
}

export interface OpenAIToolMessage {
  role: 'tool'
  content: string | OpenAITextPart[]
  tool_call_id: string
}

export interface OpenAIFunctionMessage {
  role: 'function'
  content: string | null
  name: string
}

export type OpenAIToolCall =
  | { id: string; type: 'function'; function: { name: string; arguments: string } }
  | { id: string; type: 'custom'; custom: { name: string; input: string } }

export interface OpenAITextPart {
  type: 'text'
  text: string
}

export interface OpenAIRefusalPart {
  type: 'refusal'
  refusal: string
}

export type OpenAIUserPart =
  | OpenAITextPart
  | { type: 'image_url'; image_url: { url: string; detail?: 'auto' | 'low' | 'high' | 'original' } }
  | { type: 'input_audio'; input_audio: { data: string; format: 'wav' | 'mp3' } }
  | { type: 'file'; file: { file_data?: string; file_id?: string; filename?: string } }
