import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { HeapKind, LeakState } from '../../../src/telemetry/leaks/leak-report.ts'
import { LEAKING_PROGRAMS } from './leaking-programs.ts'
import { STEADY_PROGRAMS } from './steady-programs.ts'

/** What a program's process is told. */
export interface ProgramPlan {
  readonly name: string
  readonly seed: number
  readonly forMs: number
  readonly warmUpMs: number
  readonly windowMs: number
  readonly thresholdMb: number
  readonly collect: 'growing' | 'always'
  /** Runs on after a leak was found. */
  readonly goesOn: boolean
}

/** What it says at its end. */
export interface ProgramResult {
  readonly foundAfterMs?: number | undefined
  readonly message?: string | undefined
  readonly kind?: HeapKind | undefined
  readonly allocatedBy?: string | undefined
  readonly state: LeakState
}

export interface LeakCampaignOptions extends Omit<ProgramPlan, 'name' | 'goesOn'> {
  /** Processes at the same time. */
  readonly atOnce: number
  readonly onProgram?: (line: ProgramLine) => void
}

/** A row of the table. */
export interface ProgramLine {
  readonly name: string
  readonly mbPerSecond: number
  readonly result: ProgramResult
  readonly problem?: string
}

const SCRIPT = fileURLToPath(new URL('./program-process.ts', import.meta.url))
const run = promisify(execFile)

/** Runs all programs, each in a process of its own. A leak that isn't found in `forMs`, and any alarm of a steady program, is a problem. */
export async function leakCampaign(options: LeakCampaignOptions): Promise<readonly ProgramLine[]> {
  const { atOnce, onProgram, ...plan } = options
  const leaking = Object.entries(LEAKING_PROGRAMS).map(([name, { mbPerSecond }]) => ({ name, mbPerSecond }))
  const waiting = [...leaking, ...Object.keys(STEADY_PROGRAMS).map((name) => ({ name, mbPerSecond: 0 }))]
  const lines: ProgramLine[] = []
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const result = await runProgram({ ...plan, name: next.name, goesOn: false })
      const line = { ...next, result, ...problemOf(next, result) }
      lines.push(line)
      onProgram?.(line)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return lines
}

async function runProgram(plan: ProgramPlan): Promise<ProgramResult> {
  const args = ['--disable-warning=ExperimentalWarning', SCRIPT, JSON.stringify(plan)]
  const { stdout } = await run(process.execPath, args, { timeout: plan.forMs + 60_000 })
  return JSON.parse(stdout)
}

function problemOf(program: { name: string; mbPerSecond: number }, result: ProgramResult): { problem?: string } {
  const { name, mbPerSecond } = program
  if (mbPerSecond === 0) {
    return result.foundAfterMs === undefined ? {} : { problem: `${name}: false alarm: ${result.message}` }
  }
  if (result.foundAfterMs === undefined) return { problem: `${name}: not found, ${JSON.stringify(result.state)}` }
  const { allocates } = LEAKING_PROGRAMS[name] ?? {}
  if (allocates === undefined || result.allocatedBy === allocates) return {}
  return { problem: `${name}: found, but ${result.allocatedBy} was blamed for what ${allocates} allocates` }
}

export function describeLine({ name, mbPerSecond, result, problem }: ProgramLine): string {
  const seconds =
    result.foundAfterMs === undefined ? 'no alarm' : `found after ${(result.foundAfterMs / 1000).toFixed(1)} s`
  return problem ?? `${name} (${mbPerSecond} MB/s): ${seconds}${result.message ? `: ${result.message}` : ''}`
}
