import type { MemoryItem } from '../memory/memory-item.ts'

const MAX_SESSIONS = 500

/** The last view of each session, to tell how much of the next begins alike. */
export class ViewPrefixes {
  readonly #views = new Map<string, readonly (readonly [id: string, content: string])[]>()

  /** Tokens that the view begins with like the last one of that session, which it takes the place of. */
  replace(session: string, view: readonly MemoryItem[], costs: readonly number[]): number {
    const last = this.#views.get(session) ?? []
    let tokens = 0
    for (const [i, { id, content }] of view.entries()) {
      if (last[i]?.[0] !== id || last[i]?.[1] !== content) break
      tokens += costs[i] as number
    }
    this.#views.delete(session)
    this.#views.set(
      session,
      view.map(({ id, content }) => [id, content] as const),
    )
    if (this.#views.size > MAX_SESSIONS) this.#views.delete(this.#views.keys().next().value as string)
    return tokens
  }
}
