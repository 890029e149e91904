import type { DurableStore } from '../tiers/durable-store.ts'
import { WrappedDurableStore } from '../tiers/wrapped-durable-store.ts'
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

class PlannedFaults extends WrappedDurableStore implements FaultyDurableStore {
  readonly ghosts: WaitingCalls = new WaitingCalls()
  readonly held: WaitingCalls = new WaitingCalls()
  readonly #faults: FaultCounter<DurableFault>

  constructor(store: DurableStore, plan: FaultPlan<DurableFault>) {
    super(store)
    this.#faults = new FaultCounter(plan)
  }

  protected override async call<T>(operation: string, body: () => Promise<T>): Promise<T> {
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
