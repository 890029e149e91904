import { fine, found, type Verdict } from './verdict.ts'

/** Codes that speak against a store; others, such as a conflict, are answers of one that works. */
const OUTAGE_CODES: readonly string[] = [
  'STORE_UNAVAILABLE',
  'STORE_TIMEOUT',
  'STORE_FAILED',
  'STORE_FULL',
  'STORE_REFUSED',
  'OVERLOADED',
]

/** Begins from half of the calls on, ends below a tenth; in between, nothing is said. */
const FAILING_SHARE = 0.5
const FINE_SHARE = 0.1

/** Whether the calls of the last interval say that a store is down, or is back. Without calls, nothing is known. */
export function storeVerdict(store: {
  readonly name: string
  readonly calls: number
  readonly errorsByCode: Readonly<Record<string, number>>
}): Verdict | undefined {
  const { name, calls, errorsByCode } = store
  if (calls === 0) return undefined
  const outages = Object.entries(errorsByCode).filter(([code, count]) => OUTAGE_CODES.includes(code) && count > 0)
  const failedCalls = outages.reduce((sum, [, count]) => sum + count, 0)
  if (failedCalls / calls < FINE_SHARE) return fine('storeFailing', name)
  if (failedCalls / calls < FAILING_SHARE) return undefined
  const [code] = outages.reduce((most, next) => (next[1] > most[1] ? next : most))
  return found({
    kind: 'storeFailing',
    subject: name,
    severity: failedCalls >= calls ? 'critical' : 'warning',
    message: `Store ${name} fails: ${failedCalls} of ${calls} calls ended with ${code} or the like`,
    facts: { code, failedCalls },
  })
}
