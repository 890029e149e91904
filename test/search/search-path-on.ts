import { onTestFinished } from 'vitest'
import type { OverlayChange } from '../../src/memory/record.ts'
import { parseItemId } from '../../src/memory/session.ts'
import { SessionStamps } from '../../src/memory/session-stamps.ts'
import { checkedDurableStore, resolveCallOptions } from '../../src/tiers/checked-durable-store.ts'
import type { DurableStore, StructuralChange } from '../../src/tiers/durable-store.ts'
import { MemoryRelief } from '../../src/tiers/memory-relief.ts'
import { resolveTierOptions, type TierOptions } from '../../src/tiers/options.ts'
import { HeatLedger } from '../../src/tiers/placement/heat-ledger.ts'
import { type SearchBounds, SearchPath } from '../../src/tiers/reading/search-path.ts'
import { SegmentSource } from '../../src/tiers/reading/segment-source.ts'
import { newFence } from '../../src/tiers/rewriting/fence.ts'
import type { Place } from '../support/memories.ts'

interface SearchOptions {
  readonly tiers?: Partial<TierOptions>
  readonly bounds?: SearchBounds
  readonly background?: (work: Promise<void>) => void
  readonly stamps?: SessionStamps
}

/** A search over what lies at a place, with nothing indexed yet; closed when the test ends. */
export async function searchPathOn(place: Place, options: SearchOptions = {}): Promise<SearchPath> {
  const durable = await openStore(place)
  const hot = place.hot()
  const tierOptions = resolveTierOptions(options.tiers ?? {})
  const parts = {
    ...{ durable, hot, clock: place.clock, options: tierOptions },
    segments: new SegmentSource(durable, hot, tierOptions.segmentCacheMaxBytes),
    ledger: new HeatLedger(1000),
    stamps: options.stamps ?? new SessionStamps(),
    countTokens: async () => [],
    durableTimeoutMs: 5000,
    relief: new MemoryRelief(),
    hasBase: false,
  }
  return new SearchPath(parts, options.background, options.bounds)
}

/** A structural commit past the manager, as another process makes them. */
export async function changeRecord(
  place: Place,
  id: string,
  change: { readonly overlay?: OverlayChange; readonly erasedTo?: number },
): Promise<void> {
  const store = await openStore(place)
  const { key, stamp } = parseItemId(id)
  let kind: string
  // A seal may be under way.
  do {
    const { fence, n, reviewAt, overlay } = (await store.load(key, { withFence: true }))!
    const structural: StructuralChange = {
      ...{ n, nextFence: newFence(), reviewAt },
      ...(change.overlay !== undefined && { overlay: new Map([...overlay, [stamp, change.overlay]]) }),
      ...(change.erasedTo !== undefined && { erasedTo: change.erasedTo }),
    }
    kind = (await store.commit(key, fence!, structural)).kind
  } while (kind !== 'committed')
}

async function openStore(place: Place): Promise<DurableStore> {
  const store = checkedDurableStore(place.store(), resolveCallOptions({}))
  await store.open()
  onTestFinished(() => store.close())
  return store
}
