/** Runs operations one round at a time and gives the time of a round in milliseconds. */
export type Round = () => Promise<number>

const WARM_UP_ROUNDS = 4

export interface Comparison {
  /** Ours over theirs as rates: above 1, ours is faster. The median of the rounds' own ratios. */
  readonly ratio: number
  /** Median time of a round, in milliseconds. */
  readonly oursMs: number
  readonly theirsMs: number
}

/**
 * Two things in turn, round by round, so that a machine whose speed drifts is as slow for the one as for the other.
 * Which goes first alternates too.
 */
export async function compare(ours: Round, theirs: Round, rounds: number): Promise<Comparison> {
  // Until both are compiled: what runs once in a program's life is not what is compared.
  for (let round = 0; round < WARM_UP_ROUNDS; round++) {
    await ours()
    await theirs()
  }
  const times: { ours: number; theirs: number }[] = []
  for (let round = 0; round < rounds; round++) {
    globalThis.gc?.()
    if (round % 2 === 0) {
      const first = await ours()
      times.push({ ours: first, theirs: await theirs() })
    } else {
      const first = await theirs()
      times.push({ ours: await ours(), theirs: first })
    }
  }
  return {
    ratio: median(times.map((time) => time.theirs / time.ours)),
    oursMs: median(times.map((time) => time.ours)),
    theirsMs: median(times.map((time) => time.theirs)),
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** Time that a body takes, in milliseconds. */
export async function timed(body: () => unknown): Promise<number> {
  const startedAt = performance.now()
  await body()
  return performance.now() - startedAt
}
