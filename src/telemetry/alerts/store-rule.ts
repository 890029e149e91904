import { fine, found, type Verdict } from './verdict.ts'

/** What the calls of one store came to in the last interval. */
export interface StoreReading {
  readonly store: string
  readonly recentCalls: number
  /** Those that the service failed. A conflict, say, is an answer of one that works. */
  readonly recentFailures: number
  /** Code of the last failure. */
  readonly lastFailure: string | undefined
}

/** Begins from half of the calls on, ends below a tenth; in between, nothing is said. */
const FAILING_SHARE = 0.5
const FINE_SHARE = 0.1

/** Whether a store is down, or is back. Without calls, nothing is known. */
export function storeVerdict({ store, recentCalls, recentFailures, lastFailure }: StoreReading): Verdict | undefined {
  if (recentCalls === 0) return undefined
  const share = recentFailures / recentCalls
  if (share < FINE_SHARE) return fine('storeFailing', store)
  if (share < FAILING_SHARE) return undefined
  const code = lastFailure ?? 'STORE_FAILED'
  return found({
    kind: 'storeFailing',
    subject: store,
    severity: share >= 1 ? 'critical' : 'warning',
    message: `Store ${store} fails: ${recentFailures} of ${recentCalls} calls, the last with ${code}`,
    facts: { code, failedCalls: recentFailures },
  })
}
