import type { DurableStore } from '../tiers/durable-store.ts'
import { FaultCounter, type FaultPlan, lostReply, refusedBefore, WaitingCalls } from './fault-plan.ts'

/**
 * - `refuse`: rejects with `STORE_UNAVAILABLE` and has no effect
 * - `lose-reply`: takes effect, then rejects with `STORE_TIMEOUT`
 * - `ghost`: rejects with `STORE_TIMEOUT` now, and takes effect when the test calls `ghosts.release()`
 * - `hold`: neither takes effect nor answers until the test calls `held.release()`
 */
export type DurableFault = 'refuse' | 'lose-reply' | 'ghost' | 'hold'

export interface FaultyDurableStore extends DurableStore {
  readonly ghosts: WaitingCalls
  readonly held: WaitingCalls
}

/** Puts planned faults before any durable store. `open` and `close` are left alone. */
export function faultyDurableStore(store: DurableStore, plan: FaultPlan<DurableFault>): FaultyDurableStore {
  return new PlannedFaults(store, plan)
}

class PlannedFaults implements FaultyDurableStore {
  readonly name: string
  readonly capabilities: DurableStore['capabilities']
  readonly foreignChanges?: NonNullable<DurableStore['foreignChanges']>
  readonly watch?: NonNullable<DurableStore['watch']>
  readonly ghosts: WaitingCalls = new WaitingCalls()
  readonly held: WaitingCalls = new WaitingCalls()
  readonly #store: DurableStore
  readonly #faults: FaultCounter<DurableFault>

  constructor(store: DurableStore, plan: FaultPlan<DurableFault>) {
    this.name = store.name
    this.capabilities = store.capabilities
    this.#store = store
    this.#faults = new FaultCounter(plan)
    if (store.foreignChanges !== undefined) this.foreignChanges = () => store.foreignChanges!()
    if (store.watch !== undefined) this.watch = (listener) => store.watch!(listener)
  }

  open(): Promise<void> {
    return this.#store.open()
  }

  close(): Promise<void> {
    return this.#store.close()
  }

  append(...args: Parameters<DurableStore['append']>): ReturnType<DurableStore['append']> {
    return this.#call('append', () => this.#store.append(...args))
  }

  load(...args: Parameters<DurableStore['load']>): ReturnType<DurableStore['load']> {
    return this.#call('load', () => this.#store.load(...args))
  }

  getSegment(...args: Parameters<DurableStore['getSegment']>): ReturnType<DurableStore['getSegment']> {
    return this.#call('getSegment', () => this.#store.getSegment(...args))
  }

  commit(...args: Parameters<DurableStore['commit']>): ReturnType<DurableStore['commit']> {
    return this.#call('commit', () => this.#store.commit(...args))
  }

  touch(...args: Parameters<DurableStore['touch']>): ReturnType<DurableStore['touch']> {
    return this.#call('touch', () => this.#store.touch(...args))
  }

  due(...args: Parameters<DurableStore['due']>): ReturnType<DurableStore['due']> {
    return this.#call('due', () => this.#store.due(...args))
  }

  list(...args: Parameters<DurableStore['list']>): ReturnType<DurableStore['list']> {
    return this.#call('list', () => this.#store.list(...args))
  }

  async #call<T>(operation: string, body: () => Promise<T>): Promise<T> {
    switch (this.#faults.next(operation)) {
      case 'none':
        return body()
      case 'refuse':
        throw refusedBefore(operation, this.name)
      case 'lose-reply':
        await body()
        throw lostReply(operation, this.name)
      case 'ghost':
        this.ghosts.add(body)
        throw lostReply(operation, this.name)
      case 'hold':
        return new Promise<T>((resolve) => {
          this.held.add(() => {
            const answer = body()
            resolve(answer)
            return answer
          })
        })
    }
  }
}
