import type { MemoryItem } from '../../memory/memory-item.ts'
import type { HistoryUnit } from '../history/history-units.ts'

/** A unit with what choosing goes by. */
export interface RatedUnit {
  readonly places: HistoryUnit
  readonly tokens: number
  /** Has a system message or a pinned item, and so goes first. */
  readonly comesFirst: boolean
  readonly hasSystemMessage: boolean
  /** Highest of its items, where any says. */
  readonly importance: number | undefined
  /** Place of its newest item. */
  readonly newest: number
}

export function rateUnit(places: HistoryUnit, history: readonly MemoryItem[], tokens: readonly number[]): RatedUnit {
  let sum = 0
  let hasSystemMessage = false
  let isPinned = false
  let importance: number | undefined
  for (const place of places) {
    const item = history[place] as MemoryItem
    sum += tokens[place] as number
    if (item.contentType === 'system_message') hasSystemMessage = true
    if (item.pinned === true) isPinned = true
    if (item.importance !== undefined) importance = Math.max(importance ?? 0, item.importance)
  }
  return {
    places,
    tokens: sum,
    comesFirst: hasSystemMessage || isPinned,
    hasSystemMessage,
    importance,
    newest: places.at(-1) as number,
  }
}

/** Keeps units while they fit. */
export class Chosen {
  readonly units: Set<RatedUnit> = new Set()
  /** Tokens. */
  left: number
  /** Items, for all that need not be kept whatever there is. */
  itemsLeft: number

  constructor(tokenBudget: number, itemBudget: number = Number.POSITIVE_INFINITY) {
    this.left = tokenBudget
    this.itemsLeft = itemBudget
  }

  /** False, and nothing done, where the unit doesn't fit into what is left. */
  keep(unit: RatedUnit, tokens: number = unit.tokens): boolean {
    if (tokens > this.left || unit.places.length > this.itemsLeft) return false
    this.keepAnyway(unit, tokens)
    return true
  }

  /** The same, however many items there are already. */
  keepAmongFirst(unit: RatedUnit, heldBack: number): void {
    if (unit.tokens > this.left - heldBack) return
    this.units.add(unit)
    this.left -= unit.tokens
  }

  /** For what must be there even as the only thing. */
  keepAnyway(unit: RatedUnit, tokens: number): void {
    this.units.add(unit)
    this.left -= tokens
    this.itemsLeft = Math.max(0, this.itemsLeft - unit.places.length)
  }
}

/**
 * System messages and pinned items: all, or else the most important of them, system messages before pinned, newest first.
 *
 * @param heldBack Tokens that pinned items leave. System messages don't: what a user says, however long, hides none of them
 */
export function chooseFirst(units: readonly RatedUnit[], chosen: Chosen, heldBack: number): void {
  const first = units.filter((unit) => unit.comesFirst && !chosen.units.has(unit))
  // What says nothing of its importance was pinned for being important.
  const importance = (unit: RatedUnit): number => unit.importance ?? 1
  first.sort(
    (a, b) =>
      importance(b) - importance(a) || Number(b.hasSystemMessage) - Number(a.hasSystemMessage) || b.newest - a.newest,
  )
  for (const unit of first) chosen.keepAmongFirst(unit, unit.hasSystemMessage ? 0 : heldBack)
}

/** The newest back to the first that doesn't fit into so many tokens. */
export function chooseRecent(units: readonly RatedUnit[], chosen: Chosen, tokens: number): void {
  const floor = chosen.left - tokens
  for (let i = units.length - 1; i >= 0; i -= 1) {
    const unit = units[i] as RatedUnit
    if (chosen.units.has(unit)) continue
    if (chosen.left - unit.tokens < floor || !chosen.keep(unit)) return
  }
}

/** Into what is left, what is said to be important: the most important first, of equal ones the newest. */
export function chooseImportant(units: readonly RatedUnit[], chosen: Chosen): void {
  const others = units.filter(({ importance }) => importance !== undefined && importance > 0)
  others.sort((a, b) => (b.importance as number) - (a.importance as number) || b.newest - a.newest)
  for (const unit of others) if (!chosen.units.has(unit)) chosen.keep(unit)
}
