import { isThermoclineError } from '../errors.ts'
import type { MemoryItem } from '../memory/memory-item.ts'
import type { CheckedAdd } from './check-arguments.ts'
import type { WritePath } from './write-path.ts'

/** What became of several adds. */
export interface AddedEach {
  readonly stored: readonly MemoryItem[]
  /** Why the others are not; what comes after a failure is not tried. */
  readonly failed: readonly unknown[]
}

/** Fewer than the queue of adds has room for, as more may come in one call. */
const ADDS_AT_ONCE = 2000

/** Adds each of them. What was erased is left out, which is no failure of the others. */
export async function addEach(writes: WritePath, adds: readonly CheckedAdd[]): Promise<AddedEach> {
  const stored: MemoryItem[] = []
  const failed: unknown[] = []
  for (let from = 0; from < adds.length && failed.every(isErasedError); from += ADDS_AT_ONCE) {
    const some = adds.slice(from, from + ADDS_AT_ONCE)
    for (const outcome of await Promise.allSettled(
      some.map(({ session, encoded, place }) => writes.add(session, encoded, place)),
    )) {
      if (outcome.status === 'fulfilled') stored.push(outcome.value)
      else failed.push(outcome.reason)
    }
  }
  return { stored, failed }
}

export function isErasedError(error: unknown): boolean {
  return isThermoclineError(error, 'ERASED')
}
