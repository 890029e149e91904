import { collectGarbage } from '../../../src/lib/collect-garbage.ts'
import type { BoundedCache } from '../../../src/lib/lru-bytes.ts'

/** What a cache says it holds, and by how much the process got smaller when it let go of all of it. */
export interface Kept {
  readonly what: string
  readonly estimatedMb: number
  readonly heldMb: number
  /** Of the estimate to what was held. */
  readonly ratio: number
}

const MB = 1024 * 1024

/** Empties the cache for that. Nothing else may hold what it holds. */
export function measureKept(what: string, cache: BoundedCache): Kept {
  const before = heldBytes()
  const estimatedMb = cache.bytes / MB
  cache.limit(0)
  const heldMb = (before - heldBytes()) / MB
  cache.limit(cache.maxBytes)
  return { what, estimatedMb, heldMb, ratio: estimatedMb / heldMb }
}

function heldBytes(): number {
  // Buffers are freed by what the first collection finds.
  for (let i = 0; i < 3; i++) collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
