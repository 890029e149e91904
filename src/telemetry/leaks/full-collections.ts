import { constants, PerformanceObserver } from 'node:perf_hooks'

/**
 * Calls after each full collection, V8's own as well as forced ones, in a later turn of the event loop: by then the
 * memory of dropped array buffers is given back too. The function that is returned ends it.
 */
export function onFullCollection(callback: () => void): () => void {
  const observer = new PerformanceObserver((list) => {
    if (list.getEntries().some((entry) => isFull(entry))) callback()
  })
  observer.observe({ entryTypes: ['gc'] })
  return () => observer.disconnect()
}

/** `detail` is not in the types of entries in general. */
function isFull(entry: object): boolean {
  const detail: unknown = Reflect.get(entry, 'detail')
  return (
    typeof detail === 'object' && detail !== null && Reflect.get(detail, 'kind') === constants.NODE_PERFORMANCE_GC_MAJOR
  )
}
