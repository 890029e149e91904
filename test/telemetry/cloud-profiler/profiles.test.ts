import { describe, expect, it } from 'vitest'
import { decodePprof } from '../../../emulators/pprof.ts'
import { heapProfile } from '../../../src/telemetry/cloud-profiler/heap-profile.ts'
import { encodePprof } from '../../../src/telemetry/cloud-profiler/pprof.ts'
import { wallProfile } from '../../../src/telemetry/cloud-profiler/wall-profile.ts'

const AT = Date.UTC(2026, 0, 1)

function callFrame(functionName: string, lineNumber = -1, url = '') {
  return { functionName, lineNumber, url, columnNumber: 0, scriptId: '1' }
}

describe('wallProfile()', () => {
  const root = { id: 1, callFrame: callFrame('(root)'), hitCount: 0, children: [2, 3] }
  const idle = { id: 2, callFrame: callFrame('(idle)'), hitCount: 1 }
  const outer = { id: 3, callFrame: callFrame('outer', 9, 'file:///app/a%20b.js'), hitCount: 0, children: [4] }
  const inner = {
    id: 4,
    callFrame: callFrame('', 19, 'node:fs'),
    hitCount: 3,
    positionTicks: [
      { line: 21, ticks: 1 },
      { line: 22, ticks: 2 },
    ],
  }
  const profile = {
    nodes: [root, idle, outer, inner],
    startTime: 5_000,
    endTime: 15_000,
    samples: [2, 4, 4, 4],
    timeDeltas: [1_000, 1_000, 1_000, 1_000],
  }

  it('gives each sample the time until the next one, and the last one the rest', () => {
    const { samples, kinds, durationMs } = decodePprof(encodePprof(wallProfile(profile, AT)))
    expect(kinds).toEqual(['sample/count', 'wall/microseconds'])
    expect(durationMs).toBe(10)
    const micros = samples.map(({ stack, values }) => [stack[0]?.functionName, stack[0]?.line, ...values])
    // 8 ms for three samples: of the last one 6, since nothing came after it for so long.
    expect(micros).toEqual([
      ['(idle)', 0, 1, 1_000],
      ['(anonymous)', 21, 1, 2_667],
      ['(anonymous)', 22, 2, 5_333],
    ])
  })

  it('has the callers with their files, innermost first, without the root', () => {
    const { samples, startedAt } = decodePprof(encodePprof(wallProfile(profile, AT)))
    expect(startedAt).toBe(AT)
    expect(samples[1]?.stack).toEqual([
      { functionName: '(anonymous)', file: 'node:fs', line: 21 },
      { functionName: 'outer', file: '/app/a b.js', line: 10 },
    ])
  })
})

describe('heapProfile()', () => {
  const head = {
    id: 1,
    callFrame: callFrame('(root)'),
    selfSize: 0,
    children: [
      {
        id: 2,
        callFrame: callFrame('makeBoats', 4, 'file:///app/boats.js'),
        selfSize: 600,
        children: [{ id: 3, callFrame: callFrame('makeSail', 8, 'file:///app/boats.js'), selfSize: 400, children: [] }],
      },
      { id: 4, callFrame: callFrame('nothingLeft', 1, 'file:///app/boats.js'), selfSize: 0, children: [] },
    ],
  }

  it('has the bytes of each place, with how many samples say so', () => {
    const profile = heapProfile({ head, samples: [{ nodeId: 2 }, { nodeId: 3 }, { nodeId: 2 }] }, AT, 70)
    const { kinds, samples } = decodePprof(encodePprof(profile))
    expect(kinds).toEqual(['objects/count', 'space/bytes'])
    expect(samples.map(({ stack, values }) => [stack.map(({ functionName }) => functionName), values])).toEqual([
      [['makeBoats'], [2, 600]],
      [
        ['makeSail', 'makeBoats'],
        [1, 400],
      ],
      [['(external)'], [1, 70]],
    ])
  })
})
