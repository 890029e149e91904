import type { DurableStore } from '../../src/tiers/durable-store.ts'

/** Not `due`: a sweep asks 64 times for it, and dying there is like never having been. */
const CALLS: ReadonlySet<string> = new Set(['append', 'load', 'getSegment', 'commit', 'touch', 'list', 'scrub'])

/** When a process dies: before its n-th call of the store from `arm` on, or once that has had its effect. */
export class Death {
  #left = Number.POSITIVE_INFINITY
  #takesEffect = false

  arm(call: number, takesEffect: boolean): void {
    this.#left = call
    this.#takesEffect = takesEffect
  }

  get isDead(): boolean {
    return this.#left <= 0
  }

  /** To be put around a store: from the death on, every call fails without an effect. */
  readonly wrap: (store: DurableStore) => DurableStore = (store) =>
    new Proxy(store, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name)
        if (typeof value !== 'function') return value
        if (!CALLS.has(String(name))) return value.bind(target)
        return async (...args: unknown[]) => {
          const isLast = --this.#left === 0
          if (this.#left < 0 || (isLast && !this.#takesEffect)) throw new Error('dead')
          const answer: unknown = await Reflect.apply(value, target, args)
          if (isLast) throw new Error('dead')
          return answer
        }
      },
    })
}
