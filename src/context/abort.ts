import { ThermoclineError } from '../errors.ts'

/** @throws ThermoclineError `ABORTED`, with the signal's reason as its cause */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) {
    throw new ThermoclineError('ABORTED', 'Cannot prune history: aborted by the caller', { cause: signal.reason })
  }
}
