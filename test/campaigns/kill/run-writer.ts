import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { WriterProcessPlan } from './writer-process.ts'

const SCRIPT = fileURLToPath(new URL('writer-process.ts', import.meta.url))
/** A process that is still alive after that is stuck. */
const MAX_MS = 60_000

export interface WriterEnd {
  readonly signal: NodeJS.Signals | null
  readonly code: number | null
  readonly stderr: string
}

/** Starts a writer and kills it `killAfterMs` after it got ready, or lets it kill itself at its step. */
export function runWriter(plan: WriterProcessPlan, killAfterMs: number | undefined): Promise<WriterEnd> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', SCRIPT, JSON.stringify(plan)], {
      // Compiling the sources takes longer than most writers live.
      env: { ...process.env, NODE_COMPILE_CACHE: plan.compileCache },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
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
      resolve({ code, signal, stderr })
    })
  })
}
