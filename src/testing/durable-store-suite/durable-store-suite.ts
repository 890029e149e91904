import { appendTests } from './append.ts'
import { bodyTests } from './bodies.ts'
import { changeTests } from './changes.ts'
import { commitTests } from './commit.ts'
import { concurrencyTests } from './concurrency.ts'
import { dueTests } from './due.ts'
import { fenceTests } from './fence.ts'
import { isolationTests } from './isolation.ts'
import { lifetimeTests } from './lifetime.ts'
import { listTests } from './list.ts'
import { loadTests } from './load.ts'
import { removalTests } from './removal.ts'
import { reviewTests } from './review.ts'
import { segmentTests } from './segments.ts'
import { type DurableStoreSuiteOptions, type DurableTest, withDurableStore } from './store-under-test.ts'

const TOPICS: readonly (readonly [string, (test: DurableTest) => void])[] = [
  ['append', appendTests],
  ['bodies', bodyTests],
  ['load', loadTests],
  ['fence', fenceTests],
  ['commit', commitTests],
  ['segments', segmentTests],
  ['removal', removalTests],
  ['reviewAt and touch', reviewTests],
  ['due', dueTests],
  ['list', listTests],
  ['isolation', isolationTests],
  ['concurrency', concurrencyTests],
  ['changes', changeTests],
  ['lifetime', lifetimeTests],
]

/**
 * Says in tests what a durable store has to keep. Belongs to no test runner, never sleeps and never reads the
 * clock: stamps and times are made up.
 */
export function durableStoreSuite(name: string, options: DurableStoreSuiteOptions): void {
  options.describe(`${name} keeps the contract of durable stores`, () => {
    for (const [topic, define] of TOPICS) {
      options.describe(topic, () => {
        define((title, body) => options.it(title, () => withDurableStore(options, body)))
      })
    }
  })
}
