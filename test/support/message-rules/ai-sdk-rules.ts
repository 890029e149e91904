import { modelMessageSchema } from 'ai'

type Part = Readonly<Record<string, unknown>>

/**
 * What the AI SDK refuses in messages for a model: by its own schema, and where calls and results don't go together. Empty
 * for messages that it takes.
 */
export function aiSDKProblems(messages: readonly { readonly role: string; readonly content: unknown }[]): string[] {
  const problems: string[] = []
  let open = new Set<unknown>()
  for (const [at, message] of messages.entries()) {
    const tell = (problem: string): void => void problems.push(`messages[${at}]: ${problem}`)
    if (!modelMessageSchema.safeParse(message).success) tell('not by the schema')
    const parts = Array.isArray(message.content) ? (message.content as Part[]) : []
    if (Array.isArray(message.content) && parts.length === 0) tell('no content')
    if (message.role === 'tool') {
      for (const part of parts)
        if (part.type === 'tool-result' && !open.delete(part.toolCallId)) tell('a result of no call')
      continue
    }
    if (open.size > 0) tell('calls before it have no result')
    const calls = parts.filter((part) => part.type === 'tool-call' && part.providerExecuted !== true)
    open = new Set(calls.map(({ toolCallId }) => toolCallId))
    if (open.size < calls.length) tell('two calls have the same id')
  }
  if (open.size > 0) problems.push('end: calls have no result')
  return problems
}
