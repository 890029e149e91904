import { ThermoclineError } from '../errors.ts'
import { CacheRelief } from '../lib/cache-relief.ts'
import type { DeferrableWork } from '../lib/deferrable-work.ts'
import type { BoundedCache } from '../lib/lru-bytes.ts'

/** What a manager can give up while it is open. */
export interface ReliefParts {
  readonly caches: readonly BoundedCache[]
  /** Packs and lets go of sessions that were used least lately, and says how many. */
  readonly packIdle: (maxSessions: number) => Promise<number>
}

/** What a manager gives up beside its caches: sessions packed early. Items that were acknowledged are never at stake. */
export class MemoryRelief extends CacheRelief {
  #parts: ReliefParts | undefined
  #packing: Promise<number> | undefined

  /** Of a manager that was opened. */
  attach(parts: ReliefParts): void {
    this.#parts = parts
  }

  get caches(): readonly BoundedCache[] {
    return this.#parts?.caches ?? []
  }

  /** One run at a time: a second call shares the first. */
  packIdleSessions(maxSessions: number): Promise<number> {
    this.#packing ??= (this.#parts?.packIdle(maxSessions) ?? Promise.resolve(0)).finally(() => {
      this.#packing = undefined
    })
    return this.#packing
  }

  /** @throws ThermoclineError `MEMORY_PRESSURE` */
  check(work: DeferrableWork, doing: string): void {
    if (!this.refuses(work)) return
    throw new ThermoclineError('MEMORY_PRESSURE', `Cannot ${doing}: the process is short of memory: try again later`, {
      details: { work },
    })
  }
}
