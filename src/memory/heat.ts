/**
 * When a unit was read, and how often. The newest few read times are all that "at least k reads within w days" needs:
 * it holds exactly when the k-th newest lies within w.
 */
export interface Heat {
  /** Reads in all. */
  readonly reads: number
  /** Newest first, milliseconds since 1970, at most {@link HEAT_TIMES} of them. */
  readonly recent: readonly number[]
}

/** How many read times are kept, and so the highest access count that placement can ask for. */
export const HEAT_TIMES = 16

export const COLD_HEAT: Heat = Object.freeze({ reads: 0, recent: Object.freeze([]) })

/** `added` reads on top of `heat`, whose times are `times`, newest first. */
export function addHeat(heat: Heat, added: Heat): Heat {
  if (added.reads === 0) return heat
  if (heat.reads === 0) return added
  const all = [...added.recent, ...heat.recent]
  // New reads are nearly always later than the old ones; only another process's can lie between.
  const isFalling = (added.recent.at(-1) ?? Number.POSITIVE_INFINITY) >= (heat.recent[0] ?? 0)
  const recent = (isFalling ? all : all.sort((a, b) => b - a)).slice(0, HEAT_TIMES)
  return Object.freeze({ reads: heat.reads + added.reads, recent: Object.freeze(recent) })
}

/** Time of the `count`-th newest read, or undefined where there were fewer. */
export function nthNewestRead(heat: Heat, count: number): number | undefined {
  return count <= 0 ? Number.POSITIVE_INFINITY : heat.recent[count - 1]
}
