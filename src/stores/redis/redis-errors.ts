import { redisErrorText } from '../../clients/redis-error.ts'
import { isThermoclineError, ThermoclineError } from '../../errors.ts'

/** First words of replies of a server that can't serve anybody at present, whatever was asked of it. */
const UNFIT = new Set([
  ...['READONLY', 'LOADING', 'MASTERDOWN', 'CLUSTERDOWN', 'TRYAGAIN', 'MISCONF', 'BUSY', 'NOREPLICAS'],
  ...['NOAUTH', 'WRONGPASS', 'NOPERM'],
])

/** The same in our terms: `STORE_UNAVAILABLE` where the server can't be reached or can't serve, else `STORE_FAILED`. */
export function toStoreError(error: unknown, action: string): ThermoclineError {
  if (isThermoclineError(error)) return error
  const reason = redisErrorText(error)
  const isReply = error instanceof Error && error.name === 'ReplyError'
  const code = isReply && !UNFIT.has(reason.split(' ', 1)[0] ?? '') ? 'STORE_FAILED' : 'STORE_UNAVAILABLE'
  // Without the error itself, which holds the arguments: keys and what was said.
  return new ThermoclineError(code, `Cannot ${action}: ${reason}`)
}
