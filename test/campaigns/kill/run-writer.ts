import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { readJournal } from './journal.ts'
import type { WriterProcessPlan } from './writer-process.ts'

const SCRIPT = fileURLToPath(new URL('writer-process.ts', import.meta.url))
/** A process that neither gets ready nor dies of itself is stuck. */
const MAX_MS = 60_000

export interface WriterEnd {
  readonly signal: NodeJS.Signals | null
  readonly code: number | null
  readonly stderr: string
  /** Whether it was killed after it had got ready, and so perhaps in the middle of something. */
  readonly wasReady: boolean
}

/** Starts a writer and kills it `killAfterMs` after it got ready, or lets it kill itself at its step. */
export function runWriter(plan: WriterProcessPlan, killAfterMs: number | undefined): Promise<WriterEnd> {
  const readyBefore = readyCount(plan.journal)
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', SCRIPT, JSON.stringify(plan)], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    const stuck = setTimeout(() => child.kill('SIGKILL'), MAX_MS)
    let kill: NodeJS.Timeout | undefined
    // The journal tells when it is ready, by the same file that tells everything else.
    const watch = setInterval(() => {
      if (killAfterMs === undefined || readyCount(plan.journal) === readyBefore) return
      clearInterval(watch)
      kill = setTimeout(() => child.kill('SIGKILL'), killAfterMs)
    }, 2)
    const end = (): void => {
      clearTimeout(stuck)
      clearTimeout(kill)
      clearInterval(watch)
    }
    child.once('error', (error) => {
      end()
      reject(error)
    })
    child.once('close', (code, signal) => {
      end()
      resolve({ code, signal, stderr, wasReady: readyCount(plan.journal) > readyBefore })
    })
  })
}

function readyCount(journal: string): number {
  return readJournal(journal).filter(({ kind }) => kind === 'ready').length
}
