import type { Overlay, SegmentRef, TailEntry } from '../../memory/record.ts'

/** One plan rewrites about so much at most: it is held in memory. As JSON bodies. */
const PLAN_RAW_BYTES = 6 * 1024 * 1024
/**
 * And about so much as it is stored, since all of it is written by one commit: with what the last unit goes beyond it,
 * an archive that is taken along and the tail, it stays below 3.5 MB, which every store takes.
 */
const PLAN_STORED_BYTES = 1024 * 1024
/**
 * Erased segments that one commit removes, as stored. What a commit deletes counts toward the size of its transaction,
 * and Firestore takes no larger one than about 10 MiB ("Transaction too big", firebase-tools#1036 and #1185).
 */
export const REMOVED_STORED_BYTES: number = 4 * 1024 * 1024

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
      this.#take(bytes)
      count += 1
    }
    return count === entries.length ? entries : entries.slice(0, count)
  }

  /**
   * Of what came late into the range of segments that are rewritten. With them the marks of their range are taken in, so
   * what is marked goes along in any case: left behind, it would be seen as it was before.
   */
  takeLate(late: readonly TailEntry[], overlay: Overlay): readonly TailEntry[] {
    const marked = late.filter(({ stamp }) => overlay.has(stamp))
    if (marked.length === 0) return this.takeEntries(late)
    for (const { body } of marked) this.#take(Buffer.byteLength(body))
    if (!this.isLeft || marked.length === late.length) return marked
    const others = this.takeEntries(late.filter(({ stamp }) => !overlay.has(stamp)))
    return [...marked, ...others].sort((a, b) => (a.stamp < b.stamp ? -1 : 1))
  }

  #take(bytes: number): void {
    this.#rawBytes -= bytes
    this.#storedBytes -= bytes
  }
}
