import fc from 'fast-check'
import { DAY_MS } from '../items.ts'
import { type ChangePlan, type Edge, PAIRS, type Program, type QueryPlan, type Step } from './step.ts'

/** Sessions that a program acts in; the last one is of another tenant. */
export const SESSION_COUNT = 4
const MAX_MANAGERS = 3

// Most of what is done is done in one session, so that it gets long.
const session = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 2, arbitrary: fc.nat(SESSION_COUNT - 1) })
const by = fc.nat(MAX_MANAGERS - 1)
const index = fc.nat(400)
const maybeIndex = fc.option(index, { nil: undefined, freq: 4 })
const lifeMs = fc.constantFrom(0, 0, 0, 0, 1, DAY_MS / 2, 3 * DAY_MS)
const agoMs = fc.constantFrom(0, 0, 1, 60_000, DAY_MS, 5 * DAY_MS)
const read = fc.constantFrom('cached', 'cached', 'strong')

const edge: fc.Arbitrary<Edge | undefined> = fc.option(
  fc.record({ kind: fc.constantFrom('id', 'time'), index: fc.nat(200) }),
  { nil: undefined, freq: 2 },
)
const query: fc.Arbitrary<QueryPlan> = fc.record({
  limit: fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined, freq: 1 }),
  from: fc.constantFrom('newest', 'oldest'),
  order: fc.constantFrom('newest', 'oldest'),
  read,
  peek: fc.constantFrom(false, false, false, true),
  maxTokens: fc.option(fc.integer({ min: 1, max: 200 }), { nil: undefined, freq: 2 }),
  after: edge,
  before: edge,
})
const change: fc.Arbitrary<ChangePlan> = fc.record({
  content: fc.option(fc.constantFrom(1, 30, 900), { nil: undefined, freq: 3 }),
  metadata: fc.constantFrom('as before', 'as before', 'new', 'none'),
  lifeMs: fc.option(lifeMs, { nil: undefined, freq: 1 }),
})

/** How often each step comes, and of what it is made. */
const STEPS: readonly { readonly weight: number; readonly arbitrary: fc.Arbitrary<Step> }[] = [
  {
    weight: 24,
    arbitrary: fc.record({
      do: fc.constant('add'),
      by,
      session,
      count: fc.integer({ min: 1, max: 7 }),
      size: fc.constantFrom(1, 30, 900),
      lifeMs,
      agoMs,
      as: fc.constantFrom('calls', 'batch'),
      after: maybeIndex,
    }),
  },
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant('add keyed'),
      by,
      session,
      key: fc.nat(15),
      agoMs,
      anew: fc.constantFrom(false, false, false, true),
      after: maybeIndex,
    }),
  },
  {
    weight: 9,
    arbitrary: fc.record({
      do: fc.constant('update'),
      by,
      session,
      index,
      change,
      as: fc.constantFrom('value', 'function'),
    }),
  },
  { weight: 9, arbitrary: fc.record({ do: fc.constant('delete'), by, session, index }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('pop'), by, session }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('replace'),
      by,
      session,
      expect: fc.constantFrom('the end', 'the end', 'a stale end', 'nothing'),
      take: fc.integer({ min: 1, max: 4 }),
      put: fc.nat(3),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('restore'), by, index, count: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 14, arbitrary: fc.record({ do: fc.constant('history'), by, session, query }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('iterate'), by, session, query }) },
  { weight: 9, arbitrary: fc.record({ do: fc.constant('get'), by, session, index, read }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('search'),
      by,
      session,
      index,
      for: fc.constantFrom('an item', 'an item', 'all'),
      where: fc.constantFrom('all sessions', 'all sessions', 'one session'),
    }),
  },
  {
    weight: 7,
    arbitrary: fc.record({
      do: fc.constantFrom('session', 'session', 'sessions', 'all sessions', 'tiers'),
      by,
      session,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('update session'),
      by,
      session,
      metadata: fc.constantFrom('as before', 'new', 'none', 'more'),
      retentionDays: fc.constantFrom(undefined, undefined, null, 2, 40),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('fork'), by, session, to: session, upTo: maybeIndex }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('delete session', 'delete session', 'erase user'), by, session }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom('promote', 'demote', 'pack', 'pack'), by, session }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom('sweep', 'sweep', 'sweep', 'sweep all', 'reopen'), by }) },
  {
    weight: 9,
    arbitrary: fc.record({
      do: fc.constant('advance'),
      ms: fc.constantFrom(1, 1, 100, 100, 20 * 60_000, DAY_MS / 3, 2 * DAY_MS),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('step back'), ms: fc.constantFrom(1, 150, 60_000) }) },
  {
    weight: 14,
    arbitrary: fc.record({ do: fc.constant('together'), by, session, what: fc.constantFrom(...PAIRS), index }),
  },
]

/** Bounds so low that a few items are sealed, folded, merged, archived, split and evicted. */
const options: fc.Arbitrary<Program['options']> = fc.record({
  tailMaxItems: fc.integer({ min: 3, max: 10 }),
  tailMaxBytes: fc.constantFrom(1024, 2048, 4096),
  archiveMaxBytes: fc.constantFrom(1024, 2048, 65_536),
  hotTierMaxAgeDays: fc.constantFrom(0, 1),
  warmTierMaxAgeDays: fc.constantFrom(1, 2),
  minAccessCountHot: fc.constantFrom(1, 3),
  enableCompression: fc.boolean(),
  retentionDays: fc.constantFrom(0, 0, 0, 4),
  inProcessMaxAgeMs: fc.constantFrom(0, 100),
  segmentCacheMaxBytes: fc.constantFrom(0, 1024 * 1024),
  searchIndexMaxBytes: fc.constantFrom(0, 4096, 1024 * 1024),
  inProcess: fc.record({
    maxItemsPerSession: fc.constantFrom(2, 20, 500),
    maxBytes: fc.constantFrom(8192, 1024 * 1024),
  }),
})

/** Programs of at most so many steps. */
export function programs(maxSteps: number): fc.Arbitrary<Program> {
  return fc.record({
    managers: fc.integer({ min: 1, max: MAX_MANAGERS }),
    jitter: fc.option(fc.nat(1_000_000), { nil: undefined, freq: 3 }),
    options,
    steps: fc.array(fc.oneof(...STEPS), { minLength: 1, maxLength: maxSteps, size: 'max' }),
  })
}
