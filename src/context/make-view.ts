import { ThermoclineError } from '../errors.ts'
import type { MemoryItem } from '../memory/memory-item.ts'
import { throwIfAborted } from './abort.ts'
import { type Decisions, type DraftView, draftView, finishView, type ShownSummary } from './draft-view.ts'
import { type FittedView, fitEstimates } from './fit-estimates.ts'
import type { SortedHistory } from './history/sort-history.ts'
import { countText } from './item-tokens.ts'
import type { PruneGoals } from './prune-goals.ts'
import type { PrunedHistory } from './pruned-history.ts'
import type { Reranked } from './relevance/rerank-by-embeddings.ts'
import { chooseByScore } from './selection/choose-by-score.ts'
import { Chosen, chooseFirst, chooseImportant, chooseRecent, type RatedUnit } from './selection/choose-units.ts'
import { clipText } from './selection/clip-text.ts'
import { clipUnit, type UnitItem } from './selection/clip-unit.ts'
import { failureOf, type ServiceFailure } from './service-failure.ts'
import type { CutHistory } from './session-summaries.ts'
import type { TokenCounter } from './token-counter.ts'
import { tokensOfWhole } from './whole-history.ts'

/** Of the budget: what pinned items leave for the newest. */
const NEWEST_SHARE = 0.1

/** Everything that a view is made from. */
export interface ViewTask {
  readonly sorted: SortedHistory
  readonly goals: PruneGoals
  readonly summary: CutHistory
  readonly counter: TokenCounter
  /** Of a summary beside its content. */
  readonly tokensPerItem: number
  /** Of any other item. */
  readonly tokensBeside: (item: MemoryItem) => number
  readonly signal: AbortSignal | undefined
  /** Of each item of the history; undefined where importance and age decide. Only asked where something is to be picked. */
  readonly scores: () => Promise<Reranked | undefined>
  readonly stablePrefixOf: (view: readonly MemoryItem[], costs: readonly number[]) => number
}

/** @throws ThermoclineError `BUDGET_TOO_SMALL`, `ABORTED` */
export async function makeView(task: ViewTask): Promise<PrunedHistory> {
  const { counter, goals, signal } = task
  const { tokenBudget } = goals
  const choose = async (budget: number): Promise<DraftView> => draftView(await decide(task, budget))
  const { view, tokens, exact, failure } =
    counter.views === undefined
      ? await withoutService(choose(tokenBudget), counter)
      : await fitEstimates(counter.views, tokenBudget, choose, await wholeTokens(task), signal)
  const { items, costs, estimatedTokens } = view
  const stablePrefixShare = estimatedTokens === 0 ? 0 : task.stablePrefixOf(items, costs) / estimatedTokens
  const counted = { tokenBudget, tokensAfter: tokens, stablePrefixShare, counter: counter.name, exact }
  return finishView(view, { ...counted, ...(failure !== undefined && { countFailure: failureOf(failure) }) })
}

async function withoutService(choosing: Promise<DraftView>, { exact }: TokenCounter): Promise<FittedView<DraftView>> {
  const view = await choosing
  return { view, tokens: view.estimatedTokens, exact }
}

function wholeTokens({ sorted, goals, summary, counter, tokensPerItem }: ViewTask): Promise<number> {
  const costOf = async (content: string): Promise<number> => (await countText(counter, content)) + tokensPerItem
  return tokensOfWhole(sorted, goals, summary.standing, costOf)
}

/** @param tokenBudget By the counter's estimates, where its service counts otherwise */
async function decide(task: ViewTask, tokenBudget: number): Promise<Decisions> {
  const {
    sorted,
    goals,
    signal,
    summary: { standing, cut },
  } = task
  const { items, costs, units, others, candidates } = sorted
  const fits = (await wholeTokens(task)) <= tokenBudget
  const chosen = new Chosen(tokenBudget, fits ? Number.POSITIVE_INFINITY : goals.maxItems)
  const clips = new Map<number, UnitItem>()
  const decisions = { items, costs, units, chosen, clips, tokenBudget }
  if (fits) {
    for (const unit of units) chosen.keepAnyway(unit, unit.tokens)
    // All that it covers is there, unless the history begins later, or is a view itself.
    const summary = standing.absent > 0 ? await showSummary(task, chosen.left) : undefined
    return { ...decisions, summary, embedFailure: undefined }
  }

  const newest = units.reduce((a, b) => (a.newest > b.newest ? a : b))
  const forNewest = Math.min(newest.tokens, Math.floor(tokenBudget * NEWEST_SHARE))
  chooseFirst(units, chosen, newest.comesFirst ? 0 : forNewest)
  if (!chosen.units.has(newest)) {
    if (newest.tokens <= chosen.left) chosen.keepAnyway(newest, newest.tokens)
    else for (const clip of await clipNewest(task, newest, chosen)) clips.set(clip.place, clip)
    // A newest that is no less without its end has left its room.
    if (!chosen.units.has(newest)) chooseFirst(units, chosen, 0)
  }
  throwIfAborted(signal)
  const forSummary = standing.summary === undefined ? 0 : Math.min(1, chosen.itemsLeft)
  chosen.itemsLeft -= forSummary
  // Where an agent is at work, many calls may lie between its task and now.
  const request = others.findLast(({ places }) => places.some((place) => items[place]?.contentType === 'user_message'))
  if (request !== undefined && !chosen.units.has(request)) chosen.keep(request)
  // What makes the next prune come some turns later.
  chosen.left = Math.max(0, chosen.left - Math.floor(tokenBudget * (1 - goals.fillShare)))
  const summary = await showSummary(task, Math.min(chosen.left, goals.summaryTokens))
  if (summary === undefined) chosen.itemsLeft += forSummary
  else chosen.left -= summary.cost

  if (goals.picksByPrior && !goals.stablePrefix) {
    const newestTokens = chosen.units.has(newest) && !newest.comesFirst ? newest.tokens : 0
    chooseRecent(others, chosen, Math.max(0, goals.recentTokens(tokenBudget) - newestTokens))
  } else {
    const cutPlace = candidates[cut] ?? items.length
    chooseRecent(
      others.filter(({ places }) => (places[0] as number) >= cutPlace),
      chosen,
      chosen.left,
    )
  }
  const recentItems = goals.maxItems - chosen.itemsLeft
  if (goals.fillItems < Number.POSITIVE_INFINITY) {
    chosen.itemsLeft = Math.min(chosen.itemsLeft, Math.max(goals.pickItems, goals.fillItems - recentItems))
  }
  let embedFailure: ServiceFailure | undefined
  if (!goals.stablePrefix) {
    const ranked = await task.scores()
    if (ranked === undefined) {
      chooseImportant(others, chosen)
      chooseRecent(others, chosen, chosen.left)
    } else chooseByScore(others, ranked.scores, chosen)
    if (ranked?.failure !== undefined) embedFailure = failureOf(ranked.failure)
  }
  // The newest exchange alone may be too large, where it can't be clipped.
  if (chosen.units.size === 0)
    chooseRecent(
      others.filter((unit) => unit !== newest),
      chosen,
      chosen.left,
    )
  // An item without content is never picked, and still more than nothing.
  const empty = chosen.units.size === 0 ? others.findLast(({ tokens }) => tokens === 0) : undefined
  if (empty !== undefined) chosen.keep(empty)
  if (chosen.units.size === 0) {
    throw new ThermoclineError(
      'BUDGET_TOO_SMALL',
      `Cannot prune history: nothing of it fits into ${tokenBudget} tokens, not even the newest item clipped`,
      { details: { tokenBudget, newestTokens: newest.tokens } },
    )
  }
  return { ...decisions, summary: hidesSomething(task, chosen) ? summary : undefined, embedFailure }
}

/** Keeps the newest unit with its longest items cut, if that can be done. */
async function clipNewest(
  { sorted, counter, tokensBeside }: ViewTask,
  unit: RatedUnit,
  chosen: Chosen,
): Promise<readonly UnitItem[]> {
  const unitItems = unit.places.map((place) => ({
    place,
    item: sorted.items[place] as MemoryItem,
    cost: sorted.costs[place] as number,
  }))
  const costOf = async (item: MemoryItem): Promise<number> =>
    (await countText(counter, item.content)) + tokensBeside(item)
  const clips = await clipUnit(unitItems, chosen.left, costOf)
  if (clips.length === 0) return []
  const saved = clips.reduce((sum, { place, cost }) => sum + (sorted.costs[place] as number) - cost, 0)
  if (unit.tokens - saved > chosen.left) return []
  chosen.keepAnyway(unit, unit.tokens - saved)
  return clips
}

/** The standing summary in at most so many tokens, cut if need be; undefined where there is none, or no room for any of it. */
async function showSummary(
  { sorted, summary: { standing }, counter, tokensPerItem }: ViewTask,
  maxTokens: number,
): Promise<ShownSummary | undefined> {
  const { summary, covered, absent, isStored, failure } = standing
  if (summary === undefined) return undefined
  const countCost = async (text: string): Promise<number> => (await countText(counter, text)) + tokensPerItem
  const fullCost = await countCost(summary.item.content)
  let { item } = summary
  let cost = fullCost
  if (cost > maxTokens) {
    const clip = await clipText(item.content, maxTokens, countCost)
    // Its first line alone says nothing.
    if (clip === undefined || !clip.text.includes('\n')) return undefined
    item = Object.freeze({ ...item, content: clip.text })
    cost = clip.tokens
  }
  const places = [...covered].map((index) => sorted.candidates[index] as number)
  const report = Object.freeze({
    id: item.id,
    ...summary.origin,
    isStored,
    covers: Object.freeze(places.map((place) => (sorted.items[place] as MemoryItem).id)),
    coveredItems: places.length + absent,
    ...(failure !== undefined && { failure }),
  })
  return { item, cost, fullCost, report, covers: new Set(places) }
}

/** Whether any of what the summary covers is not in the view. */
function hidesSomething({ sorted, summary: { standing } }: ViewTask, chosen: Chosen): boolean {
  if (standing.absent > 0) return true
  const { covered } = standing
  const coveredPlaces = new Set([...covered].map((index) => sorted.candidates[index] as number))
  return sorted.others.some((unit) => !chosen.units.has(unit) && unit.places.some((place) => coveredPlaces.has(place)))
}
