import assert from 'node:assert/strict'
import { COLD_HEAT } from '../../memory/heat.ts'
import type { SegmentRef } from '../../memory/record.ts'
import { identifySession, type SessionIdentity, type SessionKey, shardOf } from '../../memory/session.ts'
import { firstStampAt, STAMP_CHARS, type Stamp } from '../../memory/stamp.ts'
import type {
  AppendEntry,
  DurableStore,
  LoadedRecord,
  LoadOptions,
  StructuralChange,
} from '../../tiers/durable-store.ts'
import { newFence } from '../../tiers/rewriting/fence.ts'

/** All times of the suite count from here; nothing reads the clock. */
export const START: number = Date.UTC(2026, 0, 1)
export const DAY = 86_400_000
/** `reviewAt` of appends that don't say another. */
export const REVIEW: { readonly reviewAt: number } = Object.freeze({ reviewAt: START + 30 * DAY })

export function session(sessionId: string, userId = 'user', tenantId = 'tenant'): SessionIdentity {
  return identifySession({ tenantId, userId, sessionId })
}

/** The first `count` made-up sessions that lie in a shard. */
export function sessionsOfShard(shard: number, count: number): SessionIdentity[] {
  const found: SessionIdentity[] = []
  for (let i = 0; found.length < count; i++) {
    const candidate = session(`shard ${i}`)
    if (shardOf(candidate.key) === shard) found.push(candidate)
  }
  return found
}

/** Stamp of a millisecond after {@link START}. */
export function stampAt(ms: number, counter = 0): Stamp {
  const time = firstStampAt(START + ms).slice(0, 10)
  return (time + counter.toString(32).padStart(4, '0')).padEnd(STAMP_CHARS, '0') as Stamp
}

/** An entry made that many milliseconds after {@link START}. */
export function entry(ms: number, content = `item of ${ms}`): AppendEntry {
  const createdAt = START + ms
  return { stamp: stampAt(ms), body: JSON.stringify({ content, contentType: 'user_message', createdAt }), createdAt }
}

export function entries(from: number, count: number): AppendEntry[] {
  return Array.from({ length: count }, (_, i) => entry(from + i))
}

export function bytesOf(list: readonly { readonly body: string }[]): number {
  return list.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0)
}

/** Id of a segment by number. */
export function segmentId(number: number): string {
  return number.toString(32).padStart(13, '0')
}

export function segmentRef(number: number, more: Partial<SegmentRef> = {}): SegmentRef {
  return {
    id: segmentId(number),
    kind: 'page',
    first: stampAt(number * 100),
    last: stampAt(number * 100 + 99),
    items: 100,
    rawBytes: 4000,
    bytes: 1000,
    newestAt: START + number * 100 + 99,
    heat: COLD_HEAT,
    ...more,
  }
}

/** Every byte value, and `length` bytes that no text encoding gives back by luck. */
export function segmentBytes(length: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i < 256 ? i : (i * (2 * seed + 1) * 2_654_435_761) >>> 24))
}

/** Plain data of a segment reference, whatever classes a store's reader uses for it and its bytes. */
export function plainRef({ heat, inline, ...ref }: SegmentRef): object {
  return {
    ...ref,
    heat: { reads: heat.reads, recent: [...heat.recent] },
    inline: inline === undefined ? undefined : Buffer.from(inline).toString('hex'),
  }
}

export function plainTail(record: LoadedRecord): { stamp: Stamp; body: string }[] {
  return record.tail.map(({ stamp, body }) => ({ stamp, body }))
}

export function plainEntries(list: readonly AppendEntry[]): { stamp: Stamp; body: string }[] {
  return list.map(({ stamp, body }) => ({ stamp, body }))
}

/** The record of a session that must be there. */
export async function loaded(store: DurableStore, key: SessionKey, options?: LoadOptions): Promise<LoadedRecord> {
  const record = await store.load(key, options)
  assert.ok(record !== undefined, 'load gave undefined for a session that was appended to')
  return record
}

/** The record with its fence, which must be text. */
export async function fenced(
  store: DurableStore,
  key: SessionKey,
): Promise<{ readonly record: LoadedRecord; readonly fence: string }> {
  const record = await loaded(store, key, { withFence: true })
  assert.equal(typeof record.fence, 'string', 'load must give the fence when it is asked for')
  return { record, fence: record.fence! }
}

/** A structural commit on what is there now, which nothing stands in the way of. */
export async function commitNow(
  store: DurableStore,
  key: SessionKey,
  change: Partial<StructuralChange>,
): Promise<LoadedRecord> {
  const { record, fence } = await fenced(store, key)
  const result = await store.commit(key, fence, {
    n: record.n,
    nextFence: newFence(),
    reviewAt: record.reviewAt,
    ...change,
  })
  assert.deepEqual(result, { kind: 'committed' }, 'a commit with the current fence must succeed')
  return record
}

/** All of a paged answer, by so few at a time. */
export async function allPages<T>(
  page: (
    cursor: string | undefined,
  ) => Promise<{ readonly sessions: readonly T[]; readonly cursor: string | undefined }>,
  limit: number,
  between?: (sessions: readonly T[]) => Promise<void>,
): Promise<T[]> {
  const all: T[] = []
  let cursor: string | undefined
  for (let pages = 0; ; pages++) {
    assert.ok(pages < 200, 'paging never ends')
    const { sessions, cursor: next } = await page(cursor)
    assert.ok(sessions.length <= limit, `a page has ${sessions.length} sessions, more than the limit of ${limit}`)
    all.push(...sessions)
    if (next === undefined) return all
    await between?.(sessions)
    cursor = next
  }
}
