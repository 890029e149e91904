// A program that profiles itself. It works, or does nothing, until its input ends. What it reads has it end the sampling of
// the heap, as somebody else in the process might.
import { Session } from 'node:inspector'
import { registerHooks } from 'node:module'
import { pathToFileURL } from 'node:url'

export interface ProfiledProgram {
  readonly serviceUrl: string
  readonly collector: 'auto' | 'agent' | 'inspector'
  /** Where Google's agent is installed. */
  readonly folder?: string
  /** Whether it works and then stops the profiler, rather than being idle and leaving it running. */
  readonly isBusy: boolean
}

const { serviceUrl, collector, folder, isBusy } = JSON.parse(process.argv[2]!) as ProfiledProgram
if (folder !== undefined) {
  const parentURL = pathToFileURL(`${folder}/any.js`).href
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === '@google-cloud/profiler' ? next(specifier, { ...context, parentURL }) : next(specifier, context),
  })
}
const { startCloudProfiler } = await import('../../../src/telemetry/cloud-profiler/cloud-profiler.ts')
const profiler = startCloudProfiler({
  ...{ projectId: 'demo-thermocline', serviceName: 'boats', serviceUrl, collector, accessToken: () => 'a-token' },
  random: () => 0,
})
let isOver = false
process.stdin.on('data', endSampling).on('end', () => {
  isOver = true
})
const fleet: object[] = []
while (isBusy && !isOver) {
  for (let i = 0; i < 20; i++) turnRound()
  if (fleet.length < 200_000) buildFleet()
  await new Promise((resolve) => setImmediate(resolve))
}
if (isBusy) {
  await profiler.stop()
  console.log(JSON.stringify(profiler.status()))
}

/** Short: V8's profiler does not know code that was replaced while it ran, as that of long loops is. */
function turnRound(): number {
  let sum = 0
  for (let i = 0; i < 100_000; i++) sum += Math.sqrt(i)
  return sum
}

function buildFleet(): void {
  for (let i = 0; i < 10_000; i++) fleet.push({ name: `boat ${i}`, sails: [i, i + 1] })
}

function endSampling(): void {
  const session = new Session()
  session.connect()
  session.post('HeapProfiler.startSampling')
  session.post('HeapProfiler.stopSampling')
  session.disconnect()
  console.log('ended')
}
