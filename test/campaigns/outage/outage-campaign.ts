import { Chance } from '../../support/random.ts'
import type { Fault } from './journal.ts'
import { type OutageReport, outageRound } from './outage-round.ts'

export interface OutageCampaign {
  readonly seed: number
  readonly faults: number
  /** `cut`: connections only; otherwise the emulator is frozen, and killed and started again. */
  readonly kind: 'cut' | 'outage'
  readonly onRound: (text: string) => void
}

/** So many of them hit the same memory. */
const FAULTS_PER_ROUND = { cut: 200, outage: 10 } as const
const CALM_MS = { cut: [20, 300], outage: [500, 2000] } as const

/** Gives what is wrong, in words. */
export async function outageCampaign({ seed, faults, kind, onRound }: OutageCampaign): Promise<readonly string[]> {
  const problems: string[] = []
  const chance = new Chance(seed)
  for (let round = 0, left = faults; left > 0; round++) {
    const count = Math.min(left, FAULTS_PER_ROUND[kind])
    left -= count
    const next = (): Fault['kind'] => (kind === 'cut' ? 'cut' : chance.pick(['pause', 'restart'] as const))
    const plan = { seed: seed * 1000 + round, faults: Array.from({ length: count }, next), calmMs: CALM_MS[kind] }
    const report = await outageRound(plan)
    onRound(`round ${round}: ${describeReport(report)}`)
    problems.push(...report.problems.map((problem) => `seed ${seed}, round ${round}: ${problem}`))
  }
  return problems
}

function describeReport(report: OutageReport): string {
  const errors = Object.entries(report.errors).map(([code, count]) => `${count} ${code}`)
  return [
    `${report.faults} faults`,
    `${report.acknowledged} acknowledged items`,
    `${report.failed} adds failed, of which ${report.failedAndThere} are there all the same`,
    `errors: ${errors.join(', ') || 'none'}, after ${report.slowestErrorMs.toFixed(0)} ms at most`,
    `writing again ${report.slowestRecoveryMs.toFixed(0)} ms after a fault at most`,
    `${report.problems.length} problems`,
  ].join('; ')
}
