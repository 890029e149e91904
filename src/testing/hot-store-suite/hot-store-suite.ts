import { appendTests } from './append.ts'
import { boundTests } from './bounds.ts'
import { copyTests } from './copies.ts'
import { interleavingTests } from './interleaving.ts'
import { leaseTests } from './lease.ts'
import { newestTests } from './newest.ts'
import { ownerTests } from './owner.ts'
import { peekTests } from './peek.ts'
import { proofTests } from './proof.ts'
import { segmentTests } from './segments.ts'
import { type HotStoreSuiteOptions, type HotTest, withHotStore } from './store-under-test.ts'
import { twoObjectTests } from './two-objects.ts'

const TOPICS: readonly (readonly [string, (test: HotTest) => void])[] = [
  ['lease', leaseTests],
  ['append', appendTests],
  ['copy', copyTests],
  ['newest', newestTests],
  ['proof', proofTests],
  ['two objects', twoObjectTests],
  ['bounds', boundTests],
  ['peek', peekTests],
  ['segments', segmentTests],
  ['owner', ownerTests],
  ['interleaving', interleavingTests],
]

/**
 * Says in tests what a hot store has to keep: it may forget, but never answers wrongly, or half without saying so.
 * Belongs to no test runner, never sleeps and never reads the clock.
 */
export function hotStoreSuite(name: string, options: HotStoreSuiteOptions): void {
  options.describe(`${name} keeps the contract of hot stores`, () => {
    for (const [topic, define] of TOPICS) {
      options.describe(topic, () => {
        define((title, body, bounds = {}) => options.it(title, () => withHotStore(options, bounds, body)))
      })
    }
  })
}
