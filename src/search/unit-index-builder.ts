import { isMadeSummary } from '../memory/made-summary.ts'
import type { ItemBody } from '../memory/memory-item.ts'
import type { Stamp } from '../memory/stamp.ts'
import { TermReader } from './term-reader.ts'
import { countPosting, UnitIndex } from './unit-index.ts'

/** What is indexed of an item. */
interface IndexedBody extends Partial<Pick<ItemBody, 'contentType' | 'payload'>> {
  readonly content: string
  readonly expiresAt?: number
}

/** Makes the index of one unit, item by item, so that whoever uses it can pause in between. */
export class UnitIndexBuilder {
  readonly #postings = new Map<string, number[]>()
  readonly #lengths: number[] = []
  readonly #stamps: Stamp[] = []
  readonly #expiring: { item: number; at: number }[] = []
  readonly #reader: TermReader<number[]>
  #length = 0

  constructor() {
    this.#reader = new TermReader(
      (postings) => this.#count(postings),
      (term) => this.#postingsOf(term),
    )
  }

  /** Items come rising by stamp. */
  add(stamp: Stamp, body: IndexedBody): void {
    this.#length = 0
    // What it says is found where it was said.
    if (!isMadeSummary(body)) this.#reader.read(body.content)
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

  #postingsOf(term: string): number[] {
    let postings = this.#postings.get(term)
    if (postings !== undefined) return postings
    postings = []
    this.#postings.set(term, postings)
    return postings
  }

  #count(postings: number[]): void {
    this.#length += 1
    countPosting(postings, this.#lengths.length)
  }
}
