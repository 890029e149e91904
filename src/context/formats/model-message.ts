/** A message for a model as the AI SDK has it (package `ai`, `ModelMessage`), by structure. */
export type AIModelMessage = AISystemMessage | AIUserMessage | AIAssistantMessage | AIToolMessage

// Lists are mutable, as in the package: readonly ones could not be given to it.

/** By provider. */
export type AIProviderOptions = Record<string, { [key: string]: AIJson | undefined }>

export type AIJson =
  | string
  | number
  | boolean
  | null
  | readonly AIJson[]
  | { readonly [key: string]: AIJson | undefined }

interface WithOptions {
  providerOptions?: AIProviderOptions
}

export interface AISystemMessage extends WithOptions {
  role: 'system'
  content: string
}

export interface AIUserMessage extends WithOptions {
  role: 'user'
  content: string | (AITextPart | AIImagePart | AIFilePart)[]
}

export interface AIAssistantMessage extends WithOptions {
  role: 'assistant'
  content: string | AIAssistantPart[]
}

export interface AIToolMessage extends WithOptions {
  role: 'tool'
  content: (AIToolResultPart | AIApprovalResponse)[]
}

export type AIAssistantPart =
  | AITextPart
  | AIFilePart
  | AIReasoningPart
  | AIReasoningFilePart
  | AICustomPart
  | AIToolCallPart
  | AIToolResultPart
  | AIApprovalRequest

export interface AITextPart extends WithOptions {
  type: 'text'
  text: string
}

type Bytes = string | Uint8Array | ArrayBuffer

type FileData =
  | { type: 'data'; data: Bytes }
  | { type: 'url'; url: URL }
  | { type: 'reference'; reference: Record<string, string> }
  | { type: 'text'; text: string }

export interface AIImagePart extends WithOptions {
  type: 'image'
  image: Bytes | URL | Record<string, string>
  mediaType?: string
}

export interface AIFilePart extends WithOptions {
  type: 'file'
  data: FileData | Bytes | URL | Record<string, string>
  filename?: string
  mediaType: string
}

export interface AIReasoningPart extends WithOptions {
  type: 'reasoning'
  text: string
}

export interface AIReasoningFilePart extends WithOptions {
  type: 'reasoning-file'
  data: { type: 'data'; data: Bytes } | { type: 'url'; url: URL } | Bytes | URL
  mediaType: string
}

export interface AICustomPart extends WithOptions {
  type: 'custom'
  kind: `${string}.${string}`
}

export interface AIToolCallPart extends WithOptions {
  type: 'tool-call'
  toolCallId: string
  toolName: string
  input: unknown
  providerExecuted?: boolean
}

export interface AIToolResultPart extends WithOptions {
  type: 'tool-result'
  toolCallId: string
  toolName: string
  output: AIToolOutput
}

export type AIToolOutput = WithOptions &
  (
    | { type: 'text'; value: string }
    | { type: 'json'; value: AIJson }
    | { type: 'execution-denied'; reason?: string }
    | { type: 'error-text'; value: string }
    | { type: 'error-json'; value: AIJson }
    | { type: 'content'; value: AIToolOutputPart[] }
  )

type FileId = string | Record<string, string>

export type AIToolOutputPart = WithOptions &
  (
    | { type: 'text'; text: string }
    | { type: 'file'; data: FileData; mediaType: string; filename?: string }
    | { type: 'file-data'; data: string; mediaType: string; filename?: string }
    | { type: 'file-url'; url: string; mediaType?: string }
    | { type: 'file-id'; fileId: FileId }
    | { type: 'file-reference'; providerReference: Record<string, string> }
    | { type: 'image-data'; data: string; mediaType: string }
    | { type: 'image-url'; url: string }
    | { type: 'image-file-id'; fileId: FileId }
    | { type: 'image-file-reference'; providerReference: Record<string, string> }
    | { type: 'custom' }
  )

export interface AIApprovalRequest {
  type: 'tool-approval-request'
  approvalId: string
  toolCallId: string
  reason?: string
  isAutomatic?: boolean
  signature?: string
  inputSchemaInput?: unknown
}

export interface AIApprovalResponse {
  type: 'tool-approval-response'
  approvalId: string
  approved: boolean
  reason?: string
  providerExecuted?: boolean
}
