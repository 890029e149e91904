import type { Stamp } from '../memory/stamp.ts'
import { TermReader } from './term-reader.ts'
import { countOf, itemOf, packPosting, UnitIndex } from './unit-index.ts'

/** What is indexed of an item. */
interface IndexedBody {
  readonly content: string
  readonly expiresAt?: number
}

/** Makes the index of one unit, item by item, so that whoever uses it can pause in between. */
export class UnitIndexBuilder {
  readonly #postings = new Map<string, number[]>()
  readonly #lengths: number[] = []
  readonly #stamps: Stamp[] = []
  readonly #expiring: { item: number; at: number }[] = []
  readonly #reader: TermReader
  #length = 0

  constructor() {
    this.#reader = new TermReader((term) => this.#count(term))
  }

  /** Items come rising by stamp. */
  add(stamp: Stamp, body: IndexedBody): void {
    this.#length = 0
    this.#reader.read(body.content)
    if (body.expiresAt !== undefined) this.#expiring.push({ item: this.#lengths.length, at: body.expiresAt })
    this.#lengths.push(this.#length)
    this.#stamps.push(stamp)
  }

  /** `gone`: stamps of deleted items, rising. */
  build(gone: readonly Stamp[] = []): UnitIndex {
    const terms = [...this.#postings.keys()].sort()
    const termStarts = new Uint32Array(terms.length + 1)
    const postingStarts = new Uint32Array(terms.length + 1)
    for (const [i, term] of terms.entries()) {
      termStarts[i + 1] = termStarts[i]! + term.length + 1
      postingStarts[i + 1] = postingStarts[i]! + this.#postings.get(term)!.length
    }
    const postings = new Uint32Array(postingStarts.at(-1)!)
    for (const [i, term] of terms.entries()) postings.set(this.#postings.get(term)!, postingStarts[i])
    return new UnitIndex({
      terms: terms.map((term) => `${term}\n`).join(''),
      termStarts,
      postings,
      postingStarts,
      lengths: Uint32Array.from(this.#lengths),
      stamps: this.#stamps.join(''),
      gone: gone.join(''),
      expiring: this.#expiring,
    })
  }

  #count(term: string): void {
    this.#length += 1
    const item = this.#lengths.length
    const postings = this.#postings.get(term)
    if (postings === undefined) {
      this.#postings.set(term, [packPosting(item, 1)])
      return
    }
    const last = postings.at(-1)!
    if (itemOf(last) === item) postings[postings.length - 1] = packPosting(item, countOf(last) + 1)
    else postings.push(packPosting(item, 1))
  }
}
