/**
 * A message of the AI SDK's chat (package `ai`, `UIMessage`), by structure. Kinds of parts are told by `type`; those that no
 * model is given are left out.
 */
export interface AIUIMessage {
  readonly role: 'system' | 'user' | 'assistant'
  readonly parts: readonly { readonly type: string }[]
}
