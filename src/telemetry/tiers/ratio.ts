/** 0 of nothing. */
export function ratio(part: number, whole: number): number {
  return whole > 0 ? part / whole : 0
}

interface Reads {
  readonly hits: number
  readonly misses: number
}

/** Of the reads since then, those that hit; of all where nothing was known, or counting began anew. */
export function recentRatio(now: Reads, before: Reads | undefined): number | undefined {
  const isSame = before !== undefined && now.hits >= before.hits && now.misses >= before.misses
  const hits = now.hits - (isSame ? before.hits : 0)
  const reads = hits + now.misses - (isSame ? before.misses : 0)
  return reads === 0 ? undefined : hits / reads
}
