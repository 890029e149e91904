import { hash } from 'node:crypto'
import type { MemoryItem } from '../../memory/memory-item.ts'

/** An item that a summary covers: its id, and what tells whether it was edited since. */
type CoveredItem = readonly [id: string, fingerprint: string]

/** A run of older covered items, told by its ends. */
interface CoveredRun {
  readonly first: string
  readonly last: string
  readonly count: number
  /** Of the ids and fingerprints of all of it. */
  readonly digest: string
}

/** As it is stored with a summary. */
export interface StoredCoverage {
  readonly runs: readonly CoveredRun[]
  readonly items: readonly CoveredItem[]
}

/** What of a coverage is found in a history. */
export interface CoverageCheck {
  /** Places of covered items, rising. */
  readonly places: readonly number[]
  /** Covered items that come before the first of these. */
  readonly before: number
  /** The newest of them. */
  readonly lastBefore: string | undefined
  /** Covered items that are missing after one that is there. */
  readonly between: number
}

// Ids are listed one by one up to there, so that what is stored anew with each extension stays within some kilobytes.
const LISTED_ITEMS = 128
const RUN_ITEMS = 64
const FINGERPRINT_CHARS = 8
const DIGEST_CHARS = 16

const fingerprints = new WeakMap<MemoryItem, { readonly content: string; readonly fingerprint: string }>()

/** 48 bits of SHA-256 of what an item says. */
export function fingerprintOf(item: MemoryItem): string {
  const { contentType, content } = item
  const known = fingerprints.get(item)
  if (known !== undefined && known.content === content) return known.fingerprint
  const fingerprint = shortHash(`${contentType}\n${content}`, FINGERPRINT_CHARS)
  fingerprints.set(item, { content, fingerprint })
  return fingerprint
}

/** Which items of a session a summary was made from, oldest first. Never changes. */
export class Coverage {
  static readonly NONE: Coverage = new Coverage({ runs: [], items: [] })

  readonly stored: StoredCoverage
  readonly count: number

  constructor(stored: StoredCoverage) {
    this.stored = stored
    this.count = stored.items.length + stored.runs.reduce((sum, { count }) => sum + count, 0)
  }

  /** With items that come after all that it covers. */
  extended(items: readonly MemoryItem[]): Coverage {
    const runs = [...this.stored.runs]
    const listed = [...this.stored.items, ...items.map((item): CoveredItem => [item.id, fingerprintOf(item)])]
    while (listed.length > LISTED_ITEMS) runs.push(runOf(listed.splice(0, RUN_ITEMS)))
    return new Coverage({ runs, items: listed })
  }

  /** Compares with a history, oldest first. Undefined where a covered item was edited, or another came in between. */
  check(history: readonly MemoryItem[]): CoverageCheck | undefined {
    const placeOf = new Map(history.map(({ id }, place) => [id, place]))
    const places: number[] = []
    const missing = { before: 0, between: 0 }
    let lastBefore: string | undefined
    const miss = (count: number, last: string | undefined): void => {
      missing[places.length === 0 ? 'before' : 'between'] += count
      if (places.length === 0) lastBefore = last
    }
    for (const run of this.stored.runs) {
      const last = placeOf.get(run.last)
      const first = placeOf.get(run.first)
      if (last === undefined && first === undefined) {
        miss(run.count, run.last)
        continue
      }
      const from = first ?? (places.length === 0 ? 0 : (places.at(-1) as number) + 1)
      const found = history.slice(from, (last ?? first ?? 0) + 1)
      if (found.length > run.count) return undefined
      if (found.length < run.count) miss(run.count - found.length, undefined)
      else if (runOf(found.map((item) => [item.id, fingerprintOf(item)])).digest !== run.digest) return undefined
      for (let place = from; place < from + found.length; place += 1) places.push(place)
    }
    for (const [id, fingerprint] of this.stored.items) {
      const place = placeOf.get(id)
      if (place === undefined) miss(1, id)
      else if (fingerprintOf(history[place] as MemoryItem) !== fingerprint) return undefined
      else places.push(place)
    }
    return { places, ...missing, lastBefore }
  }
}

/** Undefined for what is no stored coverage. */
export function parseCoverage(value: unknown): Coverage | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { runs, items } = value as Partial<StoredCoverage>
  const isRight =
    Array.isArray(runs) &&
    Array.isArray(items) &&
    items.every((item) => Array.isArray(item) && item.length === 2 && item.every((part) => typeof part === 'string')) &&
    runs.every(
      (run) =>
        [run?.first, run?.last, run?.digest].every((part) => typeof part === 'string') &&
        Number.isSafeInteger(run.count) &&
        run.count > 0,
    )
  return isRight ? new Coverage({ runs, items }) : undefined
}

function runOf(items: readonly CoveredItem[]): CoveredRun {
  const first = items[0] as CoveredItem
  const last = items.at(-1) as CoveredItem
  const digest = shortHash(items.map(([id, fingerprint]) => `${id} ${fingerprint}\n`).join(''), DIGEST_CHARS)
  return { first: first[0], last: last[0], count: items.length, digest }
}

function shortHash(text: string, chars: number): string {
  return hash('sha256', text, 'base64url').slice(0, chars)
}
