import { type ErrorCode, ThermoclineError } from '../errors.ts'
import { checkNames } from '../lib/check-names.ts'
import type { MemoryItem } from '../memory/memory-item.ts'
import { throwIfAborted } from './abort.ts'
import { collectHistory, type History } from './history/collect-history.ts'
import { historyUnits } from './history/history-units.ts'
import { countItems, countText } from './item-tokens.ts'
import { buildView, type PrunedHistory } from './pruned-history.ts'
import { Chosen, chooseFirst, chooseRecent, type RatedUnit, rateUnit } from './selection/choose-units.ts'
import { clipUnit, type UnitItem } from './selection/clip-unit.ts'
import type { TokenCounter } from './token-counter.ts'
import { openAITokenCounter } from './token-counters/openai.ts'

export interface ContextPrunerOptions {
  /** Budget of a prune that names none. @default 4000 */
  readonly maxContextTokens?: number
  /** @default openAITokenCounter(), which needs the package gpt-tokenizer */
  readonly tokenCounter?: TokenCounter
  /**
   * Tokens that each item costs beside its content: role, separators. About 4 for OpenAI's chat messages. The default
   * makes the budget one of contents alone. @default 0
   */
  readonly tokensPerItem?: number
}

export interface PruneByTokenBudgetOptions {
  /** Most tokens that the view may have, an integer of at least 1. @default maxContextTokens */
  readonly tokenBudget?: number
  /** Looked at between items, and between the turns of the event loop that a long count takes. */
  readonly signal?: AbortSignal
}

export const CONTEXT_PRUNER_DEFAULTS: {
  readonly maxContextTokens: number
  readonly tokensPerItem: number
} = Object.freeze({ maxContextTokens: 4000, tokensPerItem: 0 })

/** Gives the part of a conversation that a token budget has room for. It holds no history and changes no item. */
export class ContextPruner {
  readonly #maxContextTokens: number
  readonly #tokensPerItem: number
  readonly #counter: TokenCounter

  /** @throws ThermoclineError `INVALID_OPTION` */
  constructor(options: ContextPrunerOptions = {}) {
    checkNames('INVALID_OPTION', 'Cannot make a pruner', options, ['maxContextTokens', 'tokenCounter', 'tokensPerItem'])
    const {
      maxContextTokens = CONTEXT_PRUNER_DEFAULTS.maxContextTokens,
      tokensPerItem = CONTEXT_PRUNER_DEFAULTS.tokensPerItem,
      tokenCounter = openAITokenCounter(),
    } = options
    this.#maxContextTokens = checkInteger('INVALID_OPTION', 'maxContextTokens', maxContextTokens, 1)
    this.#tokensPerItem = checkInteger('INVALID_OPTION', 'tokensPerItem', tokensPerItem, 0)
    this.#counter = checkCounter(tokenCounter)
  }

  /**
   * The view of a history (oldest first) within a budget, always, in the order of the history:
   * 1. system messages and pinned items; if they alone exceed the budget, the most important of them, newest first;
   * 2. the newest item, clipped with {@link CLIP_MARK} if it doesn't fit;
   * 3. what came before it, newest first, to the first that doesn't fit;
   * 4. into room that is left, the most important of the rest, newest first.
   *
   * A tool call and its results, parallel calls included, are kept or hidden together. Pruning the view again with the
   * same budget gives the same items. Each item is counted once in its life, so a second prune costs no counting.
   *
   * @returns The items, with a {@link PruneReport} beside them as `report`. Empty for an empty history only
   * @throws ThermoclineError `INVALID_ARGUMENT` for a budget that isn't an integer of at least 1, or what is not a
   * history; `BUDGET_TOO_SMALL` where nothing of the history fits; `PEER_MISSING` where the token counter's package is
   * not installed; `INVALID_OPTION` for a token counter that doesn't give counts; `ABORTED`
   */
  async pruneByTokenBudget(history: History, options: PruneByTokenBudgetOptions = {}): Promise<PrunedHistory> {
    const { tokenBudget, signal } = this.#checkOptions(options)
    throwIfAborted(signal)
    const items = await collectHistory(history, signal)
    const tokens = await countItems(items, this.#counter, signal)
    const costs = tokens.map((count) => count + this.#tokensPerItem)
    const units = historyUnits(items).map((places) => rateUnit(places, items, costs))

    const chosen = new Chosen(tokenBudget)
    const clips = new Map<number, UnitItem>()
    if (sum(costs) <= tokenBudget) for (const unit of units) chosen.keep(unit)
    else {
      chooseFirst(units, chosen)
      const newest = units.reduce((a, b) => (a.newest > b.newest ? a : b))
      if (!chosen.units.has(newest) && !chosen.keep(newest)) {
        for (const clip of await this.#clip(newest, items, costs, chosen)) clips.set(clip.place, clip)
      }
      throwIfAborted(signal)
      chooseRecent(units, chosen)
      if (chosen.units.size === 0) {
        throw new ThermoclineError(
          'BUDGET_TOO_SMALL',
          `Cannot prune history: nothing of it fits into ${tokenBudget} tokens, not even the newest item clipped`,
          { details: { tokenBudget, newestTokens: newest.tokens } },
        )
      }
    }
    return buildView({ items, costs, units, chosen, clips, tokenBudget, counter: this.#counter })
  }

  /** Keeps the unit with its longest items cut, if that can be done. */
  async #clip(
    unit: RatedUnit,
    items: readonly MemoryItem[],
    costs: readonly number[],
    chosen: Chosen,
  ): Promise<readonly UnitItem[]> {
    const unitItems = unit.places.map((place) => ({
      place,
      item: items[place] as MemoryItem,
      cost: costs[place] as number,
    }))
    const countClipped = async (text: string): Promise<number> =>
      (await countText(this.#counter, text)) + this.#tokensPerItem
    const clips = await clipUnit(unitItems, chosen.left, countClipped)
    const saved = sum(clips.map((clip) => (costs[clip.place] as number) - clip.cost))
    return clips.length > 0 && chosen.keep(unit, unit.tokens - saved) ? clips : []
  }

  #checkOptions(options: PruneByTokenBudgetOptions): { tokenBudget: number; signal: AbortSignal | undefined } {
    checkNames('INVALID_ARGUMENT', 'Cannot prune history', options, ['tokenBudget', 'signal'])
    const { tokenBudget = this.#maxContextTokens, signal } = options
    return { tokenBudget: checkInteger('INVALID_ARGUMENT', 'tokenBudget', tokenBudget, 1), signal }
  }
}

function checkInteger(code: ErrorCode, name: string, value: unknown, least: number): number {
  if (Number.isSafeInteger(value) && (value as number) >= least) return value as number
  throw new ThermoclineError(
    code,
    `Cannot use ${name}: expected an integer of at least ${least}: received ${String(value)}`,
    { details: { name } },
  )
}

function checkCounter(counter: TokenCounter): TokenCounter {
  if (typeof counter === 'object' && counter !== null && typeof counter.count === 'function') return counter
  throw new ThermoclineError(
    'INVALID_OPTION',
    'Cannot use tokenCounter: expected { name, exact, count }, as openAITokenCounter() gives',
  )
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0)
}
