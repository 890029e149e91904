import { fine, found, type Verdict } from './verdict.ts'

/** What the calls of one store came to in the last interval. */
export interface StoreReading {
  readonly store: string
  readonly recentCalls: number
  /** Those that the service failed. A conflict, say, is an answer of one that works. */
  readonly recentFailures: number
  /** Those that say nothing of it, as they did not reach it or were not waited for. @default 0 */
  readonly recentSilent?: number
  /** For how long calls have waited and none has ended well. @default 0 */
  readonly stalledMs?: number
  /** Code of the last failure. */
  readonly lastFailure: string | undefined
}

/** Begins from half of the calls on, ends below a tenth; in between, nothing is said. */
const FAILING_SHARE = 0.5
const FINE_SHARE = 0.1
/** No call of a store that works takes so long while none of the others ends either. */
const STALLED_MS = 1_000

/**
 * Whether each store is down, or is back. One may be told of by more than one reading, such as its calls and whether it
 * answers at all: the worst of them counts, or an alert would end and begin again with each look.
 */
export function storeVerdicts(readings: readonly StoreReading[]): readonly (Verdict | undefined)[] {
  const worst = new Map<string, StoreReading>()
  for (const reading of readings) {
    const known = worst.get(reading.store)
    if (known === undefined || isWorse(reading, known)) worst.set(reading.store, reading)
  }
  return [...worst.values()].map(storeVerdict)
}

function isWorse(reading: StoreReading, known: StoreReading): boolean {
  return failingShare(reading) > failingShare(known)
}

function tellingCalls({ recentCalls, recentSilent = 0 }: StoreReading): number {
  return recentCalls - recentSilent
}

/** Below 0 where nothing is known. */
function failingShare(reading: StoreReading): number {
  const telling = tellingCalls(reading)
  return telling === 0 ? -1 : reading.recentFailures / telling
}

function storeVerdict(reading: StoreReading): Verdict | undefined {
  const share = failingShare(reading)
  const { store, recentFailures, lastFailure, stalledMs = 0 } = reading
  if (stalledMs >= STALLED_MS && share < FAILING_SHARE) {
    return found({
      kind: 'storeFailing',
      subject: store,
      severity: 'warning',
      message: `Store ${store} does not answer: calls have waited for ${(stalledMs / 1000).toFixed(1)} s`,
      facts: { code: 'STORE_TIMEOUT', failedCalls: recentFailures },
    })
  }
  if (share < 0) return undefined
  if (share < FINE_SHARE) return fine('storeFailing', store)
  if (share < FAILING_SHARE) return undefined
  const code = lastFailure ?? 'STORE_FAILED'
  return found({
    kind: 'storeFailing',
    subject: store,
    severity: share >= 1 ? 'critical' : 'warning',
    message: `Store ${store} fails: ${recentFailures} of ${tellingCalls(reading)} calls, the last with ${code}`,
    facts: { code, failedCalls: recentFailures },
  })
}
