/** A program that runs in a process of its own: `step` is called about every 20 ms, with the time since the start. */
export interface Program {
  readonly step: (elapsedMs: number, random: () => number) => unknown
}

/** How often a step is made, in milliseconds. */
export const STEP_MS = 20

/** About this many bytes of small objects. */
export function objects(bytes: number, random: () => number): object[] {
  const made: object[] = []
  while (made.length < bytes / 120) {
    made.push({ id: made.length, weight: random(), name: { first: random(), second: random() } })
  }
  return made
}

/** A text of so many bytes that V8 really holds: flat, and not shared with another. */
export function text(bytes: number, random: () => number): string {
  return Buffer.alloc(bytes, Math.floor(random() * 26) + 97).toString('latin1')
}

/** Does something with a value, so that nothing of it is left out. */
export function use(value: unknown): void {
  used = value
}
export let used: unknown
