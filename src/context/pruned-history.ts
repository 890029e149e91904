import type { MemoryItem } from '../memory/memory-item.ts'
import type { Chosen, RatedUnit } from './selection/choose-units.ts'
import type { UnitItem } from './selection/clip-unit.ts'
import type { TokenCounter } from './token-counter.ts'

/**
 * Why an item is not in the view: `outside-window` for what had to make room for newer or more important items,
 * `no-room-for-pinned` for a system or pinned item where such items alone fill the budget, `too-large` for an item whose
 * unit (itself, or a call with its results) could not fit the budget if it were all there is.
 */
export type HiddenReason = 'outside-window' | 'no-room-for-pinned' | 'too-large'

export interface HiddenItem {
  readonly id: string
  readonly reason: HiddenReason
}

export interface ClippedItem {
  readonly id: string
  readonly tokensBefore: number
  readonly tokensAfter: number
}

/** What pruning did. All tokens are by {@link PruneReport.counter}, of the items' content and `tokensPerItem` each. */
export interface PruneReport {
  readonly tokenBudget: number
  /** Of the whole history. */
  readonly tokensBefore: number
  /** Of the view; never above the budget. */
  readonly tokensAfter: number
  /** Items in the view, clipped ones too. Kept and hidden are all there was. */
  readonly kept: number
  /** In the order of the history. */
  readonly hidden: readonly HiddenItem[]
  /** Items of the view whose content was cut, marked with {@link CLIP_MARK}. In the order of the history. */
  readonly clipped: readonly ClippedItem[]
  /** Name of the token counter. */
  readonly counter: string
  /** False where the counter only estimates: then the view keeps the budget by estimate only. */
  readonly exact: boolean
}

/**
 * The part of a history that a model is given: a frozen array of items, oldest first, with the report beside it.
 *
 * An array rather than `{ items, report }`, so that the view goes wherever a history goes: into a loop, a converter,
 * another prune. The report is a property that is not enumerated: JSON, spreading and comparing see the items alone, and
 * what is made from the view (`slice`, `filter`) doesn't carry a report that is no longer true.
 */
export interface PrunedHistory extends ReadonlyArray<MemoryItem> {
  readonly report: PruneReport
}

/** What pruning decided. */
export interface Decisions {
  readonly items: readonly MemoryItem[]
  /** Tokens of each item, with what it costs beside its content. */
  readonly costs: readonly number[]
  readonly units: readonly RatedUnit[]
  readonly chosen: Chosen
  /** By place in the history. */
  readonly clips: ReadonlyMap<number, UnitItem>
  readonly tokenBudget: number
  readonly counter: TokenCounter
}

export function buildView(decisions: Decisions): PrunedHistory {
  const { items, costs, units, chosen, clips, tokenBudget, counter } = decisions
  const view: MemoryItem[] = []
  const hidden: HiddenItem[] = []
  const clipped: ClippedItem[] = []
  const hiddenPlaces = new Map<number, HiddenReason>()
  for (const unit of units) {
    if (chosen.units.has(unit)) continue
    for (const place of unit.places) hiddenPlaces.set(place, reasonOf(unit, tokenBudget))
  }
  for (const [place, item] of items.entries()) {
    const reason = hiddenPlaces.get(place)
    const clip = clips.get(place)
    if (reason !== undefined) hidden.push(Object.freeze({ id: item.id, reason }))
    else view.push(clip?.item ?? item)
    if (clip === undefined) continue
    clipped.push(Object.freeze({ id: item.id, tokensBefore: costs[place] as number, tokensAfter: clip.cost }))
  }
  const report: PruneReport = Object.freeze({
    tokenBudget,
    tokensBefore: costs.reduce((sum, cost) => sum + cost, 0),
    tokensAfter: tokenBudget - chosen.left,
    kept: view.length,
    hidden: Object.freeze(hidden),
    clipped: Object.freeze(clipped),
    counter: counter.name,
    exact: counter.exact,
  })
  Object.defineProperty(view, 'report', { value: report, enumerable: false })
  return Object.freeze(view) as readonly MemoryItem[] as PrunedHistory
}

function reasonOf(unit: RatedUnit, tokenBudget: number): HiddenReason {
  if (unit.tokens > tokenBudget) return 'too-large'
  return unit.comesFirst ? 'no-room-for-pinned' : 'outside-window'
}
