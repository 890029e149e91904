import type { HotStore } from '../../tiers/hot-store.ts'
import type { SuiteRunner } from '../suite-runner.ts'

/** Bounds that a test wants. A store that has no such bound may leave it out; absent ones are the store's defaults. */
export interface HotStoreBounds {
  /** Newest items kept of one session. A shared store may let go of them in batches, at a quarter over it. */
  readonly maxItemsPerSession?: number
  /** Most text kept of the newest items of one session, in characters. A shared store may count all bytes of an item. */
  readonly maxBytesPerSession?: number
  /** Most bytes of all copies and segments. */
  readonly maxBytes?: number
}

export interface HotStoreUnderTest {
  /** Not opened, and empty; the suite opens and closes it. */
  readonly store: HotStore
  /** Of a shared store: another object that sees the same, as another process would have one. Not opened either. */
  readonly another?: HotStore
  /**
   * Moves on the time by which proofs of a shared store age, by at least so many milliseconds; half a second more does
   * no harm. Without it, only an age of 0 is tested.
   */
  advanceTime?(ms: number): Promise<void> | void
  /** Called last, after the stores were closed. */
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
  readonly another: HotStore | undefined
  readonly advanceTime: ((ms: number) => Promise<void> | void) | undefined
  readonly mayForget: boolean
}

/** Defines one test of a topic. */
export type HotTest = (name: string, body: (context: HotTestContext) => Promise<void>, bounds?: HotStoreBounds) => void

/** Runs the body of one test on a store of its own. */
export async function withHotStore(
  { createStore, mayForget = false }: HotStoreSuiteOptions,
  bounds: HotStoreBounds,
  body: (context: HotTestContext) => Promise<void>,
): Promise<void> {
  const made = await createStore(bounds)
  const { store, another } = made
  await store.open()
  await another?.open()
  try {
    await body({ store, another, advanceTime: made.advanceTime?.bind(made), mayForget })
  } finally {
    await another?.close()
    await store.close()
    await made.cleanup?.()
  }
}
