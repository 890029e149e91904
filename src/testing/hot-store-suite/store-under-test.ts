import type { HotStore } from '../../tiers/hot-store.ts'
import type { SuiteRunner } from '../suite-runner.ts'

/** Bounds that a test wants. A store that has no such bound may leave it out; absent ones are the store's defaults. */
export interface HotStoreBounds {
  /** Newest items kept of one session. */
  readonly maxItemsPerSession?: number
  /** Most text kept of the newest items of one session, in characters. */
  readonly maxBytesPerSession?: number
  /** Most bytes of all copies and segments. */
  readonly maxBytes?: number
}

export interface HotStoreUnderTest {
  /** Not opened, and empty; the suite opens and closes it. */
  readonly store: HotStore
  /** Called last, after the store was closed. */
  cleanup?(): Promise<void> | void
}

export interface HotStoreSuiteOptions extends SuiteRunner {
  createStore(bounds: HotStoreBounds): HotStoreUnderTest | Promise<HotStoreUnderTest>
  /**
   * It may forget a copy at any moment of a test, so a miss is accepted wherever a copy is expected. A wrong answer
   * never is. @default false
   */
  readonly mayForget?: boolean
}

export interface HotTestContext {
  readonly store: HotStore
  readonly mayForget: boolean
}

/** Defines one test of a topic. */
export type HotTest = (name: string, body: (context: HotTestContext) => Promise<void>, bounds?: HotStoreBounds) => void

/** Runs the body of one test on a store of its own. */
export async function withHotStore(
  options: HotStoreSuiteOptions,
  bounds: HotStoreBounds,
  body: (context: HotTestContext) => Promise<void>,
): Promise<void> {
  const { store, cleanup } = await options.createStore(bounds)
  await store.open()
  try {
    await body({ store, mayForget: options.mayForget ?? false })
  } finally {
    await store.close()
    await cleanup?.()
  }
}
