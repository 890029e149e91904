import { fine, found, type Verdict } from './verdict.ts'

/** Lookups of the last interval: what lies long ago must not hide what happens now. */
export interface CacheReading {
  readonly name: string
  readonly hits: number
  readonly misses: number
}

/** Fewer lookups than this say nothing of a hit rate. */
const MIN_LOOKUPS = 100
/** An alert that lasts ends where the rate is so much better, so that one that wavers doesn't begin it anew. */
const RELEASE = 1.05

/** Whether a cache answers too few lookups. Without enough of them, nothing is known. */
export function cacheVerdict(cache: CacheReading, threshold: number, isLasting: boolean): Verdict | undefined {
  const { name, hits, misses } = cache
  if (hits + misses < MIN_LOOKUPS) return undefined
  const value = hits / (hits + misses)
  if (value >= (isLasting ? Math.min(1, threshold * RELEASE) : threshold)) return fine('cacheHitRate', name)
  return found({
    kind: 'cacheHitRate',
    subject: name,
    severity: 'warning',
    message: `Cache ${name} answers ${percent(value)} % of lookups, expected ${percent(threshold)} %: consider a larger cache or a longer time to live`,
    facts: { value, threshold },
  })
}

function percent(ratio: number): number {
  return Math.round(ratio * 100)
}
