import { bodyHeapBytes } from '../../memory/body-heap-bytes.ts'
import { makeItem } from '../../memory/item-body.ts'
import type { MemoryItem } from '../../memory/memory-item.ts'
import type { SessionIdentity } from '../../memory/session.ts'
import { DAY_MS } from '../placement/placement.ts'
import { type PlacedUnit, placed, stateOf, type UnitFacts } from '../placement/units.ts'
import type { TierParts } from '../tier-parts.ts'
import { SessionCopy, type StoredCopy, type StoredEntry, textBytesOf, type UnmadeItems } from './session-copy.ts'

/** A unit, and where its items begin. */
export interface PlacedSpan {
  readonly unit: PlacedUnit
  /** Index of its first item. */
  readonly from: number
}

export interface NewCopy {
  readonly session: SessionIdentity
  readonly n: number
  readonly shownFence?: string | undefined
  readonly items: readonly MemoryItem[] | UnmadeItems
  readonly complete: boolean
  /** Rising; the last one is the tail. */
  readonly spans: readonly PlacedSpan[]
  /** For so long it may be served, in milliseconds. */
  readonly provenForMs: number
}

/** A copy for as long as the tiers of its units are sure, and it is used. */
export function makeCopy({ options }: TierParts, made: NewCopy, now: number): SessionCopy {
  const { session, n, shownFence, items, complete, provenForMs } = made
  const units = made.spans.map(({ unit }) => unit)
  const spans = made.spans.map(({ unit, from }) => ({ facts: unit.facts, from, reads: unit.reads }))
  return new SessionCopy({
    session,
    n,
    shownFence,
    items,
    complete,
    spans: spans.filter((span, i) => spans[i + 1]?.from !== span.from),
    filledAt: now,
    tierUntil: units.reduce((until, { tierUntil }) => Math.min(until, tierUntil), Number.POSITIVE_INFINITY),
    provenUntil: now + provenForMs,
    idleMs: units.some(({ tier }) => tier === 'hot') ? options.hotTierMaxAgeDays * DAY_MS : options.defaultTtl * 1000,
  })
}

/** A copy in this process of one that lay outside: with the reads that this process has counted. */
export function reviveCopy(parts: TierParts, stored: StoredCopy, now: number): SessionCopy {
  const { session, entries } = stored
  const spans: PlacedSpan[] = []
  let from = 0
  for (const [u, { facts }] of stored.units.entries()) {
    const isLast = u === stored.units.length - 1
    const end = isLast ? entries.length : firstAfter(entries, from, stored.units[u + 1]!.after)
    // Nothing of it is left in the copy.
    if (end <= from && !isLast) continue
    const unit = placed(
      session.key,
      isLast ? withNewest(facts, entries, from) : facts,
      parts.ledger,
      parts.options,
      now,
    )
    spans.push({ unit, from })
    from = end
  }
  let textBytes = 0
  let heapBytes = 0
  for (const { body } of entries) {
    textBytes += textBytesOf(body)
    heapBytes += bodyHeapBytes(body)
  }
  const items = { count: entries.length, textBytes, heapBytes, make: () => makeItems(session, entries, spans) }
  return makeCopy(parts, { ...stored, items, spans }, now)
}

function makeItems(
  session: SessionIdentity,
  entries: readonly StoredEntry[],
  spans: readonly PlacedSpan[],
): MemoryItem[] {
  const items: MemoryItem[] = new Array(entries.length)
  for (const [s, { unit, from }] of spans.entries()) {
    const state = { ...stateOf(unit), cached: true }
    const end = spans[s + 1]?.from ?? entries.length
    for (let i = from; i < end; i++) {
      const { stamp, body } = entries[i]!
      items[i] = makeItem(session, stamp, body, state)
    }
  }
  return items
}

function firstAfter(entries: readonly StoredEntry[], from: number, stamp: string): number {
  let i = from
  while (i < entries.length && entries[i]!.stamp <= stamp) i++
  return i
}

/** What was appended since the copy was made is of the tail too. */
function withNewest(facts: UnitFacts, entries: readonly StoredEntry[], from: number): UnitFacts {
  let { newestAt } = facts
  for (let i = from; i < entries.length; i++) newestAt = Math.max(newestAt, entries[i]!.body.createdAt)
  return newestAt === facts.newestAt ? facts : { ...facts, newestAt }
}
