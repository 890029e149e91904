import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** What a forced collection did. */
export interface Collected {
  /** By which the heap and what it holds outside of it became smaller; 0 where they did not. */
  readonly freedBytes: number
  /** For how long it stopped all JavaScript of the process. */
  readonly pauseMs: number
}

type Collect = (options?: { readonly type: 'minor' }) => void

let collect: Collect | undefined

/**
 * A full collection now, which stops all JavaScript of the process: some 1 ms per MB of what is alive. V8 collects by
 * itself in time, so this is for when something has just been given up and must be known to be gone.
 */
export function collectGarbage(): Collected {
  collect ??= obtain()
  const before = heldBytes()
  const startedAt = performance.now()
  collect()
  // V8 gives array buffers back beside the program, and counts them as freed when the next collection begins. After a full
  // one a young one has nothing to do: 0.2 ms on Node 24.
  collect({ type: 'minor' })
  const pauseMs = performance.now() - startedAt
  return Object.freeze({ freedBytes: Math.max(0, before - heldBytes()), pauseMs })
}

let forcedAtMs = Number.NEGATIVE_INFINITY

/** The same, but at most once in `intervalMs` in this process, whoever asks: undefined where it is too soon. */
export function collectGarbageSparingly(intervalMs: number): Collected | undefined {
  // By a clock that never steps back.
  const now = performance.now()
  if (now - forcedAtMs < intervalMs) return undefined
  forcedAtMs = now
  return collectGarbage()
}

/** A process that was started without `--expose-gc` has the function in contexts that are made after the flag is set. */
function obtain(): Collect {
  const exposed: unknown = Reflect.get(globalThis, 'gc')
  if (typeof exposed === 'function') return exposed as Collect
  setFlagsFromString('--expose-gc')
  try {
    return runInNewContext('gc') as Collect
  } finally {
    setFlagsFromString('--no-expose-gc')
  }
}

function heldBytes(): number {
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
