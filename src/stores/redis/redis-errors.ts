import { redisErrorText } from '../../clients/redis-error.ts'
import { isThermoclineError, ThermoclineError } from '../../errors.ts'

/**
 * Replies of a server that can't serve anybody at present, whatever was asked of it. From inside a script, Redis 6 puts
 * words of its own before them.
 */
const UNFIT =
  /(?:^|[ -])(?:READONLY|LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|MISCONF|BUSY|NOREPLICAS|NOAUTH|WRONGPASS|NOPERM) /

/** The same in our terms: `STORE_UNAVAILABLE` where the server can't be reached or can't serve, else `STORE_FAILED`. */
export function toStoreError(error: unknown, action: string): ThermoclineError {
  if (isThermoclineError(error)) return error
  const reason = redisErrorText(error)
  const isReply = error instanceof Error && error.name === 'ReplyError'
  const code = isReply && !UNFIT.test(reason) ? 'STORE_FAILED' : 'STORE_UNAVAILABLE'
  // Without the error itself, which holds the arguments: keys and what was said.
  return new ThermoclineError(code, `Cannot ${action}: ${reason}`)
}
