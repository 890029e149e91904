export { durableStoreSuite } from './durable-store-suite/durable-store-suite.ts'
export type { DurableStoreSuiteOptions, DurableStoreUnderTest } from './durable-store-suite/store-under-test.ts'
export {
  type FaultPlan,
  type PlannedCall,
  type RandomFaultsOptions,
  randomFaults,
  type WaitingCalls,
} from './fault-plan.ts'
export { type DurableFault, type FaultyDurableStore, faultyDurableStore } from './faulty-durable-store.ts'
export { type FaultyHotStore, faultyHotStore, type HotFault } from './faulty-hot-store.ts'
export { hotStoreSuite } from './hot-store-suite/hot-store-suite.ts'
export type { HotStoreBounds, HotStoreSuiteOptions, HotStoreUnderTest } from './hot-store-suite/store-under-test.ts'
export { ManualClock } from './manual-clock.ts'
export { seededRandom } from './seeded-random.ts'
export type { SuiteRunner } from './suite-runner.ts'
