import { type ErrorCode, ThermoclineError } from '../errors.ts'

export interface RemoteCallBounds {
  readonly timeoutMs: number
  readonly maxInFlight: number
  readonly maxWaiting: number
  readonly breakerFailures: number
  readonly breakerHalfOpenMs: number
}

/** Runs a call of a remote store within its bounds. `action` goes into messages: "append to firestore". */
export type RemoteCall = <T>(action: string, body: () => Promise<T>) => Promise<T>

/**
 * Bulkhead, circuit breaker and deadline around calls to one remote service, by cockatiel, loaded when first needed.
 * `isFailure` says which errors speak against the service; others pass and count as answers.
 */
export async function remoteCall(
  bounds: RemoteCallBounds,
  isFailure: (error: unknown) => boolean,
): Promise<RemoteCall> {
  const cockatiel = await import('cockatiel')
  const bulkhead = cockatiel.bulkhead(bounds.maxInFlight, bounds.maxWaiting)
  const breaker = cockatiel.circuitBreaker(
    cockatiel.handleWhen((error) => error instanceof cockatiel.TaskCancelledError || isFailure(error)),
    { halfOpenAfter: bounds.breakerHalfOpenMs, breaker: new cockatiel.ConsecutiveBreaker(bounds.breakerFailures) },
  )
  // Aggressive: rejects on time, also where a client ignores that it should stop.
  // Nobody listens to its signal, and to abort that after each call takes longer than all else here.
  const deadline = cockatiel.timeout(bounds.timeoutMs, {
    strategy: cockatiel.TimeoutStrategy.Aggressive,
    abortOnReturn: false,
  })
  // Twice: the outer one bounds what a caller waits, in the queue too; the inner one tells the breaker of a slow service.
  const policy = cockatiel.wrap(deadline, bulkhead, breaker, deadline)
  return async (action, body) => {
    try {
      return await policy.execute(body)
    } catch (error) {
      if (error instanceof cockatiel.TaskCancelledError) {
        throw refused(
          'STORE_TIMEOUT',
          `Cannot ${action}: no answer within ${bounds.timeoutMs} ms; it may still take effect`,
        )
      }
      if (error instanceof cockatiel.BulkheadRejectedError) {
        throw refused(
          'OVERLOADED',
          `Cannot ${action}: ${bounds.maxInFlight} calls are in flight and ${bounds.maxWaiting} waiting`,
        )
      }
      if (error instanceof cockatiel.BrokenCircuitError) {
        throw refused(
          'STORE_UNAVAILABLE',
          `Cannot ${action}: the service failed repeatedly and is tried again in a moment`,
        )
      }
      throw error
    }
  }
}

function refused(code: ErrorCode, message: string): ThermoclineError {
  return new ThermoclineError(code, message)
}
