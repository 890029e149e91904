import type { DecodedHead } from './copy-log.ts'

const MAX_KEYS = 10_000
/** Bytes of an item that nothing is known of: three quarters of real messages take less. */
const USUAL_ITEM_BYTES = 600
/** So many items more are asked for than are wanted: newer ones may be longer than those that were seen. */
const SPARE_ITEMS = 3

interface Note {
  renewedAt: number
  itemBytes: number
  head: DecodedHead | undefined
}

/** What is remembered of keys to save work, of the last 10,000 of them. Being wrong costs a call, never an answer. */
export class KeyNotes {
  readonly #notes = new Map<string, Note>()

  /** When its time to live was set last, milliseconds since 1970. */
  renewedAt(key: string): number {
    return this.#notes.get(key)?.renewedAt ?? Number.NEGATIVE_INFINITY
  }

  renewed(key: string, at: number): void {
    this.#of(key).renewedAt = at
  }

  /** A guess at how many bytes so many of its newest items take. */
  bytesOf(key: string, items: number): number {
    return (items + SPARE_ITEMS) * (this.#notes.get(key)?.itemBytes ?? USUAL_ITEM_BYTES)
  }

  head(key: string): DecodedHead | undefined {
    return this.#notes.get(key)?.head
  }

  decoded(key: string, head: DecodedHead, itemBytes: number): void {
    const note = this.#of(key)
    note.head = head
    if (itemBytes > 0) note.itemBytes = itemBytes
  }

  #of(key: string): Note {
    let note = this.#notes.get(key)
    if (note !== undefined) return note
    if (this.#notes.size >= MAX_KEYS) this.#notes.delete(this.#notes.keys().next().value as string)
    note = { renewedAt: Number.NEGATIVE_INFINITY, itemBytes: USUAL_ITEM_BYTES, head: undefined }
    this.#notes.set(key, note)
    return note
  }
}
