import { isThermoclineError } from '../../src/errors.ts'
import type { DurableStore } from '../../src/tiers/durable-store.ts'

/** Makes every call again until it gets an answer, as whoever calls a store may. */
export function retryingDurableStore(store: DurableStore): DurableStore {
  const retry = async <T>(call: () => Promise<T>): Promise<T> => {
    for (;;) {
      try {
        return await call()
      } catch (error) {
        if (!isThermoclineError(error, 'STORE_TIMEOUT') && !isThermoclineError(error, 'STORE_UNAVAILABLE')) throw error
      }
    }
  }
  return {
    name: store.name,
    capabilities: store.capabilities,
    open: () => store.open(),
    close: () => store.close(),
    append: (...args) => retry(() => store.append(...args)),
    load: (...args) => retry(() => store.load(...args)),
    getSegment: (...args) => retry(() => store.getSegment(...args)),
    commit: (...args) => retry(() => store.commit(...args)),
    touch: (...args) => retry(() => store.touch(...args)),
    due: (...args) => retry(() => store.due(...args)),
    list: (...args) => retry(() => store.list(...args)),
    ...(store.foreignChanges !== undefined && { foreignChanges: () => store.foreignChanges!() }),
    ...(store.watch !== undefined && { watch: (listener) => store.watch!(listener) }),
  }
}
