import type { MemoryItem } from '../../memory/memory-item.ts'
import { TermReader } from '../../search/term-reader.ts'

/** Where an item's metadata may say who speaks; the first that is a text counts. */
const SPEAKER_NAMES = ['speaker', '_speaker', 'name', 'author'] as const

export function speakerOf({ metadata }: MemoryItem): string | undefined {
  if (metadata === undefined) return undefined
  for (const name of SPEAKER_NAMES) {
    const value = metadata[name]
    if (typeof value === 'string' && value !== '') return value
  }
  return undefined
}

/** Those who are named in a query, by any part of their name. */
export interface NamedSpeakers {
  readonly speakers: ReadonlySet<string>
  /** The terms of the query that name them. */
  readonly terms: ReadonlySet<string>
}

/** @param all Each speaker with the terms of their name */
export function namedSpeakers(all: ReadonlyMap<string, readonly string[]>, asked: ReadonlySet<string>): NamedSpeakers {
  const speakers = new Set<string>()
  const terms = new Set<string>()
  for (const [speaker, names] of all) {
    for (const term of names) {
      if (!asked.has(term)) continue
      speakers.add(speaker)
      terms.add(term)
    }
  }
  return { speakers, terms }
}

/** The terms of each speaker's name. */
export function termsOfSpeakers(speakers: Iterable<string | undefined>): ReadonlyMap<string, readonly string[]> {
  let terms: string[] = []
  const reader = new TermReader((term) => terms.push(term))
  const found = new Map<string, readonly string[]>()
  for (const speaker of speakers) {
    if (speaker === undefined || found.has(speaker)) continue
    terms = []
    reader.read(speaker)
    found.set(speaker, terms)
  }
  return found
}
