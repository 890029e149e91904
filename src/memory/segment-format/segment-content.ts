import type { ItemBody } from '../memory-item.ts'
import type { Stamp } from '../stamp.ts'

/** An item as a segment holds it: its place, and what its maker said of it. */
export interface SegmentEntry {
  readonly stamp: Stamp
  readonly body: ItemBody
}

/** All that a segment holds. */
export interface SegmentContent {
  /** Rising by stamp. */
  readonly entries: readonly SegmentEntry[]
  /** Stamps of deleted items, rising, none of them among the entries: so a late append can't bring one back. */
  readonly gone: readonly Stamp[]
}
