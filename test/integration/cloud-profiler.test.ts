import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  type CloudProfilerStandIn,
  startCloudProfilerStandIn,
  type UploadedProfile,
} from '../../emulators/cloud-profiler.ts'
import type { CloudProfilerStatus } from '../../src/telemetry/cloud-profiler/cloud-profiler-options.ts'
import { PINNED_NODE } from '../package/repository.ts'
import { agentFolder } from '../support/cloud-profiler/agent-folder.ts'
import type { ProfiledProgram } from '../support/cloud-profiler/profiled-program.ts'

const INSTALL_MS = 300_000

let service: CloudProfilerStandIn
let child: ChildProcess | undefined

beforeEach(async () => {
  service = await startCloudProfilerStandIn()
})

afterEach(async () => {
  child?.kill('SIGKILL')
  child = undefined
  await service.stop()
})

function start(program: string, ...args: readonly string[]): ChildProcess {
  const file = fileURLToPath(new URL(`../support/cloud-profiler/${program}`, import.meta.url))
  child = spawn(PINNED_NODE, [file, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
    // Where nothing says so, the agent asks Google's metadata server, and complains.
    env: { ...process.env, GOOGLE_CLOUD_PROJECT: 'demo-thermocline', METADATA_SERVER_DETECTION: 'none' },
  })
  return child
}

function startProfiled(program: Omit<ProfiledProgram, 'serviceUrl'>): ChildProcess {
  return start('profiled-program.ts', JSON.stringify({ ...program, serviceUrl: service.url }))
}

async function end(program: ChildProcess): Promise<{ readonly code: number; readonly output: string }> {
  const ended = once(program, 'close')
  const output = text(program.stdout!)
  program.stdin!.end()
  const [code] = (await ended) as [number]
  return { code, output: await output }
}

function amountOf(functionName: string, { pprof }: UploadedProfile): number {
  const its = pprof.samples.filter(({ stack }) => stack.some((frame) => frame.functionName === functionName))
  return its.reduce((total, { values }) => total + values.at(-1)!, 0)
}

/** A profile may have a function's time with its caller: V8 does not know all code that it made before the profile began. */
async function wallProfileWith(functionName: string): Promise<UploadedProfile> {
  for (let attempt = 1; ; attempt++) {
    const profile = await service.want({ profileType: 'WALL', duration: '1s' })
    if (amountOf(functionName, profile) > 0 || attempt === 4) return profile
  }
}

/** Of a program that is busy and holds much: its functions are found in both, and it ends by itself. */
async function expectBothProfiles(program: ReturnType<typeof startProfiled>, collector: string): Promise<void> {
  const wall = await wallProfileWith('turnRound')
  const heap = await service.want({ profileType: 'HEAP' })
  expect(amountOf('turnRound', wall)).toBeGreaterThan(100_000)
  expect(amountOf('buildFleet', heap)).toBeGreaterThan(4_000_000)
  const { code, output } = await end(program)
  expect(code).toBe(0)
  expect(JSON.parse(output) as CloudProfilerStatus).toMatchObject({
    ...{ state: 'stopped', collector, uploaded: { WALL: expect.any(Number), HEAP: 1 }, failures: 0 },
  })
}

describe('a program with the collector on the inspector', () => {
  it('uploads wall and heap profiles in which its functions are found', async () => {
    const program = startProfiled({ collector: 'inspector', isBusy: true })
    await expectBothProfiles(program, 'inspector')
  })

  it('ends by itself while the service holds its request back', async () => {
    const program = startProfiled({ collector: 'inspector', isBusy: false })
    await service.clientWaits()
    expect((await end(program)).code).toBe(0)
  })
})

describe("a program with Google's agent", () => {
  it(
    'uploads wall and heap profiles in which its functions are found, and stops',
    async () => {
      const folder = await agentFolder()
      const program = startProfiled({ collector: 'auto', folder, isBusy: true })
      await expectBothProfiles(program, 'agent')
    },
    INSTALL_MS,
  )

  it(
    'lives on where somebody else ends the sampling of the heap',
    async () => {
      const program = startProfiled({ collector: 'agent', folder: await agentFolder(), isBusy: true })
      await service.want({ profileType: 'HEAP' })
      program.stdin!.write('end it')
      await once(program.stdout!, 'data')
      void service.want({ profileType: 'HEAP' })
      const { pprof } = await service.want({ profileType: 'HEAP' })
      expect(pprof.samples.length).toBeGreaterThan(0)
      const { code, output } = await end(program)
      expect(code).toBe(0)
      expect(JSON.parse(output)).toMatchObject({ uploaded: { HEAP: 2 }, failures: 1 })
    },
    INSTALL_MS,
  )

  it(
    'ends by itself while the service holds its request back',
    async () => {
      const program = startProfiled({ collector: 'agent', folder: await agentFolder(), isBusy: false })
      await service.clientWaits()
      expect((await end(program)).code).toBe(0)
    },
    INSTALL_MS,
  )
})

describe("the stand-in and Google's agent by itself", () => {
  it(
    'understand each other',
    async () => {
      start('google-program.ts', service.url, await agentFolder())
      const wall = await wallProfileWith('turnRound')
      expect(wall.pprof.kinds).toEqual(['sample/count', 'wall/microseconds'])
      expect(amountOf('turnRound', wall)).toBeGreaterThan(100_000)
      const heap = await service.want({ profileType: 'HEAP' })
      expect(heap.pprof.kinds).toEqual(['objects/count', 'space/bytes'])
      expect(heap).toMatchObject({
        deployment: { projectId: 'demo-thermocline', target: 'boats', labels: { language: 'nodejs', zone: 'north-1' } },
        labels: { instance: 'pier-7' },
      })
      // It heeds how long it is to wait.
      await service.clientWaits()
      const asked = service.requests.length
      service.backOff('0.2s')
      await service.want({ profileType: 'HEAP' })
      expect(service.requests).toHaveLength(asked + 2)
    },
    INSTALL_MS,
  )
})
