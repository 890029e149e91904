import { planSeal } from './rewriting/rewrite-plan.ts'
import type { Rewriter } from './rewriting/rewriter.ts'
import type { TierParts } from './tier-parts.ts'

/** A shorter tail makes a page that is hardly worth its commit. */
const MIN_PACKED_TAIL_SHARE = 1 / 4

/**
 * Lets go of the sessions that were used least lately, one after the other, so that it needs little memory itself. Those
 * that only this process holds are packed too; of others, somebody else may have the next item at hand.
 * @returns how many it let go of
 */
export async function packIdleSessions(parts: TierParts, rewriter: Rewriter, maxSessions: number): Promise<number> {
  const { hot, options } = parts
  const keys = hot.idle?.(maxSessions) ?? []
  for (const key of keys) {
    if (hot.isShared !== true) {
      const minItems = options.tailMaxItems * MIN_PACKED_TAIL_SHARE
      await rewriter.run(key, (record) => (record.tail.length < minItems ? undefined : planSeal(record, options, true)))
    }
    hot.release(key)
  }
  return keys.length
}
