import { termWeight } from '../../search/bm25.ts'
import { TermReader } from '../../search/term-reader.ts'
import type { ItemOrigin } from './item-origin.ts'

/** What is rated of a sentence. */
export interface Sentence {
  readonly origin: ItemOrigin
  readonly text: string
  /** 0 to 1, of its item. */
  readonly importance?: number
}

// Set by hand. What the user said is what nobody else can say again; a tool can be asked again.
const BY_ORIGIN: Readonly<Record<ItemOrigin, number>> = {
  system: 1,
  user: 1,
  note: 1,
  assistant: 0.6,
  tool: 0.25,
  web: 0.25,
  untrusted: 0.25,
}
const QUESTION = 0.3
const NUMBER = 1.3
const NAME = 1.5
const FIRST_PERSON = 1.3
/** How much of a term's weight is left for the next sentence that has it. */
const REPEATED = 0.4

const QUESTION_END = /[?？؟;]["'”’»)\]]*$/u
const DIGIT = /\p{Nd}/u
const CAPITAL_WITHIN = /[\p{L}\p{N},;] \p{Lu}\p{Ll}/u
// The commonest languages whose word for it is short and unmistakable; in others the ending of the verb says it.
const I =
  /(?<![\p{L}\p{N}])(?:i|i['’]m|my|we|our|ich|mein\p{L}*|je|j['’]|mon|ma|yo|mi|eu|meu|minha|io|mio|mia|я|мой|моя|мы|أنا)(?![\p{L}\p{N}])|我|私|僕|저는|제가|나는/iu

/**
 * Says how much each sentence tells: the weight of its terms, those that are rare in all that is summarized counting
 * most, for its length; more for numbers, names and what people say of themselves, less for questions.
 */
export class SentenceScores {
  readonly #terms: number[][] = []
  readonly #factors: number[] = []
  readonly #ids = new Map<string, number>()
  readonly #sentencesWith: number[] = []
  readonly #reader: TermReader
  #seen: Set<number> = new Set()

  constructor() {
    this.#reader = new TermReader((term) => this.#seen.add(this.#idOf(term)))
  }

  /** Sentences are asked for by the order in which they were added. */
  add(sentence: Sentence): void {
    this.#seen = new Set()
    this.#reader.read(sentence.text)
    for (const id of this.#seen) this.#sentencesWith[id]! += 1
    this.#terms.push([...this.#seen])
    this.#factors.push(factorOf(sentence))
  }

  /** All places, those first that tell most beyond what those before them tell. */
  ranked(places: readonly number[]): number[] {
    const corpus = { items: this.#terms.length, length: 0 }
    const weights = this.#sentencesWith.map((count) => termWeight(corpus, count))
    const known = new Set<number>()
    const score = (place: number): number => {
      const terms = this.#terms[place]!
      const sum = terms.reduce((total, id) => total + weights[id]! * (known.has(id) ? REPEATED : 1), 0)
      // Greetings and thanks have few terms, however rare these are.
      const brevity = terms.length / (terms.length + 2)
      return (this.#factors[place]! * brevity * sum) / Math.sqrt(terms.length + 2)
    }
    const first = places.map((place) => ({ place, score: score(place) }))
    first.sort((a, b) => b.score - a.score || b.place - a.place)
    // What those before it have told already counts less; a second round over those that fell is enough.
    const ranked: number[] = []
    const fallen: { place: number; score: number }[] = []
    for (const { place, score: before } of first) {
      const now = score(place)
      if (now < before * 0.75) {
        fallen.push({ place, score: now })
        continue
      }
      ranked.push(place)
      for (const id of this.#terms[place]!) known.add(id)
    }
    fallen.sort((a, b) => b.score - a.score || b.place - a.place)
    return [...ranked, ...fallen.map(({ place }) => place)]
  }

  #idOf(term: string): number {
    const known = this.#ids.get(term)
    if (known !== undefined) return known
    const id = this.#ids.size
    this.#ids.set(term, id)
    this.#sentencesWith.push(0)
    return id
  }
}

function factorOf({ origin, text, importance = 0.5 }: Sentence): number {
  let factor = BY_ORIGIN[origin] * (0.5 + importance)
  if (QUESTION_END.test(text)) factor *= QUESTION
  if (DIGIT.test(text)) factor *= NUMBER
  if (CAPITAL_WITHIN.test(text)) factor *= NAME
  if (I.test(text)) factor *= FIRST_PERSON
  return factor
}
