import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { HeapKind, LeakState } from '../../../src/telemetry/leaks/leak-report.ts'
import type { LeakingProgram } from './leaking-program.ts'
import { PROGRAM_SET_NAMES, PROGRAM_SETS, type ProgramSet, type ProgramSetName } from './program-sets.ts'

/** What a program's process is told. */
export interface ProgramPlan {
  readonly set: ProgramSetName
  readonly name: string
  readonly seed: number
  readonly forMs: number
  readonly warmUpMs: number
  readonly windowMs: number
  readonly thresholdMb: number
  readonly collect: 'growing' | 'always'
}

/** What it says at its end. */
export interface ProgramResult {
  readonly foundAfterMs?: number | undefined
  readonly message?: string | undefined
  readonly kind?: HeapKind | undefined
  /** File of the site that grew most. */
  readonly allocatedIn?: string | undefined
  readonly state: LeakState
}

export interface LeakCampaignOptions extends Omit<ProgramPlan, 'set' | 'name' | 'forMs'> {
  /** A leak has to be found within this time, in milliseconds. */
  readonly findWithinMs: number
  /** How long each steady program runs, at least, in milliseconds. */
  readonly steadyForMs: number
  /** Processes at the same time. */
  readonly atOnce: number
  readonly onProgram?: (line: ProgramLine) => void
}

/** A row of the table. */
export interface ProgramLine {
  readonly set: ProgramSetName
  readonly name: string
  readonly mbPerSecond: number
  readonly result: ProgramResult
  readonly problem?: string
}

const SCRIPT = fileURLToPath(new URL('./program-process.ts', import.meta.url))
const run = promisify(execFile)

/** Runs all programs, each in a process of its own. A leak that isn't found in time is a problem, and so is any alarm of a steady program. */
export async function leakCampaign(options: LeakCampaignOptions): Promise<readonly ProgramLine[]> {
  const { atOnce, onProgram, findWithinMs, steadyForMs, ...plan } = options
  // Leaks first: some of them take longest.
  const waiting = [...programs('leaking'), ...programs('steady')]
  const lines: ProgramLine[] = []
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { set, name } = next
      const result = await runProgram({ ...plan, set, name, forMs: next.mbPerSecond > 0 ? findWithinMs : steadyForMs })
      const line = { ...next, result, ...problemOf(next, result, findWithinMs) }
      lines.push(line)
      onProgram?.(line)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return lines
}

type Task = Pick<ProgramLine, 'set' | 'name' | 'mbPerSecond'>

function programs(kind: keyof ProgramSet): readonly Task[] {
  return PROGRAM_SET_NAMES.flatMap((set) =>
    Object.entries<Partial<LeakingProgram>>(PROGRAM_SETS[set][kind]).map(([name, { mbPerSecond = 0 }]) => ({
      set,
      name,
      mbPerSecond,
    })),
  )
}

async function runProgram(plan: ProgramPlan): Promise<ProgramResult> {
  const args = ['--disable-warning=ExperimentalWarning', SCRIPT, JSON.stringify(plan)]
  const { stdout } = await run(process.execPath, args, { timeout: 3 * plan.forMs + 60_000 })
  return JSON.parse(stdout)
}

function problemOf(
  { set, name, mbPerSecond }: Task,
  result: ProgramResult,
  findWithinMs: number,
): { problem?: string } {
  if (mbPerSecond === 0) {
    if (result.foundAfterMs !== undefined) return { problem: `${name}: false alarm: ${result.message}` }
    // Nothing was said because nothing was known.
    return result.state.kind === 'watching' ? { problem: `${name}: not judged: ${result.state.points} points` } : {}
  }
  if (result.foundAfterMs === undefined || result.foundAfterMs > findWithinMs)
    return { problem: `${name}: not found in time: ${JSON.stringify(result)}` }
  if (PROGRAM_SETS[set].leaking[name]?.isExternal) {
    return result.kind === 'array buffers' ? {} : { problem: `${name}: found, but among ${result.kind}` }
  }
  return result.allocatedIn?.includes('program') ? {} : { problem: `${name}: found, but in ${result.allocatedIn}` }
}

export function describeLine({ name, mbPerSecond, result, problem }: ProgramLine): string {
  const seconds =
    result.foundAfterMs === undefined ? 'no alarm' : `found after ${(result.foundAfterMs / 1000).toFixed(1)} s`
  return problem ?? `${name} (${mbPerSecond} MB/s): ${seconds}${result.message ? `: ${result.message}` : ''}`
}
