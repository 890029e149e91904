import type { MemoryItem } from '../memory/memory-item.ts'
import type {
  ClippedItem,
  HiddenItem,
  HiddenReason,
  PrunedHistory,
  PruneReport,
  SummaryReport,
  TokensByPart,
} from './pruned-history.ts'
import type { Chosen, RatedUnit } from './selection/choose-units.ts'
import type { UnitItem } from './selection/clip-unit.ts'
import type { ServiceFailure } from './service-failure.ts'

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
