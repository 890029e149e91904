import type { MemoryProfiler } from '../../dist/telemetry/index.js'
import { compare, type Round } from '../compare.ts'

/**
 * Milliseconds that rounds take longer while profiled, and without it. Each is run twice and the second is timed: a channel
 * that got its first listener, or lost its last, makes V8 compile anew what publishes on it.
 */
export async function overhead(
  profiler: MemoryProfiler,
  round: Round,
  rounds: number,
): Promise<{ readonly moreMs: number; readonly ms: number }> {
  let profiledMs = 0
  const profiled: Round = async () => {
    profiler.startProfiling()
    await round()
    // As often as at an interval of a second.
    const collected = profiledMs >= 1_000 ? profiler.collectMetrics() : undefined
    const ms = await round()
    await collected
    await profiler.stopProfiling()
    profiledMs = (collected === undefined ? profiledMs : 0) + ms
    return ms
  }
  const unprofiled: Round = async () => {
    await round()
    return round()
  }
  const { ratio, theirsMs } = await compare(profiled, unprofiled, rounds)
  return { moreMs: theirsMs * (1 / ratio - 1), ms: theirsMs }
}
