import { type CorpusFigures, termScore, termWeight } from '../../search/bm25.ts'
import { queryTerms } from '../../search/term-reader.ts'
import { countOf, itemOf } from '../../search/unit-index.ts'
import { askedDates, dateMatch } from './asked-dates.ts'
import type { CalendarWords } from './calendar-words.ts'
import type { HistoryIndex } from './history-index.ts'
import type { HistoryPostings } from './history-postings.ts'
import { priorScores } from './prior.ts'
import { scaleToHighest, withNeighbours } from './score-columns.ts'
import { namedSpeakers, termsOfSpeakers } from './speakers.ts'

// Set by hand on five long conversations. Each helped in at least four of them, and any of them may be a third more or
// less at half a point of the evidence kept or below (bench/retention.bench.ts). The best match of words counts 1.
/** A session that matches best as a whole. */
const SESSION = 0.3
/** Words of somebody whom the query names, and how much more where they match. */
const SPEAKER = 0.2
const SPEAKER_MATCH = 0.3
/** A speaker's name as a word: others use it to address them. */
const SPEAKER_NAME = 0.25
/** A day that the query names. */
const DATE = 0.8
/** What any question is most likely to be about. */
const PRIOR = 0.5

interface TermMatch {
  /** BM25 of each item. */
  readonly own: Float64Array
  /** BM25 of each session as if it were one text. */
  readonly ofSession: Float64Array
  /** Of the weightiest term that was found, 0 where none was. */
  readonly weight: number
}

// A question, or a message that others like it are looked for by; the time that one takes grows with its terms.
const MAX_QUERY_TERMS = 256

/** The first so many items of postings. */
export class LexicalIndex implements HistoryIndex {
  readonly #postings: HistoryPostings
  readonly #words: CalendarWords
  readonly #count: number
  #prior: Float64Array | undefined
  #speakers: ReadonlyMap<string, readonly string[]> | undefined

  constructor(postings: HistoryPostings, count: number, words: CalendarWords) {
    this.#words = words
    this.#postings = postings
    this.#count = count
  }

  relevanceTo(query: string): Float64Array {
    const terms = queryTerms(query).slice(0, MAX_QUERY_TERMS)
    const dates = askedDates(query, this.#words)
    const named = namedSpeakers(this.#allSpeakers(), new Set(terms))
    const weightOf = (term: string): number => (named.terms.has(term) ? SPEAKER_NAME : 1)
    const { own, ofSession, weight } = this.#match(terms, weightOf)
    const { sessions, speakers, items } = this.#postings
    const prior = this.prior()
    const scores = withNeighbours(own, sessions)
    scaleToHighest(scores, weight)
    scaleToHighest(ofSession, weight)

    let speaks = weight > 0 || named.speakers.size > 0
    for (let i = 0; i < this.#count; i++) {
      const match = scores[i]!
      let score = match + SESSION * ofSession[sessions[i]!]!
      const speaker = speakers[i]
      if (speaker !== undefined && named.speakers.has(speaker)) score += SPEAKER + SPEAKER_MATCH * match
      if (dates !== undefined) {
        const ofDate = dateMatch(dates, items[i]!.createdAt)
        score += DATE * ofDate
        speaks ||= ofDate > 0
      }
      scores[i] = score + PRIOR * prior[i]!
    }
    if (!speaks) return new Float64Array(this.#count)
    scaleToHighest(scores, 1)
    return scores
  }

  prior(): Float64Array {
    if (this.#prior === undefined) {
      const { items, surfaces, sessions, byTerm } = this.#postings
      const seen = items.length === this.#count ? items : items.slice(0, this.#count)
      this.#prior = priorScores({ items: seen, surfaces, sessions, tellsTime: this.#tellsTime(), byTerm })
    }
    return this.#prior
  }

  #match(terms: readonly string[], weightOf: (term: string) => number): TermMatch {
    const { byTerm, sessions, lengthsTo } = this.#postings
    const count = this.#count
    const own = new Float64Array(count)
    const sessionLengths = this.#sessionLengths()
    const ofSession = new Float64Array(sessionLengths.length)
    const length = lengthsTo[count - 1] ?? 0
    const items: CorpusFigures = { items: count, length }
    const wholeSessions: CorpusFigures = { items: sessionLengths.length, length }
    let highest = 0
    for (const term of terms) {
      const postings = this.#seen(byTerm.get(term) ?? [])
      if (postings.length === 0) continue
      highest = Math.max(highest, weightOf(term))
      const weight = weightOf(term) * termWeight(items, postings.length)
      const counts = new Map<number, number>()
      for (let p = 0; p < postings.length; p++) {
        const item = itemOf(postings[p]!)
        const times = countOf(postings[p]!)
        const session = sessions[item]!
        own[item]! += termScore(items, weight, times, lengthsTo[item]! - (lengthsTo[item - 1] ?? 0))
        counts.set(session, (counts.get(session) ?? 0) + times)
      }
      const sessionWeight = weightOf(term) * termWeight(wholeSessions, counts.size)
      for (const [session, times] of counts) {
        ofSession[session]! += termScore(wholeSessions, sessionWeight, times, sessionLengths[session]!)
      }
    }
    return { own, ofSession, weight: highest }
  }

  /** Those of items that this index knows: others may have been added since. */
  #seen(postings: readonly number[]): readonly number[] {
    if (itemOf(postings.at(-1) ?? 0) < this.#count) return postings
    return postings.filter((posting) => itemOf(posting) < this.#count)
  }

  #sessionLengths(): readonly number[] {
    const { sessions, lengthsTo } = this.#postings
    const lengths: number[] = []
    for (let i = 0; i < this.#count; i++) {
      const session = sessions[i]!
      lengths[session] = (lengths[session] ?? 0) + lengthsTo[i]! - (lengthsTo[i - 1] ?? 0)
    }
    return lengths
  }

  /** 1 for an item that has a word of time: a weekday, a month, "yesterday". */
  #tellsTime(): Uint8Array {
    const marks = new Uint8Array(this.#count)
    for (const term of this.#words.timeTerms) {
      for (const posting of this.#postings.byTerm.get(term) ?? []) marks[itemOf(posting)] = 1
    }
    return marks
  }

  #allSpeakers(): ReadonlyMap<string, readonly string[]> {
    this.#speakers ??= termsOfSpeakers(this.#postings.speakers.slice(0, this.#count))
    return this.#speakers
  }
}
