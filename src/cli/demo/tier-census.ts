import { type DurableStore, type LoadedRecord, TIER_DEFAULTS, type Tier } from '../../index.ts'

export const TIERS: readonly Tier[] = ['hot', 'warm', 'cold']

/** What lies in a tier. */
export interface TierCount {
  items: number
  /** As JSON. */
  rawBytes: number
  /** As stored. */
  bytes: number
}

export type Census = { readonly [tier in Tier]: TierCount }

const DAY_MS = 86_400_000
const PAGE = 100

/**
 * Counts what lies where by looking at the records of the store itself: reading the items would count as reads, and
 * change where they belong.
 */
export async function takeCensus(durable: DurableStore, userIds: Iterable<string>, now: number): Promise<Census> {
  const census: Census = { hot: emptyCount(), warm: emptyCount(), cold: emptyCount() }
  for (const userId of userIds) {
    let cursor: string | undefined
    do {
      const page = await durable.list({ tenantId: 'default', userId }, cursor, PAGE)
      for (const { key } of page.sessions) {
        const record = await durable.load(key)
        if (record !== undefined) addRecord(census, record, now)
      }
      cursor = page.cursor
    } while (cursor !== undefined)
  }
  return census
}

function addRecord(census: Census, record: LoadedRecord, now: number): void {
  for (const { kind, newestAt, heat, items, rawBytes, bytes } of record.segments) {
    add(census[kind === 'archive' ? 'cold' : tierByRule(newestAt, heat.recent, now)], { items, rawBytes, bytes })
  }
  const { tail, tailBytes: bytes, updatedAt, tailHeat } = record
  add(census[tierByRule(updatedAt, tailHeat.recent, now)], { items: tail.length, rawBytes: bytes, bytes })
}

/** The placement rule for what is not in an archive: hot while young or read often enough. */
function tierByRule(newestAt: number, reads: readonly number[], now: number): Tier {
  const { hotTierMaxAgeDays, minAccessCountHot } = TIER_DEFAULTS
  const deciding = Math.max(newestAt, reads[minAccessCountHot - 1] ?? Number.NEGATIVE_INFINITY)
  return now <= deciding + hotTierMaxAgeDays * DAY_MS ? 'hot' : 'warm'
}

function add(count: TierCount, more: Readonly<TierCount>): void {
  count.items += more.items
  count.rawBytes += more.rawBytes
  count.bytes += more.bytes
}

function emptyCount(): TierCount {
  return { items: 0, rawBytes: 0, bytes: 0 }
}
