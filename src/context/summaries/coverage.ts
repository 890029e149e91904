import { hash } from 'node:crypto'
import { ID_CHARS, MARK_CHARS } from './item-marks.ts'

/** As it is stored with a summary. */
export interface StoredCoverage {
  /** Marks of the newest covered items, oldest first, one after another. */
  readonly marks: string
  /** How many older ones there are, whose marks went into the digest. */
  readonly folded: number
  /** Empty where there are none. */
  readonly digest: string
}

/** What of a coverage is found in a part of a history. */
export interface CoverageCheck {
  /** Places of covered items, rising. */
  readonly places: readonly number[]
  /** Covered items that are missing before the first of these. */
  readonly before: number
  /** Covered items that are missing after it. */
  readonly between: number
  /** How many of the places are of older items, which can't be told one by one. */
  readonly unproven: number
}

const DIGEST_CHARS = 16
// What is stored anew with each extension stays below 5 KB, however long the session is.
const MAX_MARKS = 512
const FOLDED_AT_ONCE = 256

/** Which items of a session a summary was made from, oldest first, and what they said, by their marks. Never changes. */
export class Coverage {
  static readonly NONE: Coverage = new Coverage({ marks: '', folded: 0, digest: '' })

  readonly stored: StoredCoverage
  readonly count: number

  constructor(stored: StoredCoverage) {
    this.stored = stored
    this.count = stored.folded + stored.marks.length / MARK_CHARS
  }

  /** With items that come after all that it covers. */
  extended(added: readonly string[]): Coverage {
    let { marks, folded, digest } = this.stored
    marks += added.join('')
    while (marks.length > MAX_MARKS * MARK_CHARS) {
      const end = FOLDED_AT_ONCE * MARK_CHARS
      digest = fold(digest, marks.slice(0, end))
      marks = marks.slice(end)
      folded += FOLDED_AT_ONCE
    }
    return new Coverage({ marks, folded, digest })
  }

  /** Whether a history begins with just these items, as they were. */
  begins(history: readonly string[]): boolean {
    if (history.length < this.count) return false
    const { stored } = Coverage.NONE.extended(history.slice(0, this.count))
    return stored.marks === this.stored.marks && stored.digest === this.stored.digest
  }

  /** Place after these items in a history that has just them in a row, as they were, wherever they begin; or -1. */
  endWithin(history: readonly string[]): number {
    const end = history.lastIndexOf(this.stored.marks.slice(-MARK_CHARS)) + 1
    const start = end - this.count
    return start >= 0 && this.begins(history.slice(start)) ? end : -1
  }

  /** Compares with a part of a history: its end, or a view of it. Undefined where a covered item was edited there. */
  check(part: readonly string[]): CoverageCheck | undefined {
    if (this.begins(part)) return { places: upTo(this.count), before: 0, between: 0, unproven: 0 }
    const { folded, digest } = this.stored
    const told = this.#told()
    const places: number[] = []
    let firstIndex = 0
    for (const [place, mark] of part.entries()) {
      const one = told.get(mark.slice(0, ID_CHARS))
      if (one === undefined) continue
      if (one.mark !== mark) return undefined
      if (places.length === 0) firstIndex = one.index
      places.push(place)
    }
    const first = places[0]
    if (first === undefined) return { places, before: this.count, between: 0, unproven: 0 }
    // What stands before the first that can be told has to be of those that can't.
    if (first > folded) return undefined
    const isProven = first === 0 || (first === folded && foldAll(part.slice(0, folded)) === digest)
    if (first === folded && !isProven) return undefined
    const before = folded + firstIndex - first
    const between = this.count - before - first - places.length
    return { places: [...upTo(first), ...places], before, between, unproven: isProven ? 0 : first }
  }

  #told(): Map<string, { readonly mark: string; readonly index: number }> {
    const told = new Map<string, { readonly mark: string; readonly index: number }>()
    const { marks } = this.stored
    for (let at = 0; at < marks.length; at += MARK_CHARS) {
      told.set(marks.slice(at, at + ID_CHARS), { mark: marks.slice(at, at + MARK_CHARS), index: at / MARK_CHARS })
    }
    return told
  }
}

/** Undefined for what is no stored coverage. */
export function parseCoverage(value: unknown): Coverage | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { marks, folded, digest } = value as Partial<StoredCoverage>
  if (typeof marks !== 'string' || marks.length % MARK_CHARS !== 0 || typeof digest !== 'string') return undefined
  if (!Number.isSafeInteger(folded) || (folded as number) < 0) return undefined
  return new Coverage({ marks, folded: folded as number, digest })
}

function foldAll(marks: readonly string[]): string {
  let digest = ''
  for (let at = 0; at < marks.length; at += FOLDED_AT_ONCE) {
    digest = fold(digest, marks.slice(at, at + FOLDED_AT_ONCE).join(''))
  }
  return digest
}

function fold(digest: string, marks: string): string {
  return hash('sha256', digest + marks, 'base64url').slice(0, DIGEST_CHARS)
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i)
}
