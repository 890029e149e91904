import { ThermoclineError } from '../errors.ts'

/** @throws ThermoclineError `ABORTED`, with the signal's reason as its cause */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortError(signal)
}

/**
 * What a promise comes to, or at once a rejection where the signal is aborted first: then nobody waits for it any more.
 * @throws ThermoclineError `ABORTED`
 */
export async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abort = (): void => reject(abortError(signal))
  signal.addEventListener('abort', abort, { once: true })
  if (signal.aborted) abort()
  try {
    return await Promise.race([aborted, promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

function abortError({ reason }: AbortSignal): ThermoclineError {
  return new ThermoclineError('ABORTED', 'Cannot prune history: aborted by the caller', { cause: reason })
}
