import { describeLine, leakCampaign, type ProgramLine } from './leak-campaign.ts'
import { falseAlarms } from './long-noise.ts'
import { MEMORY_NOISES } from './memory-noise.ts'
import { PROGRAM_SET_NAMES } from './program-sets.ts'

export interface LeakRounds {
  readonly seed: number
  /** How long each steady program runs. */
  readonly minutes: number
  /** Simulated days of each kind of noise. */
  readonly days: number
  readonly onLine: (line: string) => void
}

const WINDOW_MS = 5000

/** The long form: simulated days of noise, and the 80 programs, the steady ones for minutes. */
export async function leakRounds({ seed, minutes, days, onLine }: LeakRounds): Promise<readonly string[]> {
  const noisy = daysOfNoise(seed, days, onLine)
  const lines = await leakCampaign({
    seed,
    findWithinMs: 60_000,
    steadyForMs: minutes * 60_000,
    warmUpMs: 2000,
    windowMs: WINDOW_MS,
    thresholdMb: 2.5,
    collect: 'always',
    atOnce: 6,
    onProgram: (line) => onLine(describeLine(line)),
  })
  for (const row of tableOf(lines)) onLine(row)
  const steady = lines.filter(({ mbPerSecond }) => mbPerSecond === 0)
  onLine(`steady programs: ${Math.round((steady.length * minutes * 60_000) / WINDOW_MS)} windows in all`)
  return [...noisy, ...lines.flatMap(({ problem }) => problem ?? [])]
}

/** Problems: alarms where memory strays no more than the documentation allows. */
function daysOfNoise(seed: number, days: number, onLine: (line: string) => void): readonly string[] {
  if (days === 0) return []
  const problems: string[] = []
  let [alarms, allDays] = [0, 0]
  for (const kind of MEMORY_NOISES) {
    const found = falseAlarms({ ...kind, days, seed })
    onLine(`| ${kind.name} | ${found} |`)
    if (!kind.isWithinLimits) continue
    alarms += found
    allDays += days
  }
  const perThousand = (1000 * alarms) / allDays
  onLine(`within the limits: ${alarms} false alarms in ${allDays} days, ${perThousand.toFixed(1)} in 1000 days`)
  if (perThousand > 20) problems.push(`${perThousand} false alarms in 1000 days`)
  return problems
}

function tableOf(lines: readonly ProgramLine[]): readonly string[] {
  const rows = PROGRAM_SET_NAMES.flatMap((set) => lines.filter((line) => line.set === set)).map(
    ({ set, name, mbPerSecond, result: { foundAfterMs } }) => {
      const found = foundAfterMs === undefined ? 'no alarm' : `${(foundAfterMs / 1000).toFixed(1)} s`
      return `| ${set} | ${name} | ${mbPerSecond} | ${found} |`
    },
  )
  return ['| set | program | leaks MB/s | found after |', '| --- | --- | --- | --- |', ...rows]
}
