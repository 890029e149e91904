import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { COLD_HEAT } from '../../../src/memory/heat.ts'
import { makeItem } from '../../../src/memory/item-body.ts'
import type { MemoryItem } from '../../../src/memory/memory-item.ts'
import { identifySession } from '../../../src/memory/session.ts'
import { firstStampAt } from '../../../src/memory/stamp.ts'
import { SessionCopy, type SessionCopyParts, type UnitSpan } from '../../../src/tiers/hot/session-copy.ts'
import { UnitReads } from '../../../src/tiers/placement/heat-ledger.ts'

const NOW = Date.UTC(2026, 0, 1)
const WIDE = { maxItems: 1000, maxBytes: 1_000_000 }
const session = identifySession({ userId: 'u', sessionId: 's' })

function item(ms: number, content = `item ${ms}`): MemoryItem {
  const state = { tier: 'hot', cached: true, lastAccessedAt: undefined, accessCount: 0 } as const
  return makeItem(session, firstStampAt(NOW + ms), { content, contentType: 'note', createdAt: NOW + ms }, state)
}

function items(from: number, count: number): MemoryItem[] {
  return Array.from({ length: count }, (_, i) => item(from + i))
}

function span(unit: string, from: number, dueCount = Number.POSITIVE_INFINITY): UnitSpan {
  const never = Number.POSITIVE_INFINITY
  const facts = { id: unit, isArchive: false, newestAt: NOW, heat: COLD_HEAT }
  return { facts, from, reads: new UnitReads(COLD_HEAT, { at: never, everyMs: never, count: dueCount }) }
}

function copyOf(held: readonly MemoryItem[], more: Partial<SessionCopyParts> = {}): SessionCopy {
  return new SessionCopy({
    session,
    n: held.length,
    items: held,
    complete: true,
    spans: [span('tail', 0)],
    filledAt: NOW,
    tierUntil: NOW + 1000,
    provenUntil: NOW + 2000,
    idleMs: 100,
    ...more,
  })
}

const contents = (copy: SessionCopy): string[] => copy.items.map(({ content }) => content)

describe('a session copy', () => {
  it('takes the next append, ignores a known one and refuses a gap', () => {
    const copy = copyOf(items(0, 3))
    expect(copy.append(items(10, 2), 5, WIDE)).toBe(true)
    expect(copy.append([item(10)], 4, WIDE)).toBe(true)
    expect(copy.append(items(10, 2), 5, WIDE)).toBe(true)
    expect([copy.n, copy.items.length]).toEqual([5, 5])
    expect(copy.append([item(20)], 7, WIDE)).toBe(false)
    expect(copy.append(items(20, 2), 6, WIDE)).toBe(false)
    expect([copy.n, copy.items.length]).toEqual([5, 5])
  })

  it('refuses what would not rise, and is as it was then', () => {
    const copy = copyOf([item(0), item(10)])
    for (const batch of [[item(5)], [item(10)], [item(20), item(15)], [item(20), item(20)]]) {
      expect(copy.append(batch, 2 + batch.length, WIDE)).toBe(false)
      expect([copy.n, contents(copy)]).toEqual([2, ['item 0', 'item 10']])
    }
  })

  it('leads to items by place for as long as it holds them', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 12 }),
        fc.integer({ min: 1, max: 12 }),
        fc.boolean(),
        (batches, maxItems, askFirst) => {
          const bounds = { maxItems, maxBytes: 1_000_000 }
          const all = items(0, 4)
          const copy = copyOf(all)
          const places = new Map<string, number>()
          if (askFirst) for (const { id } of all) places.set(id, copy.placeOf(id)!)
          for (const count of batches) {
            const added = items(all.length * 2, count)
            all.push(...added)
            expect(copy.append(added, copy.n + count, bounds)).toBe(true)
            for (const { id } of added) places.set(id, copy.placeOf(id)!)
          }
          const held = new Set(copy.items.map(({ id }) => id))
          expect(held.size).toBe(batches.length === 0 ? 4 : Math.min(all.length, maxItems))
          for (const { id } of all) {
            expect(copy.placeOf(id) !== undefined).toBe(held.has(id))
            const place = places.get(id)
            if (place !== undefined) expect(copy.itemAt(place)?.id).toBe(held.has(id) ? id : undefined)
          }
          expect(copy.placeOf('unknown')).toBeUndefined()
        },
      ),
    )
  })

  it('lets the oldest go, says that it is not complete, and never lets the newest go', () => {
    const copy = copyOf(Array.from({ length: 6 }, (_, i) => item(i, String(i).repeat(100))))
    copy.trim({ maxItems: 4, maxBytes: 1000 })
    expect([copy.items.length, copy.complete, copy.n]).toEqual([4, false, 6])
    copy.trim({ maxItems: 4, maxBytes: 250 })
    expect(contents(copy)).toEqual(['4'.repeat(100), '5'.repeat(100)])
    copy.trim({ maxItems: 0, maxBytes: 0 })
    expect(contents(copy)).toEqual(['5'.repeat(100)])
  })

  it('knows its size', () => {
    const copy = copyOf(items(0, 10))
    const more = items(100, 5)
    copy.append(more, 15, { maxItems: 8, maxBytes: 1_000_000 })
    const same = copyOf(copy.items)
    expect(copy.bytes).toBe(same.bytes)
    expect(copy.bytes).toBeGreaterThan(8 * 400)
    const payload = copyOf([{ ...item(0, ''), payload: { format: 'f', data: 'x'.repeat(1000) } }])
    expect(payload.bytes - copyOf([item(0, '')]).bytes).toBeGreaterThan(1000)
    const metadata = { found: Array.from({ length: 10 }, (_, i) => ({ title: 'x'.repeat(100), rank: i })) }
    const withMetadata = copyOf([{ ...item(0, ''), metadata }])
    expect(withMetadata.bytes - copyOf([item(0, '')]).bytes).toBeGreaterThan(JSON.stringify(metadata).length)
    withMetadata.append([item(1, ''), item(2, '')], withMetadata.n + 2, { maxItems: 2, maxBytes: 1000 })
    expect(withMetadata.bytes).toBe(copyOf([item(1, ''), item(2, '')]).bytes)
  })

  it('may be served until its tier may change, and until it was idle too long', () => {
    const copy = copyOf(items(0, 3))
    expect([NOW, NOW + 99, NOW + 100].map((now) => copy.isServable(now))).toEqual([true, true, false])
    copy.recordRead(0, 1, NOW + 80)
    expect([NOW + 179, NOW + 180].map((now) => copy.isServable(now))).toEqual([true, false])
    copy.recordRead(0, 1, NOW + 990)
    expect([NOW + 999, NOW + 1000].map((now) => copy.isServable(now))).toEqual([true, false])
  })

  it('counts one read of each unit that a read touches', () => {
    const spans = [span('a', 0), span('b', 2), span('tail', 5)]
    const copy = copyOf(items(0, 8), { spans })
    const counts = () => spans.map(({ reads }) => reads.total)
    copy.recordRead(0, 2, NOW)
    expect(counts()).toEqual([1, 0, 0])
    copy.recordRead(1, 6, NOW)
    expect(counts()).toEqual([2, 1, 1])
    copy.recordRead(7, 8, NOW)
    expect(counts()).toEqual([2, 1, 2])
    copy.recordReadAt(copy.placeOf(item(2).id)!, NOW)
    expect(counts()).toEqual([2, 2, 2])
    copy.trim({ maxItems: 4, maxBytes: 1_000_000 })
    expect(copy.spans.map(({ facts, from }) => [facts.id, from])).toEqual([
      ['b', 0],
      ['tail', 1],
    ])
    copy.recordReadAt(copy.placeOf(item(4).id)!, NOW)
    expect(counts()).toEqual([2, 3, 2])
  })

  it('counts no read where nothing was returned', () => {
    const spans = [span('a', 0), span('tail', 2)]
    const copy = copyOf(items(0, 4), { spans })
    for (const at of [0, 1, 2, 3, 4]) copy.recordRead(at, at, NOW)
    expect(spans.map(({ reads }) => reads.total)).toEqual([0, 0])
  })

  it('says when the reads of a unit are worth a write', () => {
    const copy = copyOf(items(0, 4), { spans: [span('a', 0, 2), span('tail', 2)] })
    expect([copy.recordRead(0, 1, NOW), copy.recordRead(0, 4, NOW), copy.recordRead(2, 4, NOW)]).toEqual([
      false,
      true,
      false,
    ])
  })

  it('renews what items say of reads, without touching those handed out', () => {
    const copy = copyOf(items(0, 2))
    const before = copy.items[0]!
    for (let i = 1; i <= 3; i++) copy.recordRead(0, 2, NOW + i)
    expect(copy.items[0]).toMatchObject({ accessCount: 3, lastAccessedAt: NOW + 3, cached: true })
    expect(before.accessCount).toBe(0)
    for (let i = 0; i < 1000; i++) copy.recordRead(0, 2, NOW + 10)
    const { accessCount } = copy.items[0]!
    expect(accessCount).toBeGreaterThan(1003 * 0.75)
    expect(copy.items.every((one) => Object.isFrozen(one))).toBe(true)
  })
})
