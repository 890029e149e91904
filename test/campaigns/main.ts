// npm run campaign -- NAME: long forms of what CI runs short. See docs/testing.md.
import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { crowdRound } from './crowd/crowd-round.ts'
import { dataCampaign } from './data/data-campaign.ts'
import { eraseRounds } from './erase/erase-rounds.ts'
import { importRounds } from './import/import-rounds.ts'
import { killAtRandom, killAtSteps } from './kill/kill-rounds.ts'
import type { GroundKind } from './kill/places.ts'
import { leakRounds } from './leaks/leak-rounds.ts'
import { modelCampaign } from './model/model-campaign.ts'
import { outageCampaign } from './outage/outage-campaign.ts'
import { poisonCampaign, poisonTable } from './poison/poison-campaign.ts'
import { raceCampaign, raceSelfTest } from './race/race-campaign.ts'
import { sealsUnderLoad } from './seals/seals-under-load.ts'

const HELP = `npm run campaign -- kill [--durable sqlite|firestore] [--kills 1000] [--seed N] [--minutes M]
npm run campaign -- unclear [--faults 2000] [--seed N]
npm run campaign -- outage [--faults 20] [--seed N]
npm run campaign -- crowd [--members 64]
npm run campaign -- seals
npm run campaign -- erase [--rounds 100] [--seed N]
npm run campaign -- import [--rounds 100] [--seed N] [--minutes M]
npm run campaign -- data --data DIR
npm run campaign -- leaks [--seed N] [--minutes M] [--days 1000]
npm run campaign -- model [--ops 1000000] [--seed N] [--minutes M] [--stage NAME]
npm run campaign -- poison
npm run campaign -- race [--minutes 10] [--seed N] [--target single|cluster] [--self-test]`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    kills: { type: 'string', default: '1000' },
    faults: { type: 'string' },
    members: { type: 'string', default: '64' },
    rounds: { type: 'string', default: '100' },
    seed: { type: 'string', default: String(randomInt(1_000_000)) },
    minutes: { type: 'string', default: 'Infinity' },
    data: { type: 'string' },
    ops: { type: 'string', default: '1000000' },
    days: { type: 'string', default: '1000' },
    stage: { type: 'string' },
    durable: { type: 'string', default: 'sqlite' },
    target: { type: 'string', default: 'single' },
    'self-test': { type: 'boolean', default: false },
  },
})

const GROUNDS: Readonly<Record<string, GroundKind>> = { sqlite: 'sqlite', firestore: 'firestore+redis' }

async function kill(): Promise<readonly string[]> {
  const seed = Number(values.seed)
  const kills = Number(values.kills)
  const on = GROUNDS[values.durable]
  const isCounted = Number.isSafeInteger(seed) && Number.isSafeInteger(kills) && kills >= 1
  if (!isCounted || !(Number(values.minutes) > 0) || on === undefined) return [HELP]
  console.log(`seed ${seed}, ${on}: ${kills} kills at random moments, and some at every named step`)
  const random = await killAtRandom({
    seed,
    kills,
    on,
    maxMs: Number(values.minutes) * 60_000,
    onKill: (now) => {
      if (now.kills % 50 === 0) console.log(`${now.kills} kills, ${now.acknowledged} acknowledged items`)
    },
  })
  console.log(
    `${random.kills} random kills, ${random.acknowledged} acknowledged items, ${random.problems.length} problems`,
  )
  const steps = await killAtSteps({ seed, on, occurrences: [1, 2, 3, 5, 9, 17] })
  console.log(
    `${steps.kills} kills at steps, ${steps.acknowledged} acknowledged items, ${steps.problems.length} problems`,
  )
  return [...random.problems, ...steps.problems]
}

async function outage(kind: 'cut' | 'outage', otherwise: string): Promise<readonly string[]> {
  const seed = Number(values.seed)
  const faults = Number(values.faults ?? otherwise)
  if (!(Number.isSafeInteger(seed) && Number.isSafeInteger(faults) && faults >= 1)) return [HELP]
  console.log(`seed ${seed}: two processes on Firestore and Redis, ${faults} faults`)
  return outageCampaign({ seed, faults, kind, onRound: console.log })
}

async function crowd(): Promise<readonly string[]> {
  const members = Number(values.members)
  if (!(Number.isSafeInteger(members) && members >= 1)) return [HELP]
  const problems: string[] = []
  for (const oneByOne of [false, true]) {
    const report = await crowdRound({ members, bytes: 3_000_000, oneByOne })
    const { acknowledged, bytes, segments, tookMs, slowestAddMs, memoryBytes } = report
    console.log(
      [
        `${members} processes (${(memoryBytes / 1e6).toFixed(0)} MB), ${oneByOne ? 'add by add' : 'all adds at once'}`,
        `${acknowledged} items of ${bytes} bytes in all acknowledged, ${segments} segments`,
        `${tookMs.toFixed(0)} ms, the slowest add ${slowestAddMs.toFixed(0)} ms`,
        `${report.problems.length} problems`,
      ].join('; '),
    )
    problems.push(...report.problems)
  }
  return problems
}

async function seals(): Promise<readonly string[]> {
  const { problems, ...report } = await sealsUnderLoad({ seconds: 30, addsPerSecond: 20 })
  console.log(report)
  return problems
}

async function erase(): Promise<readonly string[]> {
  const seed = Number(values.seed)
  const rounds = Number(values.rounds)
  if (!(Number.isSafeInteger(seed) && Number.isSafeInteger(rounds) && rounds >= 1)) return [HELP]
  console.log(`seed ${seed}: ${rounds} files with users to erase`)
  const report = await eraseRounds({
    seed,
    rounds,
    onRound: (now) => {
      if (now.rounds % 10 === 0) console.log(`${now.rounds} files, ${now.kills} kills, ${now.problems.length} problems`)
    },
  })
  const { erased, kills, acknowledged } = report
  console.log(`${erased} users erased, ${kills} kills, ${acknowledged} acknowledged texts`)
  return report.problems
}

async function model(): Promise<readonly string[]> {
  const [seed, operations] = [Number(values.seed), Number(values.ops)]
  const maxMs = Number(values.minutes) * 60_000
  if (!(Number.isSafeInteger(seed) && Number.isSafeInteger(operations) && operations >= 1 && maxMs > 0)) return [HELP]
  console.log(`seed ${seed}: ${operations} operations`)
  const { stage } = values
  return modelCampaign({ seed, operations, maxMs, ...(stage !== undefined && { stage }) }, console.log)
}

async function importing(): Promise<readonly string[]> {
  const seed = Number(values.seed)
  const rounds = Number(values.rounds)
  if (!(Number.isSafeInteger(seed) && Number.isSafeInteger(rounds) && rounds >= 1 && Number(values.minutes) > 0)) {
    return [HELP]
  }
  console.log(`seed ${seed}: ${rounds} rounds of imports that are killed`)
  const { problems } = await importRounds({
    seed,
    rounds,
    messages: [200, 3000],
    maxMs: Number(values.minutes) * 60_000,
    onRound: (now) =>
      console.log(
        `${now.rounds} rounds, ${now.kills} kills, ${now.changes} changes, ${now.items} items, ${now.problems.length} problems`,
      ),
  })
  return problems
}

async function poison(): Promise<readonly string[]> {
  const report = await poisonCampaign()
  for (const line of poisonTable(report)) console.log(line)
  return report.problems
}

async function race(): Promise<readonly string[]> {
  const seed = Number(values.seed)
  const minutes = values.minutes === 'Infinity' ? 10 : Number(values.minutes)
  const { target } = values
  if (!(Number.isSafeInteger(seed) && minutes > 0 && (target === 'single' || target === 'cluster'))) return [HELP]
  console.log(`seed ${seed}: three processes on one file and one Redis (${target})`)
  if (values['self-test']) return raceSelfTest(seed, console.log)
  return raceCampaign({ seed, minutes, target, onRound: console.log })
}

async function leaks(): Promise<readonly string[]> {
  const seed = Number(values.seed)
  const minutes = values.minutes === 'Infinity' ? 1 : Number(values.minutes)
  const days = Number(values.days)
  if (!(Number.isSafeInteger(seed) && minutes > 0 && Number.isSafeInteger(days) && days >= 0)) return [HELP]
  console.log(
    `seed ${seed}: ${days} days of noise; 40 programs that leak, and 40 that don't, for ${minutes} minutes each`,
  )
  return leakRounds({ seed, minutes, days, onLine: console.log })
}

const CAMPAIGNS: Readonly<Record<string, () => Promise<readonly string[]>>> = {
  kill,
  erase,
  leaks,
  model,
  poison,
  race,
  unclear: () => outage('cut', '2000'),
  outage: () => outage('outage', '20'),
  crowd,
  seals,
  import: importing,
  data: async () => (values.data === undefined ? [HELP] : dataCampaign(values.data, console.log)),
}

const problems = await (CAMPAIGNS[positionals[0] ?? ''] ?? (async () => [HELP]))()
for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exitCode = 1
