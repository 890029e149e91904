/**
 * What an error of ioredis says. Its `command` holds the arguments, which are keys, values and passwords, and Redis
 * itself repeats arguments of commands that it does not know: neither is in this text.
 */
export function redisErrorText(error: unknown): string {
  if (!(error instanceof Error)) return typeof error
  const { lastNodeError, code } = error as Error & { readonly lastNodeError?: unknown; readonly code?: unknown }
  if (lastNodeError instanceof Error) return redisErrorText(lastNodeError)
  const text = error.message.replace(/,? with args beginning with.*$/s, '')
  // Several addresses were tried, each with an error of its own.
  return text === '' ? String(code ?? error.name) : text
}
