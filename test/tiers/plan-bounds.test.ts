import { describe, expect, it } from 'vitest'
import { COLD_HEAT } from '../../src/memory/heat.ts'
import type { OverlayChange, SegmentRef, SessionRecord, TailEntry } from '../../src/memory/record.ts'
import { identifySession } from '../../src/memory/session.ts'
import { firstStampAt, type Stamp } from '../../src/memory/stamp.ts'
import { TIER_DEFAULTS } from '../../src/tiers/options.ts'
import { planErased, planFold } from '../../src/tiers/rewriting/fold-plan.ts'
import {
  type Group,
  planArchiveWhere,
  planMerge,
  planRehydrateWhere,
  planSeal,
} from '../../src/tiers/rewriting/rewrite-plan.ts'
import { CHAT } from '../support/items.ts'

const KIB = 1024
/** Of one commit, in bodies of the tail: what a plan has room for, and one item beyond it. */
const ROOM = 1536 * KIB
/** Segment `i` holds what is stamped from `10 i` seconds on, for 8 seconds. */
const SECONDS = 10

const at = (second: number): Stamp => firstStampAt(second * 1000)

function entry(second: number, bytes: number = 500 * KIB): TailEntry {
  return { stamp: at(second), body: 'x'.repeat(bytes) }
}

function segment(i: number, more: Partial<SegmentRef> = {}): SegmentRef {
  const bytes = more.bytes ?? 20 * KIB
  return {
    id: `s${i}`,
    kind: 'page',
    first: at(i * SECONDS),
    last: at(i * SECONDS + 8),
    items: 10,
    rawBytes: bytes,
    bytes,
    newestAt: 1,
    heat: COLD_HEAT,
    ...more,
  }
}

function segments(count: number, more: Partial<SegmentRef> = {}): SegmentRef[] {
  return Array.from({ length: count }, (_, i) => segment(i, more))
}

function recordOf(held: Partial<Pick<SessionRecord, 'tail' | 'segments' | 'overlay' | 'erasedTo'>>): SessionRecord {
  const { tail = [] } = held
  return {
    session: identifySession(CHAT),
    n: 1000,
    erasedTo: 0,
    tail,
    tailComplete: true,
    tailItems: tail.length,
    tailBytes: tail.reduce((sum, { body }) => sum + body.length, 0),
    tailHeat: COLD_HEAT,
    segments: [],
    overlay: new Map(),
    about: '',
    reviewAt: 0,
    failures: 0,
    createdAt: 1,
    updatedAt: 1,
    ...held,
  }
}

function edited(seconds: readonly number[], bytes: number): [Stamp, OverlayChange][] {
  return seconds.map((second) => [at(second), { kind: 'edited', body: 'y'.repeat(bytes) }])
}

function bytesOf(groups: readonly Group[]): number {
  return groups.flatMap(({ entries }) => entries).reduce((sum, { body }) => sum + body.length, 0)
}

describe('what came late into a segment', () => {
  /** Forty of 500 KB, all in the range of the one segment, the last of them marked. */
  const late = Array.from({ length: 40 }, (_, i) => entry(1 + i / 10))
  const marked = late.at(-1)!
  const overlay = new Map(edited([4.9], 10))
  const page = recordOf({ segments: [segment(0)], tail: late, overlay })
  const archive = { ...page, segments: [segment(0, { kind: 'archive' })] }

  const PLANS: Readonly<Record<string, () => readonly Group[]>> = {
    'a seal': () => planSeal(page, TIER_DEFAULTS)!.groups,
    'an archive': () => planArchiveWhere(page, (unit) => unit === 0, TIER_DEFAULTS)!.groups,
    'a merge': () => planMerge({ ...page, segments: segments(40) })!.groups,
    'a rehydrate': () => planRehydrateWhere(archive, () => true)!.groups,
    'a fold': () => planFold(page),
    'an erase': () => planErased({ ...page, erasedTo: 500 }),
  }

  it.each(Object.keys(PLANS))('is taken by %s as far as one commit goes, with all that is marked', (name) => {
    const groups = PLANS[name]!()
    expect(groups).toHaveLength(1)
    const { entries } = groups[0]!
    expect(entries).toContain(marked)
    expect(entries.length, 'it goes on').toBeGreaterThan(1)
    expect(bytesOf(groups)).toBeLessThanOrEqual(ROOM)
    expect(entries.map(({ stamp }) => stamp)).toEqual(entries.map(({ stamp }) => stamp).sort())
  })
})

describe('a merge', () => {
  const merged = (of: readonly SegmentRef[]): readonly [number, number] | undefined => {
    const group = planMerge(recordOf({ segments: of }))?.groups[0]
    return group && [group.from, group.to]
  }

  it('takes sixteen pages where they fit one', () => {
    expect(merged(segments(32))).toEqual([0, 16])
  })

  it('takes fewer where they are large', () => {
    expect(merged(segments(32, { bytes: 75 * KIB }))).toEqual([0, 9])
    expect(merged(segments(32, { bytes: 300 * KIB }))).toEqual([0, 2])
  })

  it('takes none that would be split again', () => {
    expect(merged(segments(40, { bytes: 400 * KIB }))).toBeUndefined()
  })

  it('takes what lies between pages that are large by themselves', () => {
    const of = segments(40).map((page, i) => (i % 4 === 0 ? { ...page, rawBytes: 600 * KIB } : page))
    expect(merged(of)).toEqual([1, 4])
  })

  it('waits for more of the small ones rather than merging each new one', () => {
    const of = segments(36).map((page, i) => (i < 15 ? { ...page, rawBytes: 600 * KIB } : page))
    expect(merged(of)).toBeUndefined()
  })
})

describe('a fold', () => {
  const old = segments(20, { bytes: 200 * KIB })
  const small = edited(
    old.map((_, i) => i * SECONDS + 1),
    10,
  )

  it('takes the segments with the largest marks first', () => {
    const overlay = new Map([...small, ...edited([15 * SECONDS + 2], 70 * KIB)])
    const groups = planFold(recordOf({ segments: old, overlay }))
    const taken = groups.map(({ from }) => from)
    expect(taken).toContain(15)
    expect(taken.length).toBeLessThan(20)
    expect(taken).toEqual(taken.toSorted((a, b) => a - b))
  })

  it('takes the tail first where the large mark lies there', () => {
    const tail = [entry(500, 100)]
    const overlay = new Map([...small, ...edited([500], 70 * KIB)])
    const groups = planFold(recordOf({ segments: old, tail, overlay }))
    expect(groups.at(-1)).toMatchObject({ from: 20, to: 20, entries: tail })
  })
})
