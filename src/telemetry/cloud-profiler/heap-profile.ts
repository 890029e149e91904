import { type CallFrame, stackFrame } from './call-frame.ts'
import type { StackFrame, StackProfile, StackSample } from './pprof.ts'

/** Bytes that are allocated between two samples, on average; as Google's agent has it. */
export const HEAP_INTERVAL_BYTES: number = 512 * 1024

/** A profile as V8's protocol says it: https://chromedevtools.github.io/devtools-protocol/v8/HeapProfiler/#type-SamplingHeapProfile. */
export interface SampledHeap {
  readonly head: SampledNode
  readonly samples: readonly { readonly nodeId: number }[]
}

interface SampledNode {
  readonly callFrame: CallFrame
  readonly selfSize: number
  readonly id: number
  readonly children: readonly SampledNode[]
}

/**
 * What is alive on the heap, by who allocated it. Bytes are V8's estimate of all that the samples stand for; the samples
 * themselves are counted as they are, since the protocol does not say how many objects each stands for.
 *
 * @param at milliseconds since 1970
 * @param externalBytes memory outside the heap that objects on it hold
 */
export function heapProfile(profile: SampledHeap, at: number, externalBytes: number): StackProfile {
  const counts = new Map<number, number>()
  for (const { nodeId } of profile.samples) counts.set(nodeId, (counts.get(nodeId) ?? 0) + 1)
  const samples: StackSample[] = []
  const visit = (node: SampledNode, callers: readonly StackFrame[]): void => {
    const stack = [stackFrame(node.callFrame), ...callers]
    if (node.selfSize > 0) samples.push({ stack, values: [counts.get(node.id) ?? 0, node.selfSize] })
    for (const child of node.children) visit(child, stack)
  }
  // The root is no function.
  for (const child of profile.head.children) visit(child, [])
  if (externalBytes > 0) samples.push({ stack: [EXTERNAL], values: [1, externalBytes] })
  return {
    kinds: [
      { type: 'objects', unit: 'count' },
      { type: 'space', unit: 'bytes' },
    ],
    samples,
    period: HEAP_INTERVAL_BYTES,
    startedAt: at,
    durationMs: 0,
  }
}

const EXTERNAL: StackFrame = { functionName: '(external)', file: '', startLine: 0, line: 0 }
