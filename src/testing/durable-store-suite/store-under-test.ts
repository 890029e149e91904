import assert from 'node:assert/strict'
import type { DurableStore } from '../../tiers/durable-store.ts'
import type { SuiteRunner } from '../suite-runner.ts'

/** What a test of the suite works on. Each has its own, with no data in it. */
export interface DurableStoreUnderTest {
  /** Not opened; the suite opens and closes it. */
  readonly store: DurableStore
  /**
   * Another store object on the same data, not opened. Called after the first one was closed. Needed where
   * `capabilities.persistent` is true.
   */
  reopen?(): Promise<DurableStore>
  /** Another store object on the same data at the same time, not opened: a second connection or process. */
  otherClient?(): Promise<DurableStore>
  /** Called last, after every store object was closed. */
  cleanup?(): Promise<void> | void
}

export interface DurableStoreSuiteOptions extends SuiteRunner {
  createStore(): DurableStoreUnderTest | Promise<DurableStoreUnderTest>
  /**
   * Something on the way repeats calls whose reply was lost, as some client libraries do. An append may then be
   * counted once more, so exact counts are not asked for. @default false
   */
  readonly mayRepeat?: boolean
}

/** What the body of a test gets: stores that are open, and closed when it ends. */
export interface DurableTestContext {
  readonly store: DurableStore
  readonly mayRepeat: boolean
  /** The store closed and another one opened on its data; undefined where nothing outlives a store. */
  reopened(): Promise<DurableStore | undefined>
  /** A second connection; the first one again where there can't be another. */
  other(): Promise<DurableStore>
  /** Whether {@link other} is a connection of its own. */
  readonly hasOther: boolean
}

/** Defines one test of a topic. */
export type DurableTest = (name: string, body: (context: DurableTestContext) => Promise<void>) => void

/** Runs the body of one test on a store of its own. */
export async function withDurableStore(
  options: DurableStoreSuiteOptions,
  body: (context: DurableTestContext) => Promise<void>,
): Promise<void> {
  const made = await options.createStore()
  const opened: DurableStore[] = []
  const open = async (store: DurableStore): Promise<DurableStore> => {
    await store.open()
    opened.push(store)
    return store
  }
  try {
    await body({
      store: await open(made.store),
      mayRepeat: options.mayRepeat ?? false,
      hasOther: made.otherClient !== undefined,
      async reopened() {
        if (!made.store.capabilities.persistent) return undefined
        assert.ok(made.reopen !== undefined, 'a store that says it is persistent must be given with reopen()')
        for (const store of opened.splice(0)) await store.close()
        return open(await made.reopen())
      },
      async other() {
        return made.otherClient === undefined ? made.store : open(await made.otherClient())
      },
    })
  } finally {
    for (const store of opened) await store.close()
    await made.cleanup?.()
  }
}
