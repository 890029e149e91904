const MAX_KEYS = 10_000
/** Bytes of an item that nothing is known of: three quarters of real messages take less. */
const USUAL_ITEM_BYTES = 600
/** What a guess is made longer by, so that one read mostly does. */
const ROOM = 1.15

interface Note {
  renewedAt: number
  itemBytes: number | undefined
}

/** What is remembered of keys to save calls, of the last 10,000 of them. Being wrong costs a call, never an answer. */
export class KeyNotes {
  readonly #notes = new Map<string, Note>()

  /** When its time to live was set last, milliseconds since 1970. */
  renewedAt(key: string): number {
    return this.#notes.get(key)?.renewedAt ?? Number.NEGATIVE_INFINITY
  }

  renewed(key: string, at: number): void {
    this.#of(key).renewedAt = at
  }

  /** A guess at how many bytes one of its items takes. */
  itemBytes(key: string): number {
    return this.#notes.get(key)?.itemBytes ?? USUAL_ITEM_BYTES
  }

  sized(key: string, itemBytes: number): void {
    this.#of(key).itemBytes = itemBytes * ROOM
  }

  #of(key: string): Note {
    let note = this.#notes.get(key)
    if (note !== undefined) return note
    if (this.#notes.size >= MAX_KEYS) this.#notes.delete(this.#notes.keys().next().value as string)
    note = { renewedAt: Number.NEGATIVE_INFINITY, itemBytes: undefined }
    this.#notes.set(key, note)
    return note
  }
}
