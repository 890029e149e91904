import type { SessionKey } from '../memory/session.ts'
import type { HotChanges, HotStore } from '../tiers/hot-store.ts'
import { FaultCounter, type FaultPlan, lostReply, refusedBefore, WaitingCalls } from './fault-plan.ts'

/**
 * - `refuse`: rejects with `STORE_UNAVAILABLE` and has no effect
 * - `lose-reply`: takes effect, then rejects with `STORE_TIMEOUT`
 * - `forget`: the session is forgotten just before the call, as a hot store may do at any time
 * - `hold`: neither takes effect nor answers until the test calls `held.release()`
 */
export type HotFault = 'refuse' | 'lose-reply' | 'forget' | 'hold'

export interface FaultyHotStore extends HotStore {
  readonly held: WaitingCalls
}

/** Puts planned faults before any hot store. `open`, `close`, `release`, `probe`, `changes` and `stats` are left alone. */
export function faultyHotStore(store: HotStore, plan: FaultPlan<HotFault>): FaultyHotStore {
  return new PlannedFaults(store, plan)
}

class PlannedFaults implements FaultyHotStore {
  readonly name: string
  readonly isShared: boolean
  readonly changes?: HotChanges
  readonly probe?: NonNullable<HotStore['probe']>
  readonly forgetOwner?: NonNullable<HotStore['forgetOwner']>
  readonly peek?: NonNullable<HotStore['peek']>
  readonly caches?: NonNullable<HotStore['caches']>
  readonly idle?: NonNullable<HotStore['idle']>
  readonly held: WaitingCalls = new WaitingCalls()
  readonly #store: HotStore
  readonly #faults: FaultCounter<HotFault>

  constructor(store: HotStore, plan: FaultPlan<HotFault>) {
    this.name = store.name
    this.isShared = store.isShared ?? false
    this.#store = store
    this.#faults = new FaultCounter(plan)
    if (store.changes !== undefined) this.changes = store.changes
    if (store.caches !== undefined) this.caches = store.caches
    if (store.idle !== undefined) this.idle = (count) => store.idle!(count)
    if (store.probe !== undefined) this.probe = () => store.probe!()
    if (store.forgetOwner !== undefined)
      this.forgetOwner = async (tag) => this.#call('forgetOwner', undefined, () => store.forgetOwner!(tag))
    // It answers at once or not at all, so every fault is a copy that is not there.
    if (store.peek !== undefined)
      this.peek = (id) => (this.#faults.next('peek') === 'none' ? store.peek!(id) : undefined)
  }

  open(dataId?: string): Promise<void> {
    return this.#store.open(dataId)
  }

  close(): Promise<void> {
    return this.#store.close()
  }

  read(...args: Parameters<HotStore['read']>): ReturnType<HotStore['read']> {
    return this.#call('read', args[0], () => this.#store.read(...args))
  }

  fill(...args: Parameters<HotStore['fill']>): ReturnType<HotStore['fill']> {
    return this.#call('fill', args[0], () => this.#store.fill(...args))
  }

  append(...args: Parameters<HotStore['append']>): ReturnType<HotStore['append']> {
    return this.#call('append', args[0], () => this.#store.append(...args))
  }

  forget(key: SessionKey): ReturnType<HotStore['forget']> {
    return this.#call('forget', key, () => this.#store.forget(key))
  }

  clear(): ReturnType<HotStore['clear']> {
    return this.#call('clear', undefined, () => this.#store.clear())
  }

  getSegment(...args: Parameters<HotStore['getSegment']>): ReturnType<HotStore['getSegment']> {
    return this.#call('getSegment', args[0], () => this.#store.getSegment(...args))
  }

  putSegment(...args: Parameters<HotStore['putSegment']>): ReturnType<HotStore['putSegment']> {
    return this.#call('putSegment', args[0], () => this.#store.putSegment(...args))
  }

  dropSegments(...args: Parameters<HotStore['dropSegments']>): ReturnType<HotStore['dropSegments']> {
    return this.#call('dropSegments', args[0], () => this.#store.dropSegments(...args))
  }

  release(key: SessionKey): void {
    this.#store.release(key)
  }

  stats(): ReturnType<HotStore['stats']> {
    return this.#store.stats()
  }

  /** Answers at once where the store does and no fault is planned: callers tell the two apart. */
  #call<T>(operation: string, key: SessionKey | undefined, body: () => T | Promise<T>): T | Promise<T> {
    const fault = this.#faults.next(operation)
    return fault === 'none' ? body() : this.#faulty(fault, operation, key, body)
  }

  async #faulty<T>(
    fault: HotFault,
    operation: string,
    key: SessionKey | undefined,
    body: () => T | Promise<T>,
  ): Promise<T> {
    switch (fault) {
      case 'refuse':
        throw refusedBefore(operation, this.name)
      case 'lose-reply':
        await body()
        throw lostReply(operation, this.name)
      case 'forget':
        if (key !== undefined) await this.#store.forget(key)
        return body()
      case 'hold':
        return new Promise<T>((resolve) => {
          this.held.add(async () => {
            const answer = (async () => body())()
            resolve(answer)
            return answer
          })
        })
    }
  }
}
