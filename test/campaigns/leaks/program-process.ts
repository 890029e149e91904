// Runs one program under the detector: node program-process.ts '{"set":…,"name":…,"forMs":…,"windowMs":…,"thresholdMb":…}'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { LeakReport } from '../../../src/telemetry/leaks/leak-report.ts'
import { MemoryLeakDetector } from '../../../src/telemetry/leaks/memory-leak-detector.ts'
import { seededRandom } from '../../../src/testing/seeded-random.ts'
import type { ProgramPlan, ProgramResult } from './leak-campaign.ts'
import { STEP_MS } from './program.ts'
import { PROGRAM_SETS } from './program-sets.ts'

const plan: ProgramPlan = JSON.parse(process.argv[2] ?? '')
const { leaking, steady } = PROGRAM_SETS[plan.set]
const program = { ...leaking, ...steady }[plan.name]
if (program === undefined) throw new RangeError(`no program ${plan.name}`)
setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

const random = seededRandom(plan.seed)
const startedAt = performance.now()
let foundAfterMs: number | undefined
let found: LeakReport | undefined
const detector = new MemoryLeakDetector({
  leakDetectionThresholdMb: plan.thresholdMb,
  windowMs: plan.windowMs,
  warmUpMs: plan.warmUpMs,
  collect: plan.collect,
  collectGarbage,
  samplingIntervalBytes: 65_536,
  onLeak: (report) => {
    foundAfterMs ??= performance.now() - startedAt
    found ??= report
  },
})
detector.start()

/** A steady program runs on until something is known of it: on a busy machine points are late. */
function isOver(elapsedMs: number): boolean {
  if (found !== undefined || elapsedMs > 3 * plan.forMs) return true
  return elapsedMs > plan.forMs && detector.getState().kind !== 'watching'
}

const steps = setInterval(() => {
  const elapsedMs = performance.now() - startedAt
  if (!isOver(elapsedMs)) return void program.step(elapsedMs, random)
  clearInterval(steps)
  const state = detector.getState()
  detector.stop()
  const result: ProgramResult = {
    foundAfterMs,
    message: found?.message,
    kind: found?.grew.kinds[0]?.kind,
    allocatedIn: found?.grew.sites[0]?.site.url,
    state,
  }
  process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit())
}, STEP_MS)
