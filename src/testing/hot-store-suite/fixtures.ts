import assert from 'node:assert/strict'
import { COLD_HEAT } from '../../memory/heat.ts'
import { makeItem } from '../../memory/item-body.ts'
import type { MemoryItem } from '../../memory/memory-item.ts'
import { identifySession, type SessionIdentity } from '../../memory/session.ts'
import { firstStampAt, STAMP_CHARS, type Stamp } from '../../memory/stamp.ts'
import { reviveCopy } from '../../tiers/hot/make-copy.ts'
import { SessionCopy } from '../../tiers/hot/session-copy.ts'
import type { HotAnswer, HotLease, HotQuery, HotStore } from '../../tiers/hot-store.ts'
import { TIER_DEFAULTS } from '../../tiers/options.ts'
import { type HeatDue, HeatLedger, UnitReads } from '../../tiers/placement/heat-ledger.ts'
import { TAIL_UNIT } from '../../tiers/placement/units.ts'
import type { TierParts } from '../../tiers/tier-parts.ts'
import type { HotTestContext } from './store-under-test.ts'

/** All times of the suite count from here; nothing reads the clock. */
export const START: number = Date.UTC(2026, 0, 1)

const NEVER_DUE: HeatDue = {
  at: Number.POSITIVE_INFINITY,
  everyMs: Number.POSITIVE_INFINITY,
  count: Number.POSITIVE_INFINITY,
}

export function session(sessionId: string): SessionIdentity {
  return identifySession({ tenantId: 'tenant', userId: 'user', sessionId })
}

/** The item made that many milliseconds after {@link START}. */
export function item(owner: SessionIdentity, ms: number, content = `item of ${ms}`): MemoryItem {
  const createdAt = START + ms
  const stamp = firstStampAt(createdAt).slice(0, 14).padEnd(STAMP_CHARS, '0') as Stamp
  const state = { tier: 'hot', cached: true, lastAccessedAt: undefined, accessCount: 0 } as const
  return makeItem(owner, stamp, Object.freeze({ content, contentType: 'user_message', createdAt }), state)
}

export function items(owner: SessionIdentity, from: number, count: number): MemoryItem[] {
  return Array.from({ length: count }, (_, i) => item(owner, from + i))
}

/** A copy as a reader makes it after a miss, of a session whose tail is all there is. */
export function copyOf(owner: SessionIdentity, held: readonly MemoryItem[], n: number, complete = true): SessionCopy {
  const newestAt = held.at(-1)?.createdAt ?? START
  const facts = { id: TAIL_UNIT, isArchive: false, newestAt, heat: COLD_HEAT }
  return new SessionCopy({
    session: owner,
    n,
    items: held,
    complete,
    spans: [{ facts, from: 0, reads: new UnitReads(COLD_HEAT, NEVER_DUE) }],
    filledAt: START,
    tierUntil: START + 365 * 86_400_000,
    provenUntil: START + 365 * 86_400_000,
    idleMs: 365 * 86_400_000,
  })
}

/** Asks as a process does that has read nothing before. Without a query, for all that there is. */
export async function read(
  store: HotStore,
  { key }: SessionIdentity,
  query: Partial<HotQuery> = {},
): Promise<HotAnswer> {
  const parts = { ledger: new HeatLedger(1), options: TIER_DEFAULTS } as TierParts
  const revive: HotQuery['revive'] = (stored) => reviveCopy(parts, stored, START)
  return store.read(key, { maxProofAgeMs: TIER_DEFAULTS.maxProofAgeMs, revive, ...query })
}

/** The lease of a read that must miss. */
export async function leaseOf(store: HotStore, owner: SessionIdentity): Promise<HotLease> {
  const answer = await read(store, owner)
  assert.ok(answer.kind === 'miss', 'a copy was served where none may be')
  return answer.lease
}

/** Reads, misses and fills, as a reader does. */
export async function fillNow(store: HotStore, owner: SessionIdentity, copy: SessionCopy): Promise<boolean> {
  return store.fill(owner.key, await leaseOf(store, owner), copy)
}

/** The copy that must be served, or undefined where a store that may forget has forgotten it. */
export async function served(
  { store, mayForget }: HotTestContext,
  owner: SessionIdentity,
): Promise<SessionCopy | undefined> {
  const answer = await read(store, owner)
  if (answer.kind === 'copy') return answer
  assert.ok(mayForget, 'a miss where a copy is expected')
  return undefined
}

/** Fails unless a copy is served that holds exactly these items. */
export async function servesExactly(
  context: HotTestContext,
  owner: SessionIdentity,
  expected: readonly MemoryItem[],
  n: number,
): Promise<void> {
  const copy = await served(context, owner)
  if (copy === undefined) return
  assert.deepEqual(copy.items.map(textOf), expected.map(textOf))
  assert.equal(copy.n, n)
}

/** What has to come through unchanged. Reads of the items may have been counted meanwhile. */
export function textOf({ lastAccessedAt, accessCount, ...rest }: MemoryItem): object {
  return { ...rest }
}

export async function missesNow(store: HotStore, owner: SessionIdentity): Promise<void> {
  assert.equal((await read(store, owner)).kind, 'miss', 'a copy was served where none may be')
}
