import type { Chance } from '../../support/random.ts'
import { type RaceReport, raceRound } from './race-round.ts'
import type { PlannedFault } from './redis-faults.ts'
import type { TargetKind } from './redis-target.ts'
import { SEEDED_BUGS } from './seeded-bugs.ts'

export interface RaceCampaign {
  readonly seed: number
  readonly minutes: number
  readonly target: TargetKind
  readonly onRound: (text: string) => void
}

/** Each round has a file and a Redis of its own. With starting, last reads and checking it takes a minute. */
const ROUND_MS = 44_000
/** It ends as soon as the bug is found. */
const BUG_MS = 40_000

/** Rounds until the time is over; gives what is wrong, in words. */
export async function raceCampaign({ seed, minutes, target, onRound }: RaceCampaign): Promise<readonly string[]> {
  const endsAt = performance.now() + minutes * 60_000
  const problems: string[] = []
  for (let round = 0; performance.now() < endsAt; round++) {
    const report = await raceRound({ seed: seed * 1000 + round, forMs: ROUND_MS, target })
    onRound(`round ${round}: ${describeReport(report)}`)
    problems.push(...report.problems.map((problem) => `seed ${seed}, round ${round}: ${problem}`))
  }
  return problems
}

/** Races of workers with a bug, one after the other; gives the bugs that were not found. */
export async function raceSelfTest(seed: number, onBug: (text: string) => void): Promise<readonly string[]> {
  const missed: string[] = []
  for (const [bug, { faults }] of Object.entries(SEEDED_BUGS)) {
    const choose = (chance: Chance): PlannedFault | undefined => faults && chance.pick(faults)
    const { complaints, problems } = await raceRound({ seed, forMs: BUG_MS, bug, faults: choose })
    onBug(`${bug}: ${complaints[0] ?? `not found ${problems[0] ?? ''}`}`)
    if (complaints.length === 0) missed.push(`not found out: ${bug}`)
  }
  return missed
}

export function describeReport(report: RaceReport): string {
  const { reads, served, changes, troubled, behind, behindStrong, kills, evicted } = report
  const durable = reads - served.inProcess - served.shared
  const faults = Object.entries(report.faults).map(([kind, count]) => `${count} ${kind}`)
  return [
    `${reads} reads (${served.inProcess} from the process, ${served.shared} from Redis, ${durable} from the file)`,
    `${behindStrong.reads} strong ones behind, by ${behindStrong.worstMs.toFixed(0)} ms at most`,
    `${behind.reads} others, by ${behind.worstMs.toFixed(0)} ms at most`,
    `${changes} changes, ${troubled} while Redis failed`,
    `faults: ${[...faults, `${kills} kills`, `${evicted} evictions`].join(', ')}`,
    `${report.problems.length} problems`,
  ].join('; ')
}
