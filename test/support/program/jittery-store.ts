import { setImmediate as turn } from 'node:timers/promises'
import type { DurableStore } from '../../../src/tiers/durable-store.ts'
import { WrappedDurableStore } from '../../../src/tiers/wrapped-durable-store.ts'
import type { Chance } from '../random.ts'

/** A store whose calls take their time, before they do something as well as after: so calls at once meet in many ways. */
export function jitteryStore(store: DurableStore, chance: Chance): DurableStore {
  return new JitteryStore(store, chance)
}

class JitteryStore extends WrappedDurableStore {
  readonly #chance: Chance
  /** Share of its waits that take any time: one manager is often much faster than another. */
  readonly #slowness: number

  constructor(store: DurableStore, chance: Chance) {
    super(store)
    this.#chance = chance
    this.#slowness = chance.pick([0, 0.5, 1, 1])
  }

  protected override async call<T>(_operation: string, body: () => Promise<T>): Promise<T> {
    await this.#wait()
    const answer = await body()
    await this.#wait()
    return answer
  }

  async #wait(): Promise<void> {
    if (!this.#chance.of(this.#slowness)) return
    for (let turns = this.#chance.between(1, 4); turns > 0; turns--) await turn()
  }
}
