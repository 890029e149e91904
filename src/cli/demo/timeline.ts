import type { Conversation } from './conversation.ts'

const DAY_MS = 86_400_000
const MOST_STEPS = 14
const STEPS_DAYS = [1, 2, 7, 14, 28, 56, 91, 182, 364]

/** The moments at which the demo looks at the tiers while it plays: evenly spaced, the last one at the end. */
export function playTimes({ items }: Conversation): number[] {
  const start = items[0]!.item.createdAt
  const end = items.at(-1)!.item.createdAt
  const days = (end - start) / DAY_MS
  const step = (STEPS_DAYS.find((candidate) => days / candidate <= MOST_STEPS) ?? days / MOST_STEPS) * DAY_MS
  const times: number[] = []
  for (let time = end; time > start || times.length === 0; time -= step) times.unshift(time)
  return times
}

export function afterDays(time: number, days: number): number {
  return time + days * DAY_MS
}
