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
  const items = places.map((place) => history[place] as MemoryItem)
  const hasSystemMessage = items.some((item) => item.contentType === 'system_message')
  const said = items.map((item) => item.importance).filter((importance) => importance !== undefined)
  return {
    places,
    tokens: places.reduce((sum, place) => sum + (tokens[place] as number), 0),
    hasSystemMessage,
    comesFirst: hasSystemMessage || items.some((item) => item.pinned === true),
    importance: said.length > 0 ? Math.max(...said) : undefined,
    newest: places.at(-1) as number,
  }
}

/** Keeps units while they fit. */
export class Chosen {
  readonly units: Set<RatedUnit> = new Set()
  left: number

  constructor(tokenBudget: number) {
    this.left = tokenBudget
  }

  /** False, and nothing done, where the unit doesn't fit into what is left. */
  keep(unit: RatedUnit, tokens: number = unit.tokens): boolean {
    if (tokens > this.left) return false
    this.units.add(unit)
    this.left -= tokens
    return true
  }
}

/** System messages and pinned items: all, or else the most important of them, system messages before pinned, newest first. */
export function chooseFirst(units: readonly RatedUnit[], chosen: Chosen): void {
  const first = units.filter((unit) => unit.comesFirst)
  // What says nothing of its importance was pinned for being important.
  const importance = (unit: RatedUnit): number => unit.importance ?? 1
  first.sort(
    (a, b) =>
      importance(b) - importance(a) || Number(b.hasSystemMessage) - Number(a.hasSystemMessage) || b.newest - a.newest,
  )
  for (const unit of first) chosen.keep(unit)
}

/** The newest back to the first that doesn't fit; into what is left then the most important of the others, newest first. */
export function chooseRecent(units: readonly RatedUnit[], chosen: Chosen): void {
  const others = units.filter((unit) => !unit.comesFirst && !chosen.units.has(unit))
  others.sort((a, b) => b.newest - a.newest)
  const end = others.findIndex((unit) => !chosen.keep(unit))
  if (end < 0) return
  const older = others.slice(end + 1)
  older.sort((a, b) => (b.importance ?? 0) - (a.importance ?? 0) || b.newest - a.newest)
  for (const unit of older) chosen.keep(unit)
}
