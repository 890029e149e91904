import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { CONTEXT_PRUNER_DEFAULTS } from '../../src/context/pruner-options.ts'
import { IN_PROCESS_HOT_STORE_DEFAULTS } from '../../src/stores/in-process/hot-store.ts'
import { REDIS_HOT_STORE_DEFAULTS } from '../../src/stores/redis/hot-store.ts'
import { SQLITE_DURABLE_STORE_DEFAULTS } from '../../src/stores/sqlite/durable-store.ts'
import { ALERT_THRESHOLD_DEFAULTS } from '../../src/telemetry/alerts/alert-thresholds.ts'
import { PRESSURE_GAUGE_DEFAULTS } from '../../src/telemetry/pressure/gauge.ts'
import { MEMORY_PROFILER_DEFAULTS } from '../../src/telemetry/profiler-options.ts'
import { CHECKED_STORE_DEFAULTS } from '../../src/tiers/checked-durable-store.ts'
import { HOT_CALL_DEFAULTS } from '../../src/tiers/hot/checked-hot-store.ts'
import { TIER_DEFAULTS } from '../../src/tiers/options.ts'
import { ROOT } from '../package/repository.ts'

// A manager has its own option for the time that segments live.
const { segmentTtlMs: _, ...REDIS_HOT_DEFAULTS } = REDIS_HOT_STORE_DEFAULTS

/** The defaults that the code has, with the sources whose `@default` tags say the same. */
const DEFAULTS = {
  TIER_DEFAULTS: { values: TIER_DEFAULTS, sources: ['tiers/options.ts', 'tiers/placement/placement.ts'] },
  IN_PROCESS_HOT_STORE_DEFAULTS: { values: IN_PROCESS_HOT_STORE_DEFAULTS, sources: ['stores/in-process/hot-store.ts'] },
  REDIS_HOT_STORE_DEFAULTS: { values: REDIS_HOT_DEFAULTS, sources: ['stores/redis/hot-store.ts'] },
  SQLITE_DURABLE_STORE_DEFAULTS: {
    values: SQLITE_DURABLE_STORE_DEFAULTS,
    sources: ['stores/sqlite/durable-store.ts', 'thermocline.ts'],
  },
  HOT_CALL_DEFAULTS: { values: HOT_CALL_DEFAULTS, sources: ['tiers/hot/checked-hot-store.ts'] },
  CHECKED_STORE_DEFAULTS: { values: CHECKED_STORE_DEFAULTS, sources: ['tiers/checked-durable-store.ts'] },
  MEMORY_PROFILER_DEFAULTS: { values: MEMORY_PROFILER_DEFAULTS, sources: ['telemetry/profiler-options.ts'] },
  ALERT_THRESHOLD_DEFAULTS: { values: ALERT_THRESHOLD_DEFAULTS, sources: ['telemetry/alerts/alert-thresholds.ts'] },
  PRESSURE_GAUGE_DEFAULTS: { values: PRESSURE_GAUGE_DEFAULTS, sources: ['telemetry/pressure/gauge.ts'] },
  CONTEXT_PRUNER_DEFAULTS: { values: CONTEXT_PRUNER_DEFAULTS, sources: ['context/pruner-options.ts'] },
} as const

const MARKED_TABLE = /<!-- defaults: (\w+) -->\s*((?:\|.*\n)+)/g
const ROW = /^\| `(\w+)` \| ([^|]+) \|/gm
const TAG = /@default (.+?)(?:\s*\*\/|\n[^@]*?\*\/)\s*readonly (\w+)\??:/g

/** `65_536`, `65,536`, "`\"full\"`" and `true` as the values that they stand for. */
function parseValue(text: string): unknown {
  return JSON.parse(
    text
      .trim()
      .replaceAll(/(?<=\d)[_,](?=\d)/g, '')
      .replaceAll('`', ''),
  )
}

describe('docs/options.md', () => {
  const markdown = readFileSync(`${ROOT}docs/options.md`, 'utf8')
  const tables = new Map([...markdown.matchAll(MARKED_TABLE)].map(([, name, table]) => [name!, table!]))

  it('has a table for each set of defaults, and for no other', () => {
    expect([...tables.keys()].sort()).toEqual(Object.keys(DEFAULTS).sort())
  })

  it.each(Object.entries(DEFAULTS))('says what %s is, option by option', (name, { values }) => {
    const rows = [...(tables.get(name) ?? '').matchAll(ROW)]
    const documented = Object.fromEntries(rows.map(([, option, value]) => [option, parseValue(value!)]))
    expect(documented).toEqual(values)
  })
})

describe('@default tags', () => {
  it.each(Object.entries(DEFAULTS))('say what %s is, option by option', (_, { values, sources }) => {
    const texts = sources.map((path) => readFileSync(`${ROOT}src/${path}`, 'utf8')).join('\n')
    const tagged = [...texts.matchAll(TAG)].filter(([, , option]) => option! in values)
    expect([...new Set(tagged.map(([, , option]) => option))].sort()).toEqual(Object.keys(values).sort())
    for (const [, value, option] of tagged)
      expect([option, parseValue(value!)]).toEqual([option, Reflect.get(values, option!)])
  })
})
