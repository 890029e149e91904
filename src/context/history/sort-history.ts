import { isMadeSummary } from '../../memory/made-summary.ts'
import type { MemoryItem } from '../../memory/memory-item.ts'
import { type RatedUnit, rateUnit } from '../selection/choose-units.ts'
import { historyUnits } from './history-units.ts'

/** A history by what pruning does with its parts. */
export interface SortedHistory {
  readonly items: readonly MemoryItem[]
  /** Tokens of each item, with what it costs beside its content. */
  readonly costs: readonly number[]
  /** Of all but summaries of ours, rising by their oldest item. */
  readonly units: readonly RatedUnit[]
  /** Those that must make room: neither system messages nor pinned, rising by their newest item. */
  readonly others: readonly RatedUnit[]
  /** Places of their items, rising. */
  readonly candidates: readonly number[]
  /** Summaries that a pruner made. */
  readonly madeSummaries: readonly MemoryItem[]
  /** Tokens of all that goes first, and of all others. */
  readonly firstTokens: number
  readonly otherTokens: number
}

export function sortHistory(items: readonly MemoryItem[], costs: readonly number[]): SortedHistory {
  const units: RatedUnit[] = []
  const others: RatedUnit[] = []
  const candidates: number[] = []
  const madeSummaries: MemoryItem[] = []
  let firstTokens = 0
  let otherTokens = 0
  // A summary that was stored between two calls of one turn doesn't part them.
  const saidPlaces: number[] = []
  for (const [place, item] of items.entries()) {
    if (isMadeSummary(item)) madeSummaries.push(item)
    else saidPlaces.push(place)
  }
  for (const said of historyUnits(saidPlaces.map((place) => items[place] as MemoryItem))) {
    const places = said.map((index) => saidPlaces[index] as number)
    const unit = rateUnit(places, items, costs)
    units.push(unit)
    if (unit.comesFirst) firstTokens += unit.tokens
    else {
      otherTokens += unit.tokens
      others.push(unit)
      for (const place of places) candidates.push(place)
    }
  }
  others.sort((a, b) => a.newest - b.newest)
  candidates.sort((a, b) => a - b)
  return { items, costs, units, others, candidates, madeSummaries, firstTokens, otherTokens }
}
