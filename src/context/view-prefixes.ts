import type { MemoryItem } from '../memory/memory-item.ts'
import { clearWhenErased } from './erasable-caches.ts'

const MAX_SESSIONS = 500

/** The last view of each session, to tell how much of the next begins alike. Nothing of what it says is kept. */
export class ViewPrefixes {
  readonly #views = new Map<string, readonly string[]>()

  constructor() {
    clearWhenErased(this)
  }

  /** Tokens that the view begins with like the last one of that session, which it takes the place of. */
  replace(session: string, view: readonly MemoryItem[], costs: readonly number[]): number {
    const last = this.#views.get(session) ?? []
    const marks = view.map(markOf)
    let tokens = 0
    for (const [i, mark] of marks.entries()) {
      if (last[i] !== mark) break
      tokens += costs[i] as number
    }
    this.#views.delete(session)
    this.#views.set(session, marks)
    if (this.#views.size > MAX_SESSIONS) this.#views.delete(this.#views.keys().next().value as string)
    return tokens
  }

  clear(): void {
    this.#views.clear()
  }
}

/** The id with 32 bits of what the item says, by FNV-1a: http://www.isthe.com/chongo/tech/comp/fnv/ */
function markOf({ id, content }: MemoryItem): string {
  let hash = 0x811c9dc5
  for (let i = 0; i < content.length; i += 1) hash = Math.imul(hash ^ content.charCodeAt(i), 0x01000193)
  return `${id} ${hash >>> 0}`
}
