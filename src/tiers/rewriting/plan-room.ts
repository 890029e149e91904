import type { SegmentRef, TailEntry } from '../../memory/record.ts'

/** One plan rewrites about so much at most: it is held in memory. As JSON bodies. */
const PLAN_RAW_BYTES = 6 * 1024 * 1024
/**
 * And about so much as it is stored, since all of it is written by one commit: with what the last unit goes beyond it,
 * an archive that is taken along and the tail, it stays below 3.5 MB, which every store takes.
 */
const PLAN_STORED_BYTES = 1024 * 1024

/** How much one plan may still take on. What there is no room for is the next plan's. */
export class PlanRoom {
  #rawBytes = PLAN_RAW_BYTES
  #storedBytes = PLAN_STORED_BYTES

  get isLeft(): boolean {
    return this.#rawBytes > 0 && this.#storedBytes > 0
  }

  /** `storedBytes`: what it may take once it is rewritten. */
  takeSegment(segment: SegmentRef | undefined, storedBytes: number = segment?.bytes ?? 0): void {
    this.#rawBytes -= segment?.rawBytes ?? 0
    this.#storedBytes -= storedBytes
  }

  /** The oldest that there is room for, and one in any case. Whether they can be compressed nobody knows yet. */
  takeEntries(entries: readonly TailEntry[]): readonly TailEntry[] {
    let count = 0
    for (const { body } of entries) {
      const bytes = Buffer.byteLength(body)
      if (count > 0 && bytes > Math.min(this.#rawBytes, this.#storedBytes)) break
      this.#rawBytes -= bytes
      this.#storedBytes -= bytes
      count += 1
    }
    return count === entries.length ? entries : entries.slice(0, count)
  }
}
