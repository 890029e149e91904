import { ThermoclineError } from '../errors.ts'
import { seededRandom } from './seeded-random.ts'

/** One call of a store that a plan decides about. */
export interface PlannedCall {
  /** Name of the store's method. */
  readonly operation: string
  /** 1 for the first call of this method through this wrapper. */
  readonly call: number
}

/** What becomes of a call. Asked once per call, in the order in which they are made. */
export type FaultPlan<Fault extends string> = (call: PlannedCall) => Fault | 'none'

export interface RandomFaultsOptions<Fault extends string> {
  /** The same seed and the same calls give the same faults. */
  readonly seed: number
  /** Share of the calls that fail, from 0 to 1. */
  readonly rate: number
  readonly kinds: readonly Fault[]
}

/** A plan that strikes at random, and repeats by its seed. */
export function randomFaults<Fault extends string>(options: RandomFaultsOptions<Fault>): FaultPlan<Fault> {
  const random = seededRandom(options.seed)
  return () => {
    if (random() >= options.rate) return 'none'
    return options.kinds[Math.floor(random() * options.kinds.length)] ?? 'none'
  }
}

/** Numbers the calls of each method and asks the plan. */
export class FaultCounter<Fault extends string> {
  readonly #plan: FaultPlan<Fault>
  readonly #calls = new Map<string, number>()

  constructor(plan: FaultPlan<Fault>) {
    this.#plan = plan
  }

  next(operation: string): Fault | 'none' {
    const call = (this.#calls.get(operation) ?? 0) + 1
    this.#calls.set(operation, call)
    return this.#plan({ operation, call })
  }
}

/** Calls that wait until a test lets them go. */
export class WaitingCalls {
  readonly #waiting: (() => Promise<unknown>)[] = []

  /** How many wait. */
  get size(): number {
    return this.#waiting.length
  }

  add(call: () => Promise<unknown>): void {
    this.#waiting.push(call)
  }

  /** Makes the oldest `count` of them (all by default), one after the other, and resolves when they have ended. */
  async release(count: number = this.#waiting.length): Promise<void> {
    for (const call of this.#waiting.splice(0, count)) {
      // Whoever made the call hears of its outcome, or has given up on it.
      await call().catch(() => undefined)
    }
  }
}

export function refusedBefore(operation: string, store: string): ThermoclineError {
  return new ThermoclineError('STORE_UNAVAILABLE', `Cannot ${operation} in ${store}: refused by a planned fault`)
}

export function lostReply(operation: string, store: string): ThermoclineError {
  return new ThermoclineError('STORE_TIMEOUT', `Cannot ${operation} in ${store}: reply lost by a planned fault`)
}
