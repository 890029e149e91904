import { checkNumberOption, checkWordOption, invalidOption, type NumberRange } from '../lib/check-options.ts'
import { HEAT_TIMES } from '../memory/heat.ts'
import { checkTenant } from '../memory/session.ts'
import { PLACEMENT_DEFAULTS, type PlacementOptions } from './placement/placement.ts'

/** How the tiers behave. Names, units and defaults of the first six are as promised to users. */
export interface TierOptions extends PlacementOptions {
  /** Whether cold items are compressed. @default true */
  readonly enableCompression: boolean
  /** Time between two sweeps of the migrator, in seconds; 0 leaves sweeping to `runMigration`. @default 3600 */
  readonly tierMigrationInterval: number
  /** How long a copy of a unit that is not hot lives after its last use, in seconds. @default 86400 */
  readonly defaultTtl: number
  /** Items are removed so many days after they were added; 0 keeps them. @default 0 */
  readonly retentionDays: number
  /** The same for single tenants, by tenant id. @default {} */
  readonly retentionDaysByTenant: Readonly<Record<string, number>>
  /** Only `scoped()` gives access; `getMemoryItem(id)` and all else by itself throws `SCOPE_REQUIRED`. @default false */
  readonly requireScope: boolean
  /** The tail is sealed past so many items. @default 200 */
  readonly tailMaxItems: number
  /** The tail is sealed past so many bytes. @default 65_536 */
  readonly tailMaxBytes: number
  /** An archive takes at most so many bytes, compressed. @default 716_800 */
  readonly archiveMaxBytes: number
  /** How far a copy in this process may be behind other processes, in milliseconds. @default 100 */
  readonly inProcessMaxAgeMs: number
  /**
   * How long a copy in a shared hot tier is served before the durable store has to show again that it is whole, in
   * milliseconds. It bounds what a failover, a restored snapshot, or a process that died between a commit and telling
   * of it can do to other readers. @default 600_000
   */
  readonly maxProofAgeMs: number
  /** Heap for segments that were read lately and are kept decoded, in bytes, estimated. @default 16_777_216 */
  readonly segmentCacheMaxBytes: number
  /** Heap for the indexes of what was searched lately, in bytes, estimated. @default 33_554_432 */
  readonly searchIndexMaxBytes: number
  /** Most items of one answer; longer histories are for the iterator. @default 100_000 */
  readonly maxHistoryItems: number
}

export const TIER_DEFAULTS: TierOptions = Object.freeze({
  ...PLACEMENT_DEFAULTS,
  enableCompression: true,
  tierMigrationInterval: 3600,
  defaultTtl: 86_400,
  retentionDays: 0,
  retentionDaysByTenant: Object.freeze({}),
  requireScope: false,
  tailMaxItems: 200,
  tailMaxBytes: 64 * 1024,
  archiveMaxBytes: 700 * 1024,
  inProcessMaxAgeMs: 100,
  maxProofAgeMs: 600_000,
  segmentCacheMaxBytes: 16 * 1024 * 1024,
  searchIndexMaxBytes: 32 * 1024 * 1024,
  maxHistoryItems: 100_000,
})

const DAYS: NumberRange = [0, 36_500, false]
const RANGES: { readonly [name in keyof TierOptions]?: NumberRange } = {
  hotTierMaxAgeDays: DAYS,
  warmTierMaxAgeDays: DAYS,
  minAccessCountHot: [1, HEAT_TIMES, true],
  minAccessCountWarm: [1, HEAT_TIMES, true],
  // A timer of Node holds at most 2^31 - 1 milliseconds.
  tierMigrationInterval: [0, 2_147_483, false],
  defaultTtl: [0, 315_360_000, false],
  retentionDays: DAYS,
  tailMaxItems: [2, 10_000, true],
  tailMaxBytes: [1024, 512 * 1024, true],
  // Below it an item of the largest size would not fit an archive of its own.
  archiveMaxBytes: [1024, 1_000_000, true],
  inProcessMaxAgeMs: [0, 60_000, false],
  maxProofAgeMs: [0, 86_400_000, false],
  segmentCacheMaxBytes: [0, Number.MAX_SAFE_INTEGER, true],
  searchIndexMaxBytes: [0, Number.MAX_SAFE_INTEGER, true],
  maxHistoryItems: [1, 10_000_000, true],
}

/**
 * The options with defaults filled in, copied and frozen.
 * @throws ThermoclineError `INVALID_OPTION`
 */
export function resolveTierOptions(given: Partial<TierOptions>): TierOptions {
  const named = Object.keys(TIER_DEFAULTS) as (keyof TierOptions)[]
  const options = Object.fromEntries(
    named.map((name) => [name, given[name] ?? TIER_DEFAULTS[name]]),
  ) as unknown as TierOptions
  for (const [name, range] of Object.entries(RANGES)) checkNumberOption(name, options[name as keyof TierOptions], range)
  for (const name of ['enableCompression', 'requireScope'] as const) checkWordOption(name, options[name], [true, false])
  const byTenant = checkDaysByTenant(options.retentionDaysByTenant)
  if (options.warmTierMaxAgeDays < options.hotTierMaxAgeDays) {
    throw invalidOption(
      'warmTierMaxAgeDays',
      `at least hotTierMaxAgeDays (${options.hotTierMaxAgeDays})`,
      options.warmTierMaxAgeDays,
    )
  }
  return Object.freeze({ ...options, retentionDaysByTenant: byTenant })
}

function checkDaysByTenant(given: unknown): Readonly<Record<string, number>> {
  const prototype: unknown = typeof given === 'object' && given !== null ? Object.getPrototypeOf(given) : undefined
  if (prototype !== Object.prototype && prototype !== null) {
    throw invalidOption('retentionDaysByTenant', 'an object of days by tenant id', given)
  }
  const days = { ...(given as Record<string, number>) }
  for (const [tenantId, value] of Object.entries(days)) {
    checkTenant(tenantId)
    checkNumberOption('retentionDaysByTenant', value, DAYS)
  }
  return Object.freeze(days)
}
