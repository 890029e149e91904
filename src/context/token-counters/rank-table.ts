import { isTurnSpent, nextTurn, spend } from '../event-loop-share.ts'

/** The tokens of an encoding by their bytes. */
export interface RankTable {
  /** Key: the token's bytes, each as one character of U+0000 to U+00FF. The lower the rank, the sooner it is merged. */
  readonly ranks: ReadonlyMap<string, number>
  /** Ranks of tokens of two bytes, by `first * 256 + second`; {@link NO_RANK} where there is none. */
  readonly pairs: Int32Array
  /** Bytes of the longest token. */
  readonly longest: number
}

export const NO_RANK = -1

/**
 * Makes the table, a bit in each turn of the event loop.
 * @param tokens In base64, lowest rank first. Only their order counts, so they are numbered anew
 */
export async function makeRankTable(tokens: Iterable<string>): Promise<RankTable> {
  const ranks = new Map<string, number>()
  const pairs = new Int32Array(0x10000).fill(NO_RANK)
  let longest = 0
  for (const base64 of tokens) {
    const token = atob(base64)
    const rank = ranks.size
    ranks.set(token, rank)
    if (token.length === 2) pairs[pairIndex(token, 0)] = rank
    longest = Math.max(longest, token.length)
    spend(3)
    if (isTurnSpent()) await nextTurn()
  }
  return Object.freeze({ ranks, pairs, longest })
}

/** Rank of the bytes from `start` to `end` as one token, or {@link NO_RANK}. */
export function rankOf(table: RankTable, bytes: string, start: number, end: number): number {
  const length = end - start
  if (length === 2) return table.pairs[pairIndex(bytes, start)] as number
  if (length > table.longest) return NO_RANK
  return table.ranks.get(bytes.slice(start, end)) ?? NO_RANK
}

function pairIndex(bytes: string, at: number): number {
  return bytes.charCodeAt(at) * 256 + bytes.charCodeAt(at + 1)
}
