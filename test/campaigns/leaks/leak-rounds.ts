import { describeLine, leakCampaign, type ProgramLine } from './leak-campaign.ts'
import { falseAlarms } from './long-noise.ts'

export interface LeakRounds {
  readonly seed: number
  /** How long each steady program runs. */
  readonly minutes: number
  readonly onLine: (line: string) => void
}

const WINDOW_MS = 5000
const NOISES = [10, 20, 30].flatMap((deviationMb) =>
  [3, 30, 180].map((memoryMinutes) => ({ deviationMb, memoryMinutes })),
)

/** The long form: the 40 programs, the steady ones for minutes, and noise for simulated months. */
export async function leakRounds({ seed, minutes, onLine }: LeakRounds): Promise<readonly string[]> {
  const days = 100
  for (const noise of NOISES) {
    const alarms = falseAlarms({ ...noise, days, seed })
    const { deviationMb, memoryMinutes } = noise
    onLine(
      `${days} days of noise, deviation ${deviationMb} MB, remembers ${memoryMinutes} minutes: ${alarms} false alarms`,
    )
  }
  const lines = await leakCampaign({
    set: 'first',
    seed,
    findWithinMs: 40_000,
    steadyForMs: minutes * 60_000,
    warmUpMs: 2000,
    windowMs: WINDOW_MS,
    thresholdMb: 2.5,
    collect: 'always',
    atOnce: 6,
    onProgram: (line) => onLine(describeLine(line)),
  })
  for (const row of tableOf(lines)) onLine(row)
  const windows = Math.round((20 * minutes * 60_000) / WINDOW_MS)
  onLine(`steady programs: ${windows} windows in all`)
  return lines.flatMap(({ problem }) => problem ?? [])
}

function tableOf(lines: readonly ProgramLine[]): readonly string[] {
  const rows = lines.map(({ name, mbPerSecond, result: { foundAfterMs } }) => {
    const found = foundAfterMs === undefined ? 'no alarm' : `${(foundAfterMs / 1000).toFixed(1)} s`
    return { mbPerSecond, row: `| ${name} | ${mbPerSecond} | ${found} |` }
  })
  const leaking = rows.filter(({ mbPerSecond }) => mbPerSecond > 0)
  const steady = rows.filter(({ mbPerSecond }) => mbPerSecond === 0)
  return [
    '| program | leaks MB/s | found after |',
    '| --- | --- | --- |',
    ...[...leaking, ...steady].map(({ row }) => row),
  ]
}
