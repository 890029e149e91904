import type { DurableStore } from '../../src/tiers/durable-store.ts'

type Calls = Omit<DurableStore, 'name' | 'capabilities' | 'foreignChanges' | 'watch'>

/** Does what `store` does, but for the calls that `instead` has. */
export function withCalls(store: DurableStore, instead: (store: DurableStore) => Partial<Calls>): DurableStore {
  return new Proxy(store, {
    get(target, name) {
      const calls = instead(target)
      if (name in calls) return Reflect.get(calls, name)
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

/** Counts the calls of a store, by name. */
export class CallCounter {
  readonly #counts = new Map<string, number>()

  /** To be put around a store. */
  readonly wrap: (store: DurableStore) => DurableStore = (store) =>
    new Proxy(store, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name)
        if (typeof value !== 'function') return value
        return (...args: unknown[]) => {
          this.#counts.set(String(name), this.of(String(name)) + 1)
          return Reflect.apply(value, target, args)
        }
      },
    })

  of(name: string): number {
    return this.#counts.get(name) ?? 0
  }

  /** Of calls that read or write; opening and closing is neither. */
  get all(): number {
    return [...this.#counts].reduce((sum, [name, count]) => (IO.has(name) ? sum + count : sum), 0)
  }
}

const IO: ReadonlySet<string> = new Set(['append', 'load', 'getSegment', 'commit', 'touch', 'due', 'list'])
