import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8'
import { readHeapLimit } from '../process/heap-limit.ts'

const MB = 1024 * 1024

/**
 * Measures how much of the closest limit the process uses, in percent: of V8's old generation, of the memory that the
 * kernel grants, or of `maxHeapMb` for the heap and what it holds outside. About 0.05 ms each time.
 */
export function percentUsedMeter(maxHeapMb?: number): () => number {
  const heapLimitBytes = readHeapLimit()
  return () => {
    const shares = [oldGenerationBytes() / heapLimitBytes]
    const granted = process.constrainedMemory()
    // Without a limit it says about 2^64, or 0.
    if (granted > 0 && granted < Number.MAX_SAFE_INTEGER) shares.push(process.memoryUsage.rss() / granted)
    if (maxHeapMb !== undefined) {
      const { used_heap_size, external_memory } = getHeapStatistics()
      shares.push((used_heap_size + external_memory) / (maxHeapMb * MB))
    }
    return 100 * Math.max(...shares)
  }
}

/** What is young is mostly garbage, up to 64 MB of it on Node 24, and is collected for little whenever room is needed. */
function oldGenerationBytes(): number {
  let bytes = 0
  for (const { space_name: name, space_used_size: used } of getHeapSpaceStatistics())
    if (!name.startsWith('new_')) bytes += used
  return bytes
}
