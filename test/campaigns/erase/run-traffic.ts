import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { ProcessPlan } from './traffic-process.ts'

const SCRIPT = fileURLToPath(new URL('traffic-process.ts', import.meta.url))
/** A process that is still alive after that is stuck. */
const MAX_MS = 60_000

export interface TrafficEnd {
  readonly signal: NodeJS.Signals | null
  readonly code: number | null
  /** All that it printed. */
  readonly output: string
}

/** Starts a process and kills it `killAfterMs` after it got ready, or lets it come to its own end. */
export function runTraffic(plan: ProcessPlan, killAfterMs: number | undefined): Promise<TrafficEnd> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', SCRIPT, JSON.stringify(plan)], {
      env: { ...process.env, NODE_COMPILE_CACHE: plan.compileCache },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    const take = (text: string): void => {
      output += text
    }
    child.stderr.setEncoding('utf8').on('data', take)
    child.stdout.setEncoding('utf8').on('data', take)
    const stuck = setTimeout(() => child.kill('SIGKILL'), MAX_MS)
    let kill: NodeJS.Timeout | undefined
    child.stdout.once('data', () => {
      if (killAfterMs !== undefined) kill = setTimeout(() => child.kill('SIGKILL'), killAfterMs)
    })
    child.once('error', (error) => {
      clearTimeout(stuck)
      reject(error)
    })
    child.once('close', (code, signal) => {
      clearTimeout(stuck)
      clearTimeout(kill)
      resolve({ code, signal, output })
    })
  })
}
