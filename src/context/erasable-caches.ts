import { subscribe } from 'node:diagnostics_channel'
import { STEP_CHANNEL, type StepEvent } from '../lib/trace.ts'

/** What keeps texts of conversations beside the stores, to save work. */
export interface ErasableCache {
  /** Whatever it had can be found out again. */
  clear(): void
}

const caches = new Set<WeakRef<ErasableCache>>()
const collected = new FinalizationRegistry<WeakRef<ErasableCache>>((cache) => caches.delete(cache))
let listens = false

/**
 * Clears a cache whenever a user or a session is erased in this process: all of it, since a text doesn't say whose it is,
 * and erasing is rare. The cache is not kept alive by this.
 */
export function clearWhenErased(cache: ErasableCache): void {
  if (!listens) subscribe(STEP_CHANNEL, (message) => clearAfter(message as StepEvent))
  listens = true
  const ref = new WeakRef(cache)
  caches.add(ref)
  collected.register(cache, ref)
}

function clearAfter({ step }: StepEvent): void {
  if (step.startsWith('erase:')) for (const cache of caches) cache.deref()?.clear()
}
