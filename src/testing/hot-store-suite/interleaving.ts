import { seededRandom } from '../seeded-random.ts'
import { session } from './fixtures.ts'
import type { HotTest } from './store-under-test.ts'
import { World } from './world.ts'

const SEEDS = 12
const STEPS = 250

export function interleavingTests(test: HotTest): void {
  for (const through of ['', ', through either of two objects'] as const) {
    test(
      `whatever the order of reads, loads, fills, appends and deletions, every copy served is whole and fresh${through}`,
      async ({ store, another, mayForget }) => {
        if (through !== '' && another === undefined) return
        const stores = through === '' || another === undefined ? [store] : [store, another]
        for (let seed = 0; seed < SEEDS; seed++) {
          const random = seededRandom(seed)
          const worlds = [0, 1].map((i) => new World(stores, session(`seed ${seed} world ${i}`), mayForget))
          for (let step = 0; step < STEPS; step++) {
            try {
              await worlds[step % 2]!.step(random)
            } catch (error) {
              throw new Error(`seed ${seed}, step ${step}: ${error instanceof Error ? error.message : error}`, {
                cause: error,
              })
            }
          }
        }
      },
      { maxItemsPerSession: 10_000 },
    )
  }
}
