import type { MemoryItem } from '../../../index.ts'
import { median } from '../../text-layout.ts'

/** Where a history is read from. */
export interface Place {
  readonly name: string
  read(): Promise<readonly MemoryItem[]>
  /** Answers that the place has counted itself, where it does. */
  hits?(): number
}

export interface PlaceReadings {
  readonly name: string
  readonly reads: number
  readonly hits: number
  readonly medianMs: number
}

const WARM_UP_READS = 20
const READS = 200
/** Enough for a demo, however slow the machine is. */
const MOST_MS = 500

/** Reads the same again and again. */
export async function measureReads(
  { name, read, hits = () => 0 }: Place,
  check: (history: readonly MemoryItem[]) => void,
): Promise<PlaceReadings> {
  for (let i = 0; i < WARM_UP_READS; i++) await read()
  const hitsBefore = hits()
  const times: number[] = []
  const deadline = performance.now() + MOST_MS
  while (times.length < READS && performance.now() < deadline) {
    const startedAt = performance.now()
    const history = await read()
    times.push(performance.now() - startedAt)
    check(history)
  }
  return { name, reads: times.length, hits: hits() - hitsBefore, medianMs: median(times) }
}
