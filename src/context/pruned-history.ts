import type { MemoryItem } from '../memory/memory-item.ts'
import type { Chosen, RatedUnit } from './selection/choose-units.ts'
import type { UnitItem } from './selection/clip-unit.ts'
import type { ServiceFailure } from './service-failure.ts'
import type { SummaryOrigin } from './summaries/summary-item.ts'

/**
 * Why an item is not in the view:
 * - `summarized`: the summary in the view covers it;
 * - `no-room`: it had to make room for newer, more relevant or more important items, and no summary covers it;
 * - `no-room-for-pinned`: a system or pinned item, where such items alone fill the budget;
 * - `too-large`: its unit (itself, or a call with its results) would not fit the budget if it were all there is;
 * - `superseded`: an older summary of ours, or one whose items have changed since or are all in the view.
 */
export type HiddenReason = 'summarized' | 'no-room' | 'no-room-for-pinned' | 'too-large' | 'superseded'

export interface HiddenItem {
  readonly id: string
  readonly reason: HiddenReason
}

export interface ClippedItem {
  readonly id: string
  readonly tokensBefore: number
  readonly tokensAfter: number
}

/** The summary that stands in a view. */
export interface SummaryReport extends SummaryOrigin {
  /** Of the view's item of contentType `summary`. */
  readonly id: string
  /** Whether the memory has it. False: only this process knows it. */
  readonly isStored: boolean
  /** Ids of the items of this history that it covers, oldest first. Some of them may be in the view too. */
  readonly covers: readonly string[]
  /** Items that it covers in all: those before the beginning of this history too. */
  readonly coveredItems: number
  /**
   * Why an extractive summary stands in for one of the summarizer. The next prune that has more to summarize tries the
   * summarizer again. Absent where nothing failed.
   */
  readonly failure?: ServiceFailure
}

/** Tokens of a view by what they are spent on: by estimates where the counter's service counts whole views. */
export interface TokensByPart {
  /** System messages and pinned items. */
  readonly first: number
  readonly summary: number
  /** The newest items without a gap. */
  readonly recent: number
  /** What was picked from before these. */
  readonly picked: number
}

/** What pruning did. All tokens are by {@link PruneReport.counter}, of the items' content and `tokensPerItem` each. */
export interface PruneReport {
  readonly tokenBudget: number
  /** Of the whole history, without summaries of ours. */
  readonly tokensBefore: number
  /** Of the view; never above the budget. */
  readonly tokensAfter: number
  readonly tokensByPart: TokensByPart
  /** Items in the view: clipped ones and the summary too. */
  readonly kept: number
  /** In the order of the history. Every item of the history is in the view or here. */
  readonly hidden: readonly HiddenItem[]
  /** Items of the view whose content was cut, marked with {@link CLIP_MARK}. In the order of the view. */
  readonly clipped: readonly ClippedItem[]
  /** Absent where there is none in the view. */
  readonly summary?: SummaryReport
  /**
   * The part of `tokensAfter`, 0 to 1, that this view and the one before it of the same session begin with alike, item by
   * item: what a prompt cache may still hold. 0 for the first view of a session that this pruner makes.
   */
  readonly stablePrefixShare: number
  /** Name of the token counter. */
  readonly counter: string
  /** False where the counter only estimates: then the view keeps the budget by estimate only. */
  readonly exact: boolean
  /** Why relevance is by words alone, where an embedder was given. Absent where nothing failed. */
  readonly embedFailure?: ServiceFailure
  /** Why the service of a counter that has one gave no count of the view. Absent where nothing failed. */
  readonly countFailure?: ServiceFailure
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

/** A summary as it stands in a view. */
export interface ShownSummary {
  readonly item: MemoryItem
  readonly cost: number
  /** Its cost before it was cut to what the budget had left for it. */
  readonly fullCost: number
  readonly report: SummaryReport
  /** Places of items that it covers. */
  readonly covers: ReadonlySet<number>
}

/** What pruning decided. */
export interface Decisions {
  readonly items: readonly MemoryItem[]
  /** Tokens of each item, with what it costs beside its content. */
  readonly costs: readonly number[]
  /** All units but summaries of ours. */
  readonly units: readonly RatedUnit[]
  readonly chosen: Chosen
  /** By place in the history. */
  readonly clips: ReadonlyMap<number, UnitItem>
  readonly summary: ShownSummary | undefined
  readonly embedFailure: ServiceFailure | undefined
  readonly tokenBudget: number
}

/** A view as it was decided on, before it is known how it was counted. */
export interface DraftView {
  readonly items: readonly MemoryItem[]
  readonly costs: readonly number[]
  /** Sum of the costs. */
  readonly estimatedTokens: number
  readonly hidesAny: boolean
  readonly report: Omit<PruneReport, 'tokensAfter' | 'stablePrefixShare' | 'counter' | 'exact'>
}

export function draftView(decisions: Decisions): DraftView {
  const { items, costs, units, chosen, clips, summary, embedFailure, tokenBudget } = decisions
  const keptPlaces = new Uint8Array(items.length)
  const isFirst = new Uint8Array(items.length)
  const reasons = new Map<number, HiddenReason>()
  for (const unit of units) {
    const isKept = chosen.units.has(unit)
    for (const place of unit.places) {
      if (isKept) keptPlaces[place] = 1
      else reasons.set(place, summary?.covers.has(place) === true ? 'summarized' : reasonOf(unit, tokenBudget))
      if (unit.comesFirst) isFirst[place] = 1
    }
  }

  const view: MemoryItem[] = []
  const viewCosts: number[] = []
  const viewPlaces: number[] = []
  const hidden: HiddenItem[] = []
  const clipped: ClippedItem[] = []
  let before = 0
  const summaryPlace = summary === undefined ? -1 : placeOfSummary(items, keptPlaces)
  for (let place = 0; place <= items.length; place += 1) {
    if (place === summaryPlace && summary !== undefined) {
      view.push(summary.item)
      viewCosts.push(summary.cost)
      viewPlaces.push(-1)
      if (summary.cost < summary.fullCost) clipped.push(clip(summary.item.id, summary.fullCost, summary.cost))
    }
    if (place === items.length) break
    const item = items[place] as MemoryItem
    const cost = costs[place] as number
    if (keptPlaces[place] === 1) {
      const cut = clips.get(place)
      view.push(cut?.item ?? item)
      viewCosts.push(cut?.cost ?? cost)
      viewPlaces.push(place)
      if (cut !== undefined) clipped.push(clip(item.id, cost, cut.cost))
      before += cost
    } else if (reasons.has(place)) {
      hidden.push(Object.freeze({ id: item.id, reason: reasons.get(place) as HiddenReason }))
      before += cost
    } else if (item.id !== summary?.item.id) hidden.push(Object.freeze({ id: item.id, reason: 'superseded' }))
  }
  const report = {
    tokenBudget,
    tokensBefore: before,
    tokensByPart: partsOf(viewPlaces, viewCosts, isFirst, reasons),
    kept: view.length,
    hidden: Object.freeze(hidden),
    clipped: Object.freeze(clipped),
    ...(summary !== undefined && { summary: summary.report }),
    ...(embedFailure !== undefined && { embedFailure }),
  }
  return {
    items: view,
    costs: viewCosts,
    estimatedTokens: viewCosts.reduce((sum, cost) => sum + cost, 0),
    hidesAny: reasons.size > 0,
    report,
  }
}

/** @param counted What the view was counted with, and what that said; and what part of it the last view begins with too */
export function finishView(
  { items, report }: DraftView,
  counted: Pick<
    PruneReport,
    'tokenBudget' | 'tokensAfter' | 'stablePrefixShare' | 'counter' | 'exact' | 'countFailure'
  >,
): PrunedHistory {
  const view = [...items]
  Object.defineProperty(view, 'report', { value: Object.freeze({ ...report, ...counted }), enumerable: false })
  return Object.freeze(view) as readonly MemoryItem[] as PrunedHistory
}

/** Before the first kept item that is no system message: a summary is of the past, and instructions begin a prompt. */
function placeOfSummary(items: readonly MemoryItem[], kept: Uint8Array): number {
  const place = items.findIndex((item, i) => kept[i] === 1 && item.contentType !== 'system_message')
  return place < 0 ? items.length : place
}

function partsOf(
  places: readonly number[],
  costs: readonly number[],
  isFirst: Uint8Array,
  hidden: ReadonlyMap<number, HiddenReason>,
): TokensByPart {
  const parts = { first: 0, summary: 0, recent: 0, picked: 0 }
  let newestHidden = -1
  for (const place of hidden.keys()) newestHidden = Math.max(newestHidden, place)
  for (const [i, place] of places.entries()) {
    const part = place < 0 ? 'summary' : isFirst[place] === 1 ? 'first' : place > newestHidden ? 'recent' : 'picked'
    parts[part] += costs[i] as number
  }
  return Object.freeze(parts)
}

function clip(id: string, tokensBefore: number, tokensAfter: number): ClippedItem {
  return Object.freeze({ id, tokensBefore, tokensAfter })
}

function reasonOf(unit: RatedUnit, tokenBudget: number): HiddenReason {
  if (unit.tokens > tokenBudget) return 'too-large'
  return unit.comesFirst ? 'no-room-for-pinned' : 'no-room'
}
