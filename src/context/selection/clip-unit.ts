import type { MemoryItem } from '../../memory/memory-item.ts'
import { clipText } from './clip-text.ts'

/** An item of a unit, by its place in the history. */
export interface UnitItem {
  readonly place: number
  readonly item: MemoryItem
  /** Tokens of its content, and what each item costs beside that. */
  readonly cost: number
}

/**
 * The longest items of a unit, cut to one common cost so that all of the unit costs at most `room`; none where that
 * can't be done. Tool calls stay whole: half of their arguments would be no call.
 *
 * @param costOf What an item costs, cut as it then is
 */
export async function clipUnit(
  unit: readonly UnitItem[],
  room: number,
  costOf: (item: MemoryItem) => Promise<number>,
): Promise<readonly UnitItem[]> {
  const calls = unit.filter(({ item }) => item.contentType === 'tool_call')
  const others = unit.filter(({ item }) => item.contentType !== 'tool_call')
  const level = commonLevel(
    others.map(({ cost }) => cost),
    room - calls.reduce((sum, { cost }) => sum + cost, 0),
  )
  const clipped: UnitItem[] = []
  for (const { place, item, cost } of others) {
    if (cost <= level) continue
    const clip = await clipText(item.content, level, (text) => costOf(withContent(item, text)))
    if (clip === undefined) return []
    clipped.push({ place, item: withContent(item, clip.text), cost: clip.tokens })
  }
  return clipped
}

/** The highest level such that, with all above it lowered to it, the sum is at most `room`. */
function commonLevel(costs: readonly number[], room: number): number {
  const rising = [...costs].sort((a, b) => a - b)
  let left = room
  for (const [index, cost] of rising.entries()) {
    const share = Math.floor(left / (rising.length - index))
    if (cost > share) return share
    left -= cost
  }
  return Number.POSITIVE_INFINITY
}

function withContent(item: MemoryItem, content: string): MemoryItem {
  // The payload is the whole message in a framework's own form: with it, the clipped item would still send it all.
  const { payload: _, ...rest } = item
  return Object.freeze({ ...rest, content })
}
