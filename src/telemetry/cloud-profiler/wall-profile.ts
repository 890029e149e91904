import type { Profiler } from 'node:inspector'
import { stackFrame } from './call-frame.ts'
import type { StackFrame, StackProfile, StackSample } from './pprof.ts'

/** How often V8 looks where the program is, as Google's agent has it. */
export const WALL_INTERVAL_MICROS = 1_000

/**
 * What V8's sampling profiler saw, as a profile of the time that passed. Each sample stands for the time until the next
 * one, so that a busy machine, on which they come late, doesn't make time vanish.
 *
 * @param startedAt milliseconds since 1970
 */
export function wallProfile(profile: Profiler.Profile, startedAt: number): StackProfile {
  const parents = new Map<number, Profiler.ProfileNode>()
  for (const node of profile.nodes) for (const child of node.children ?? []) parents.set(child, node)
  const micros = microsByNode(profile)
  const samples: StackSample[] = []
  for (const node of profile.nodes) {
    const { hitCount = 0, positionTicks = [] } = node
    if (hitCount === 0) continue
    const callers = callersOf(node, parents)
    const perHit = (micros.get(node.id) ?? 0) / hitCount
    const ticks = positionTicks.length > 0 ? positionTicks : [{ line: node.callFrame.lineNumber + 1, ticks: hitCount }]
    for (const { line, ticks: hits } of ticks) {
      const stack = [stackFrame(node.callFrame, line), ...callers]
      samples.push({ stack, values: [hits, Math.round(perHit * hits)] })
    }
  }
  return {
    kinds: [
      { type: 'sample', unit: 'count' },
      { type: 'wall', unit: 'microseconds' },
    ],
    samples,
    period: WALL_INTERVAL_MICROS,
    startedAt,
    durationMs: (profile.endTime - profile.startTime) / 1_000,
  }
}

function microsByNode({ samples = [], timeDeltas = [], startTime, endTime }: Profiler.Profile): Map<number, number> {
  const micros = new Map<number, number>()
  let now = startTime
  for (const [index, id] of samples.entries()) {
    now += timeDeltas[index] ?? 0
    const untilNext = timeDeltas[index + 1] ?? endTime - now
    // V8 may hand out samples that are slightly out of order.
    micros.set(id, (micros.get(id) ?? 0) + Math.max(0, untilNext))
  }
  return micros
}

/** Without the root, which is no function. */
function callersOf(node: Profiler.ProfileNode, parents: ReadonlyMap<number, Profiler.ProfileNode>): StackFrame[] {
  const callers: StackFrame[] = []
  for (let above = parents.get(node.id); above; above = parents.get(above.id)) {
    if (parents.has(above.id)) callers.push(stackFrame(above.callFrame))
  }
  return callers
}
