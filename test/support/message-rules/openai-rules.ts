type Fields = Readonly<Record<string, unknown>>

const ROLES: readonly unknown[] = ['system', 'developer', 'user', 'assistant', 'tool', 'function']

/**
 * What OpenAI's chat completions API refuses with status 400, in the words of its messages' rules: where, and which one.
 * Empty for messages that it takes.
 */
export function openaiProblems(messages: readonly object[]): string[] {
  const problems: string[] = []
  /** Ids of calls of the assistant message that have no answer so far. */
  let open = new Set<unknown>()
  for (const [at, message] of (messages as readonly Fields[]).entries()) {
    const tell = (problem: string): void => void problems.push(`messages[${at}]: ${problem}`)
    if (message.role === 'tool') {
      if (!open.delete(message.tool_call_id))
        tell('a tool message must answer a call of the assistant message before it')
      if (!hasContent(message.content)) tell('content is required')
      continue
    }
    if (open.size > 0) tell('a message before all calls are answered')
    open = new Set()
    if (!ROLES.includes(message.role)) tell(`unknown role ${String(message.role)}`)
    else if (message.role === 'assistant') open = checkAssistant(message, tell)
    else if (!hasContent(message.content)) tell('content is required')
  }
  if (open.size > 0) problems.push('end: calls without an answer')
  return problems
}

function checkAssistant(message: Fields, tell: (problem: string) => void): Set<unknown> {
  const { content, tool_calls: calls, refusal, audio, function_call: legacy } = message
  if (calls === undefined) {
    const says = [refusal, audio, legacy].some((one) => one !== undefined && one !== null)
    if (!hasContent(content) && !says) tell('an assistant message without calls must have content')
    return new Set()
  }
  if (!Array.isArray(calls) || calls.length === 0) {
    tell('tool_calls must be an array of at least one')
    return new Set()
  }
  if (content !== undefined && content !== null && !hasContent(content)) tell('content must be text or parts')
  for (const call of calls as Fields[]) checkCall(call, tell)
  const ids = new Set((calls as Fields[]).map(({ id }) => id))
  if (ids.size < calls.length) tell('two calls have the same id')
  return ids
}

function checkCall({ id, type, function: called, custom }: Fields, tell: (problem: string) => void): void {
  if (typeof id !== 'string' || id === '' || id.length > 40) tell('the id of a call is text of 1 to 40 characters')
  const body = (type === 'custom' ? custom : called) as Fields | undefined
  if (type !== 'function' && type !== 'custom') tell('a call is a function or custom')
  else if (typeof body?.name !== 'string' || !/^[a-zA-Z0-9_-]{1,64}$/.test(body.name)) tell('name of a function')
  else if (typeof (type === 'custom' ? body.input : body.arguments) !== 'string') tell('arguments must be text')
}

function hasContent(content: unknown): boolean {
  return typeof content === 'string' || (Array.isArray(content) && content.length > 0)
}
