import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { COLD_HEAT, type Heat } from '../../../src/memory/heat.ts'
import { bodyOf, makeItem } from '../../../src/memory/item-body.ts'
import { identifySession, stampOf } from '../../../src/memory/session.ts'
import { firstStampAt } from '../../../src/memory/stamp.ts'
import { makeCopy, reviveCopy } from '../../../src/tiers/hot/make-copy.ts'
import type { SessionCopy, StoredCopy, StoredEntry, StoredUnit } from '../../../src/tiers/hot/session-copy.ts'
import { TIER_DEFAULTS, type TierOptions } from '../../../src/tiers/options.ts'
import { HeatLedger } from '../../../src/tiers/placement/heat-ledger.ts'
import { DAY_MS } from '../../../src/tiers/placement/placement.ts'
import { placed, TAIL_UNIT, type UnitFacts } from '../../../src/tiers/placement/units.ts'
import type { TierParts } from '../../../src/tiers/tier-parts.ts'

const NOW = Date.UTC(2026, 0, 1)
const WIDE = { maxItems: 1000, maxBytes: 1_000_000 }
const session = identifySession({ userId: 'u', sessionId: 's' })

/** What one process knows. */
function process(options: Partial<TierOptions> = {}): TierParts {
  return { ledger: new HeatLedger(10), options: { ...TIER_DEFAULTS, ...options } } as TierParts
}

function entry(ageMs: number): StoredEntry {
  const createdAt = NOW - ageMs
  return { stamp: firstStampAt(createdAt), body: { content: `${ageMs} ms old`, contentType: 'note', createdAt } }
}

function facts(id: string, ageMs: number, heat: Heat = COLD_HEAT, isArchive = false): UnitFacts {
  return { id, isArchive, newestAt: NOW - ageMs, heat }
}

/** One unit after the other, each with its entries, oldest first. */
function stored(units: readonly (readonly [UnitFacts, readonly StoredEntry[]])[], more: Partial<StoredCopy> = {}) {
  let after: StoredUnit['after'] = ''
  const written = units.map(([unit, own]): StoredUnit => {
    const begins = after
    after = own.at(-1)?.stamp ?? after
    return { facts: unit, after: begins }
  })
  const entries = units.flatMap(([, own]) => own)
  const all = { session, n: entries.length, shownFence: 'f', complete: true, entries, units: written }
  return { ...all, provenForMs: 1000, ...more }
}

/** As a store writes a copy down. */
function writtenDown(copy: SessionCopy): StoredCopy {
  const { n, shownFence, complete } = copy
  const entries = copy.items.map((item) => ({ stamp: stampOf(item.id), body: bodyOf(item) }))
  return { session: copy.session, n, shownFence, complete, entries, units: copy.storedUnits(), provenForMs: 1000 }
}

function ownersOf(copy: SessionCopy): (string | undefined)[] {
  return copy.items.map((_, i) => copy.spans.findLast(({ from }) => from <= i)?.facts.id)
}

const DAYS = { archive: 90 * DAY_MS, page: 20 * DAY_MS, tail: DAY_MS }
const ALL = [
  [
    facts('archive', DAYS.archive, { reads: 1, recent: [NOW - 3] }, true),
    [entry(DAYS.archive + 1), entry(DAYS.archive)],
  ],
  [facts('page', DAYS.page), [entry(DAYS.page)]],
  [facts(TAIL_UNIT, DAYS.tail, { reads: 4, recent: [NOW - 2] }), [entry(DAYS.tail + 1), entry(DAYS.tail)]],
] as const

describe('a copy that was stored outside of the process', () => {
  it('comes back with what is said of its session and its units', () => {
    const copy = reviveCopy(process(), stored(ALL, { n: 70, complete: false }), NOW)
    expect(copy).toMatchObject({ session, n: 70, shownFence: 'f', complete: false })
    expect(
      copy.items.map(({ tier, cached, accessCount, lastAccessedAt }) => [tier, cached, accessCount, lastAccessedAt]),
    ).toEqual([
      ['cold', true, 1, NOW - 3],
      ['cold', true, 1, NOW - 3],
      ['warm', true, 0, undefined],
      ['hot', true, 4, NOW - 2],
      ['hot', true, 4, NOW - 2],
    ])
    expect(copy.items[2]).toMatchObject({ content: `${DAYS.page} ms old`, userId: 'u', sessionId: 's' })
    expect(copy.spans.map(({ facts: unit, from }) => [unit, from])).toEqual([
      [ALL[0][0], 0],
      [ALL[1][0], 2],
      [ALL[2][0], 3],
    ])
  })

  it('has the reads that this process has counted, and counts on', () => {
    const parts = process({ minAccessCountHot: 2 })
    const [page, tail] = [ALL[1], ALL[2]]
    const first = reviveCopy(parts, stored([page, tail]), NOW)
    expect(first.items[0]?.tier).toBe('warm')
    for (let i = 0; i < 2; i++) first.recordRead(0, 1, NOW + i)
    const again = reviveCopy(parts, stored([page, tail]), NOW + 10)
    expect(again.items[0]).toMatchObject({ accessCount: 2, lastAccessedAt: NOW + 1, tier: 'hot' })
    expect(again.items[1]).toMatchObject({ accessCount: 4 })
    again.recordRead(0, 1, NOW + 11)
    expect(parts.ledger.take(session.key).get('page')).toEqual({ reads: 3, recent: [NOW + 11, NOW + 1, NOW] })
    expect(reviveCopy(process(), stored([page, tail]), NOW).items[0]).toMatchObject({ accessCount: 0, tier: 'warm' })
  })

  it('is of the units that have items in it; the tail is one of them, though it has none', () => {
    const { units } = stored(ALL)
    const part = stored([ALL[1]], { units, complete: false })
    const copy = reviveCopy(process(), part, NOW)
    expect(copy.spans.map(({ facts: { id }, from }) => [id, from])).toEqual([
      ['page', 0],
      [TAIL_UNIT, 1],
    ])
    const newest = reviveCopy(process(), { ...part, entries: [entry(DAYS.tail)] }, NOW)
    expect(ownersOf(newest)).toEqual([TAIL_UNIT])
    expect(newest.spans).toHaveLength(1)
  })

  it('has what is appended in its tail, which is as young as that', () => {
    const old = facts(TAIL_UNIT, DAYS.page)
    for (const held of [[], [entry(DAYS.page)]]) {
      const before = reviveCopy(process(), stored([ALL[0], [old, held]]), NOW)
      for (const { tier } of before.items.slice(2)) expect(tier).toBe('warm')
      const added = entry(5)
      const { units } = stored([ALL[0], [old, held]])
      const after = reviveCopy(process(), stored([ALL[0], [old, [...held, added]]], { units }), NOW)
      expect(ownersOf(after).slice(2)).toEqual([...held, added].map(() => TAIL_UNIT))
      expect(new Set(after.items.slice(2).map(({ tier }) => tier))).toEqual(new Set(['hot']))
      expect(after.spans.at(-1)?.facts).toEqual({ ...old, newestAt: NOW - 5 })
      expect(after.spans[0]?.facts).toEqual(ALL[0][0])
    }
  })

  it('is written down again as it was, whatever its units and whichever of its items are there', () => {
    const counts = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(counts, fc.nat({ max: 12 }), (sizes, kept) => {
        let made = 0
        const units = sizes.map((size, i) => {
          const isTail = i === sizes.length - 1
          // A segment has items; only the tail may be empty.
          const count = isTail ? size : size + 1
          const own = Array.from({ length: count }, (_, at) => entry(1000 - made - at))
          made += count
          return [facts(isTail ? TAIL_UNIT : `unit ${i}`, 1000 - made), own] as const
        })
        const whole = stored(units)
        const from = Math.max(0, made - kept)
        const copy = reviveCopy(process(), { ...whole, entries: whole.entries.slice(from) }, NOW)
        const owners = units.flatMap(([{ id }, own]) => own.map(() => id))
        expect(ownersOf(copy)).toEqual(owners.slice(from))
        const again = reviveCopy(process(), writtenDown(copy), NOW)
        expect(again.items).toEqual(copy.items)
        expect(again.storedUnits()).toEqual(copy.storedUnits())
        copy.trim({ maxItems: 3, maxBytes: 1_000_000 })
        expect(ownersOf(reviveCopy(process(), writtenDown(copy), NOW))).toEqual(ownersOf(copy))
      }),
    )
  })

  it('takes the next append as any copy does', () => {
    const copy = reviveCopy(process(), stored(ALL), NOW)
    const state = { tier: 'hot', cached: true, lastAccessedAt: undefined, accessCount: 0 } as const
    const { stamp, body } = entry(1)
    expect(copy.append([makeItem(session, stamp, body, state)], 6, WIDE)).toBe(true)
    expect(ownersOf(copy).at(-1)).toBe(TAIL_UNIT)
    expect(copy.placeOf(`${session.key}.${stamp}`)).toBeDefined()
  })
})

describe('a copy may be served', () => {
  const servableUntil = (copy: SessionCopy, ms: number): boolean[] =>
    [ms - 1, ms].map((at) => copy.isServable(NOW + at))

  it('for as long as it is proven', () => {
    expect(servableUntil(reviveCopy(process(), stored(ALL), NOW), 1000)).toEqual([true, false])
    expect(reviveCopy(process(), stored(ALL, { provenForMs: 0 }), NOW).isServable(NOW)).toBe(false)
    const unproven = reviveCopy(process(), stored(ALL, { provenForMs: -5000 }), NOW)
    unproven.prove(NOW + 50)
    expect(servableUntil(unproven, 50)).toEqual([true, false])
  })

  it('until the tier of one of its units may change', () => {
    const provenForMs = Number.POSITIVE_INFINITY
    const copy = reviveCopy(process(), stored(ALL, { provenForMs }), NOW)
    expect(servableUntil(copy, 6 * DAY_MS)).toEqual([true, false])
    // Nothing that is warm or cold becomes anything else by waiting.
    const old = reviveCopy(
      process({ defaultTtl: 1e9 }),
      stored([ALL[0], [facts(TAIL_UNIT, DAYS.page), []]], { provenForMs }),
      NOW,
    )
    expect(old.isServable(NOW + 1000 * DAY_MS)).toBe(true)
  })

  it('until nobody has used it for as long as its hottest unit stays', () => {
    const parts = process({ hotTierMaxAgeDays: 2, defaultTtl: 60 })
    const make = (ids: readonly UnitFacts[]): SessionCopy =>
      makeCopy(
        parts,
        {
          session,
          n: 0,
          items: [],
          complete: true,
          spans: ids.map((unit) => ({ unit: placed(session.key, unit, parts.ledger, parts.options, NOW), from: 0 })),
          provenForMs: Number.POSITIVE_INFINITY,
        },
        NOW,
      )
    expect(make([facts('page', DAYS.page), facts(TAIL_UNIT, 0)]).idleMs).toBe(2 * DAY_MS)
    const warm = make([facts(TAIL_UNIT, DAYS.page)])
    expect(warm.idleMs).toBe(60_000)
    expect(servableUntil(warm, 60_000)).toEqual([true, false])
  })
})
