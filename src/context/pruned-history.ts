import type { MemoryItem } from '../memory/memory-item.ts'
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

/** What pruning did. All tokens are by {@link PruneReport.counter}, of the items' content, with
 * `tokensPerItem` and `extraTokens` for each. */
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
