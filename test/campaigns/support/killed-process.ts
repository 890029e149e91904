import { spawn } from 'node:child_process'

/** A process that is still alive after that is stuck. */
const MAX_MS = 60_000

/** What a process is told, as one argument; and more. */
interface ProcessPlan {
  /** Compiling the sources takes longer than most of these processes live. */
  readonly compileCache: string
}

export interface ProcessEnd {
  readonly signal: NodeJS.Signals | null
  readonly code: number | null
  /** All that it printed. */
  readonly output: string
}

/** Starts a script and kills it `killAfterMs` after it got ready, which its first output says, or lets it end by itself. */
export function runProcess<P extends ProcessPlan>(
  script: string,
  plan: P,
  killAfterMs: number | undefined,
): Promise<ProcessEnd> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, JSON.stringify(plan)], {
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
