import { CLIP_MARK, type TokenCounter } from '../../src/context/index.ts'
import type { MemoryItem } from '../../src/memory/memory-item.ts'
import { exchangesOf } from './exchanges.ts'

/** What is read of a view's report. */
interface CheckedReport {
  readonly tokenBudget: number
  readonly tokensBefore: number
  readonly tokensAfter: number
  readonly tokensByPart?: Readonly<Record<'first' | 'summary' | 'recent' | 'picked', number>>
  readonly kept: number
  readonly hidden: readonly { readonly id: string; readonly reason: string }[]
  readonly clipped: readonly { readonly id: string; readonly tokensBefore: number; readonly tokensAfter: number }[]
  readonly summary?: { readonly id: string; readonly covers: readonly string[]; readonly coveredItems: number }
  readonly stablePrefixShare?: number
  readonly counter: string
  readonly exact: boolean
}

export type CheckedView = readonly MemoryItem[] & { readonly report: CheckedReport }

export interface ViewCheckOptions {
  readonly tokenBudget: number
  readonly tokenCounter: TokenCounter
  readonly tokensPerItem?: number
  /** Most items beside system messages and pinned ones. @default no bound */
  readonly maxItems?: number
}

/** A view, with all that is looked up about it. */
interface Case {
  readonly history: readonly MemoryItem[]
  readonly view: CheckedView
  readonly tokenBudget: number
  readonly maxItems: number
  readonly counter: TokenCounter
  readonly cost: (item: MemoryItem) => number
  readonly places: ReadonlyMap<string, number>
  readonly kept: ReadonlySet<string>
  readonly hidden: ReadonlyMap<string, string>
  readonly covers: ReadonlySet<string>
  /** Items that belong together, by their own rule and not by the pruner's code. */
  readonly exchanges: readonly (readonly MemoryItem[])[]
}

/** One promise: says in which points it is broken. */
type Check = (one: Case) => Iterable<string>

/**
 * What is wrong with a view of a history, in words; nothing where all that pruning promises is kept. It goes by the
 * history, the view and its report alone, so it can judge the view of any pruner.
 */
export async function viewProblems(
  history: readonly MemoryItem[],
  view: CheckedView,
  { tokenBudget, tokenCounter, tokensPerItem = 0, maxItems = Number.POSITIVE_INFINITY }: ViewCheckOptions,
): Promise<string[]> {
  const costs = new Map<MemoryItem, number>()
  for (const item of [...history, ...view]) costs.set(item, (await tokenCounter.count(item.content)) + tokensPerItem)
  const one: Case = {
    history,
    view,
    tokenBudget,
    maxItems,
    counter: tokenCounter,
    cost: (item) => costs.get(item) as number,
    places: new Map(history.map(({ id }, place) => [id, place])),
    kept: new Set(view.map(({ id }) => id)),
    hidden: new Map(view.report.hidden.map(({ id, reason }) => [id, reason])),
    covers: new Set(view.report.summary?.covers),
    exchanges: exchangesOf(history),
  }
  return CHECKS.flatMap((check) => [...check(one)])
}

/** What changed when a view was pruned again with the same budget: it should be nothing. */
export function changesAgain(view: CheckedView, again: CheckedView): string[] {
  const before = view.map(({ id, content }) => `${id} ${content}`)
  const after = again.map(({ id, content }) => `${id} ${content}`)
  const problems =
    before.length === after.length && before.every((item, i) => item === after[i]) ? [] : ['items changed']
  for (const { id, reason } of again.report.hidden) problems.push(`${id} was hidden the second time: ${reason}`)
  for (const { id } of again.report.clipped) problems.push(`${id} was clipped the second time`)
  return problems
}

const REASONS = new Set(['summarized', 'no-room', 'no-room-for-pinned', 'too-large', 'superseded'])
const SUMMARY_LABEL = /^\[Summary of [^\n]*not instructions\]\n/

const CHECKS: readonly Check[] = [
  function* isWithinBudget({ view, tokenBudget, counter, cost }) {
    const { report } = view
    const tokens = sum(view, cost)
    // A service's count of the whole is not the sum of estimates.
    if (counter.views === undefined && tokens > tokenBudget) yield `the view has ${tokens} of ${tokenBudget} tokens`
    if (report.tokensAfter > tokenBudget && report.exact) yield `the report has ${report.tokensAfter} of ${tokenBudget}`
  },

  function* isWithinItems({ history, view, exchanges, maxItems }) {
    const first = new Set(
      exchanges.filter((exchange) => exchange.some(isFirst)).flatMap((one) => one.map(({ id }) => id)),
    )
    const others = view.filter(({ id }) => !first.has(id))
    const hasSummary = others.some(({ id }) => id === view.report.summary?.id)
    // An exchange isn't torn apart, whatever it has, and a summary of what came before may stand beside it.
    const atLeast = newestOf({ history, exchanges }).length + Number(hasSummary)
    if (others.length > Math.max(maxItems, atLeast)) yield `the view has ${others.length} of ${maxItems} items`
  },

  function* isOfTheHistory({ history, view, places }) {
    const clipped = new Set(view.report.clipped.map(({ id }) => id))
    let newest = -1
    for (const item of view) {
      if (item.id === view.report.summary?.id) continue
      const place = places.get(item.id)
      if (place === undefined) {
        yield `${item.id} is not of the history`
        continue
      }
      if (place === newest) yield `${item.id} is there twice`
      else if (place < newest) yield `${item.id} is out of order`
      newest = Math.max(newest, place)
      if (history[place] !== item && !clipped.has(item.id)) yield `${item.id} was changed and is not called clipped`
    }
  },

  function* accountsForEveryItem({ history, view, places, kept, hidden }) {
    for (const { id } of history) {
      if (!kept.has(id) && !hidden.has(id)) yield `${id} is gone without a word`
      if (kept.has(id) && hidden.has(id)) yield `${id} is both kept and hidden`
    }
    if (hidden.size < view.report.hidden.length) yield 'an item is hidden twice'
    let newest = -1
    for (const { id, reason } of view.report.hidden) {
      const place = places.get(id) ?? -1
      if (place < 0) yield `${id} is hidden and not of the history`
      else if (place < newest) yield `${id} is out of order among the hidden`
      newest = Math.max(newest, place)
      if (!REASONS.has(reason)) yield `${id} is hidden for an unknown reason: ${reason}`
    }
  },

  function* keepsExchangesTogether({ exchanges, kept }) {
    for (const exchange of exchanges) {
      const there = exchange.filter(({ id }) => kept.has(id))
      if (there.length === 0 || there.length === exchange.length) continue
      yield `the exchange of ${exchange[0]?.id} is torn apart: ${there.length} of ${exchange.length} items`
    }
  },

  function* keepsWhatGoesFirst({ history, exchanges, hidden, tokenBudget, counter, cost }) {
    const first = exchanges.filter((exchange) => exchange.some(isFirst))
    const room = tokenBudget - sum(first.flat(), cost)
    if (counter.views !== undefined || room < 0) return
    const newest = newestOf({ history, exchanges })
    // So much pinned items leave for what was said last; system messages don't.
    const heldBack = newest.some(isFirst) ? 0 : Math.min(sum(newest, cost), Math.floor(tokenBudget / 10))
    for (const exchange of first) {
      if (room < heldBack && !exchange.some(isSystem)) continue
      for (const { id } of exchange) if (hidden.has(id)) yield `${id} is hidden though all that goes first would fit`
    }
  },

  function* leavesRoomForTheNewest({ history, exchanges, kept, hidden, tokenBudget, counter, cost }) {
    const newest = newestOf({ history, exchanges })
    if (counter.views !== undefined || newest.some(isFirst) || sum(newest, cost) > Math.floor(tokenBudget / 10)) return
    // System messages may take its room.
    if (exchanges.some((exchange) => exchange.some(isSystem) && exchange.some(({ id }) => kept.has(id)))) return
    for (const { id } of newest) if (hidden.has(id)) yield `${id} is the newest and hidden for what is pinned`
  },

  function* hidesForTrueReasons({ exchanges, hidden, covers, tokenBudget, counter, cost }) {
    for (const exchange of exchanges) {
      for (const item of exchange) {
        const reason = hidden.get(item.id)
        if (reason === undefined) continue
        const isCovered = covers.has(item.id)
        if (isCovered !== (reason === 'summarized')) {
          yield `${item.id} is ${isCovered ? '' : 'not '}covered by the summary and hidden as ${reason}`
        }
        if (reason === 'no-room-for-pinned' && !exchange.some(isFirst))
          yield `${item.id} is hidden as what it is not: ${reason}`
        if (reason === 'superseded' && item.contentType !== 'summary')
          yield `${item.id} is hidden as what it is not: ${reason}`
        if (reason === 'too-large' && counter.views === undefined && sum(exchange, cost) <= tokenBudget) {
          yield `${item.id} is hidden as too large and would fit`
        }
      }
    }
  },

  function* clipsSayingSo({ history, view, places, cost }) {
    for (const { id, tokensBefore, tokensAfter } of view.report.clipped) {
      const item = view.find((other) => other.id === id)
      if (item === undefined) {
        yield `${id} is called clipped and not in the view`
        continue
      }
      if (!item.content.endsWith(CLIP_MARK)) yield `${id} is clipped without a mark`
      if (tokensAfter !== cost(item)) yield `${id} is said to have ${tokensAfter} tokens and has ${cost(item)}`
      if (tokensBefore <= tokensAfter) yield `${id} was clipped from ${tokensBefore} tokens to ${tokensAfter}`
      // A summary's payload says what it covers.
      if (id === view.report.summary?.id) continue
      if (item.payload !== undefined) yield `${id} is clipped and still has all of it as its payload`
      const original = history[places.get(id) ?? -1]
      if (original === undefined) continue
      if (tokensBefore !== cost(original))
        yield `${id} is said to have had ${tokensBefore} tokens, not ${cost(original)}`
      if (!original.content.startsWith(item.content.slice(0, -CLIP_MARK.length)))
        yield `${id} is not the beginning of itself`
      if (item.contentType === 'tool_call') yield `${id} is a call that was cut`
      if (original.content.isWellFormed() && !item.content.isWellFormed()) yield `${id} was cut inside of a character`
    }
  },

  function* summarizesAsData({ view, places }) {
    const { summary } = view.report
    if (summary === undefined) return
    const place = view.findIndex(({ id }) => id === summary.id)
    const item = view[place]
    if (item === undefined) {
      yield `the summary ${summary.id} is not in the view`
      return
    }
    if (item.contentType !== 'summary') yield `the summary is a ${item.contentType}`
    if (!SUMMARY_LABEL.test(item.content)) yield 'the summary does not say that it is one'
    if (view.slice(0, place).some(({ contentType }) => contentType !== 'system_message')) {
      yield 'the summary stands after something that was said'
    }
    if (summary.covers.length > summary.coveredItems) yield 'the summary covers more than it covers in all'
    let newest = -1
    for (const id of summary.covers) {
      const covered = places.get(id) ?? -1
      if (covered < 0) yield `the summary covers ${id}, which is not of the history`
      else if (covered <= newest) yield `the summary covers ${id} twice or out of order`
      newest = Math.max(newest, covered)
    }
  },

  function* addsUp({ history, view, hidden, tokenBudget, counter, cost }) {
    const { report } = view
    const before = history.filter(({ id }) => hidden.get(id) !== 'superseded' && id !== report.summary?.id)
    const tokens = sum(view, cost)
    const isSum = counter.views === undefined
    if (report.tokenBudget !== tokenBudget) yield `the report is of a budget of ${report.tokenBudget}`
    if (report.tokensBefore !== sum(before, cost))
      yield `the history has ${sum(before, cost)} tokens, not ${report.tokensBefore}`
    if (isSum && report.tokensAfter !== tokens) yield `the view has ${tokens} tokens, not ${report.tokensAfter}`
    if (report.kept !== view.length) yield `the view has ${view.length} items, not ${report.kept}`
    if (report.counter !== counter.name) yield `the report names the counter ${report.counter}`
    if (isSum && report.exact !== counter.exact) yield `the report calls the count ${report.exact ? '' : 'not '}exact`
    const share = report.stablePrefixShare ?? 0
    if (!(share >= 0 && share <= 1)) yield `the stable share is ${share}`
    if (report.tokensByPart === undefined) return
    const parts = Object.values(report.tokensByPart)
    if (parts.some((part) => part < 0)) yield 'a part has less than no tokens'
    if (parts.reduce((a, b) => a + b, 0) !== tokens)
      yield `the parts have ${parts.join(' + ')} tokens, the view ${tokens}`
    const summary = view.filter(({ id }) => id === report.summary?.id)
    if (report.tokensByPart.summary !== sum(summary, cost))
      yield `the summary has not ${report.tokensByPart.summary} tokens`
  },
]

function isFirst(item: MemoryItem): boolean {
  return item.pinned === true || isSystem(item)
}

function isSystem({ contentType }: MemoryItem): boolean {
  return contentType === 'system_message'
}

/** What was said last, with all that belongs to it. A summary was not said. */
function newestOf({ history, exchanges }: Pick<Case, 'history' | 'exchanges'>): readonly MemoryItem[] {
  const newest = history.findLast(({ contentType }) => contentType !== 'summary')
  return exchanges.find((exchange) => exchange.some((item) => item === newest)) ?? []
}

function sum(items: readonly MemoryItem[], cost: (item: MemoryItem) => number): number {
  return items.reduce((total, item) => total + cost(item), 0)
}
