import assert from 'node:assert/strict'
import { COLD_HEAT, type Heat } from '../../memory/heat.ts'
import { bodyOf, makeItem } from '../../memory/item-body.ts'
import type { ItemBody, MemoryItem } from '../../memory/memory-item.ts'
import { identifySession, type SessionIdentity, stampOf } from '../../memory/session.ts'
import { firstStampAt } from '../../memory/stamp.ts'
import { reviveCopy } from '../../tiers/hot/make-copy.ts'
import type { SessionCopy, StoredUnit } from '../../tiers/hot/session-copy.ts'
import type { HotAnswer, HotLease, HotQuery, HotStore } from '../../tiers/hot-store.ts'
import { TIER_DEFAULTS } from '../../tiers/options.ts'
import { HeatLedger } from '../../tiers/placement/heat-ledger.ts'
import { TAIL_UNIT, type UnitFacts } from '../../tiers/placement/units.ts'
import type { TierParts } from '../../tiers/tier-parts.ts'
import type { HotTestContext } from './store-under-test.ts'

/** All times of the suite count from here; nothing reads the clock. */
export const START: number = Date.UTC(2026, 0, 1)

const YEAR_MS = 365 * 86_400_000

export function session(sessionId: string): SessionIdentity {
  return identifySession({ tenantId: 'tenant', userId: 'user', sessionId })
}

/** The item made that many milliseconds after {@link START}. */
export function item(owner: SessionIdentity, ms: number, content = `item of ${ms}`): MemoryItem {
  return itemWith(owner, { content, contentType: 'user_message', createdAt: START + ms })
}

/** The item that has this body, whose inner parts are frozen. */
export function itemWith(owner: SessionIdentity, body: ItemBody): MemoryItem {
  const state = { tier: 'hot', cached: true, lastAccessedAt: undefined, accessCount: 0 } as const
  return makeItem(owner, firstStampAt(body.createdAt), body, state)
}

export function items(owner: SessionIdentity, from: number, count: number): MemoryItem[] {
  return Array.from({ length: count }, (_, i) => item(owner, from + i))
}

/** A unit of a copy, and what the copy holds of it. */
export interface HeldUnit {
  readonly facts: UnitFacts
  readonly held: readonly MemoryItem[]
}

/** The newest of `held` is as old as the unit. */
export function tailOf(held: readonly MemoryItem[], heat: Heat = COLD_HEAT): HeldUnit {
  return { facts: { id: TAIL_UNIT, isArchive: false, newestAt: held.at(-1)?.createdAt ?? START, heat }, held }
}

export interface CopyFixture {
  readonly complete?: boolean
  readonly shownFence?: string
}

/** A copy as a reader makes it after a miss, of a session whose tail is all there is. */
export function copyOf(
  owner: SessionIdentity,
  held: readonly MemoryItem[],
  n: number,
  more: CopyFixture = {},
): SessionCopy {
  return copyOfUnits(owner, [tailOf(held)], n, more)
}

/** The same of a session with several units; the last one is the tail. */
export function copyOfUnits(
  owner: SessionIdentity,
  units: readonly HeldUnit[],
  n: number,
  { complete = true, shownFence }: CopyFixture = {},
): SessionCopy {
  const held = units.flatMap((unit) => unit.held)
  let before = 0
  const stored = units.map(({ facts, held: own }): StoredUnit => {
    const last = held[before - 1]
    before += own.length
    return { facts, after: last === undefined ? '' : stampOf(last.id) }
  })
  const entries = held.map((one) => ({ stamp: stampOf(one.id), body: bodyOf(one) }))
  const revive = reviveAt(START)
  return revive({ session: owner, n, shownFence, complete, entries, units: stored, provenForMs: YEAR_MS })
}

/** Makes copies of what is stored as a process does that has read nothing before. */
export function reviveAt(now: number): HotQuery['revive'] {
  const options = { ...TIER_DEFAULTS, defaultTtl: YEAR_MS / 1000 }
  return (stored) => reviveCopy({ ledger: new HeatLedger(1), options } as TierParts, stored, now)
}

/** Asks for all that there is, unless the query says otherwise. */
export async function read(
  store: HotStore,
  { key }: SessionIdentity,
  query: Partial<HotQuery> = {},
): Promise<HotAnswer> {
  return store.read(key, { maxProofAgeMs: TIER_DEFAULTS.maxProofAgeMs, revive: reviveAt(START), ...query })
}

/** The lease of a read that must miss. */
export async function leaseOf(
  store: HotStore,
  owner: SessionIdentity,
  query: Partial<HotQuery> = {},
): Promise<HotLease> {
  const answer = await read(store, owner, query)
  assert.ok(answer.kind === 'miss', 'a copy was served where none may be')
  return answer.lease
}

/** Reads, misses and fills, as a reader does. */
export async function fillNow(
  store: HotStore,
  owner: SessionIdentity,
  copy: SessionCopy,
  query: Partial<HotQuery> = {},
): Promise<boolean> {
  return store.fill(owner.key, await leaseOf(store, owner, query), copy)
}

/** The copy that must be served, or undefined where a store that may forget has forgotten it. */
export async function served(
  { store, mayForget }: Pick<HotTestContext, 'store' | 'mayForget'>,
  owner: SessionIdentity,
  query: Partial<HotQuery> = {},
): Promise<SessionCopy | undefined> {
  const answer = await read(store, owner, query)
  if (answer.kind === 'copy') return answer
  assert.ok(mayForget, 'a miss where a copy is expected')
  return undefined
}

/** Fails unless a copy is served that holds exactly these items. */
export async function servesExactly(
  context: Pick<HotTestContext, 'store' | 'mayForget'>,
  owner: SessionIdentity,
  expected: readonly MemoryItem[],
  n: number,
  query: Partial<HotQuery> = {},
): Promise<void> {
  const copy = await served(context, owner, query)
  if (copy !== undefined) holdsExactly(copy, expected, n)
}

export function holdsExactly(copy: SessionCopy, expected: readonly MemoryItem[], n: number): void {
  assert.deepEqual(copy.items.map(textOf), expected.map(textOf))
  assert.equal(copy.n, n)
}

/** What has to come through unchanged, whatever is known of the item's unit. */
export function textOf({ tier, cached, lastAccessedAt, accessCount, ...rest }: MemoryItem): object {
  return { ...rest }
}

export async function missesNow(store: HotStore, owner: SessionIdentity, query: Partial<HotQuery> = {}): Promise<void> {
  assert.equal((await read(store, owner, query)).kind, 'miss', 'a copy was served where none may be')
}
