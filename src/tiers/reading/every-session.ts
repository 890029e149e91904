import type { SessionKey } from '../../memory/session.ts'

/** One page of a listing. */
export interface KeyPage {
  readonly sessions: readonly { readonly key: SessionKey }[]
  readonly cursor: string | undefined
}

/**
 * Each session of a listing once. One that is changed moves to another place of the list, perhaps past a reader that has
 * got further: so the list is read again until it has nothing new, at most `maxListings` times.
 */
export async function* everySession(
  pageAfter: (cursor: string | undefined) => Promise<KeyPage>,
  maxListings: number = Number.POSITIVE_INFINITY,
): AsyncGenerator<SessionKey, void, undefined> {
  const seen = new Set<SessionKey>()
  for (let before = -1, listing = 0; before < seen.size && listing < maxListings; listing++) {
    before = seen.size
    let cursor: string | undefined
    do {
      const page = await pageAfter(cursor)
      for (const { key } of page.sessions) {
        if (seen.has(key)) continue
        seen.add(key)
        yield key
      }
      cursor = page.cursor
    } while (cursor !== undefined)
  }
}
