import { getHeapSpaceStatistics } from 'node:v8'
import type { HeapKind } from './leak-report.ts'

/** Bytes in use by kind. Only after a full collection are these all reachable. */
export function heapKinds(): Readonly<Record<HeapKind, number>> {
  const bytes = { objects: 0, 'large objects': 0, code: 0, 'array buffers': 0, 'other external': 0 }
  for (const { space_name, space_used_size } of getHeapSpaceStatistics()) {
    bytes[kindOf(space_name)] += space_used_size
  }
  const { external, arrayBuffers } = process.memoryUsage()
  bytes['array buffers'] = arrayBuffers
  bytes['other external'] = Math.max(0, external - arrayBuffers)
  return Object.freeze(bytes)
}

function kindOf(space: string): HeapKind {
  if (space.includes('code')) return 'code'
  return space.includes('large_object') ? 'large objects' : 'objects'
}

/** JavaScript heap and external memory in use. */
export function memoryInUse(): number {
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
