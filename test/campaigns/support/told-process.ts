import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { ProcessEnd } from './killed-process.ts'

/** A process that is told one thing while it runs: to begin, or to end. */
export interface ToldProcess {
  readonly pid: number
  /** It has said its first word, or has ended. */
  readonly ready: Promise<unknown>
  readonly ended: Promise<ProcessEnd>
  /** The one thing. */
  tell(): void
}

/** Starts a script with its plan as the only argument, as JSON. */
export function startTold<P extends { readonly compileCache: string }>(
  script: string,
  plan: P,
  nodeArgs: readonly string[] = [],
): ToldProcess {
  const args = ['--disable-warning=ExperimentalWarning', ...nodeArgs, script, JSON.stringify(plan)]
  const child = spawn(process.execPath, args, { env: { ...process.env, NODE_COMPILE_CACHE: plan.compileCache } })
  let output = ''
  const take = (text: string): void => {
    output += text
  }
  child.stderr.setEncoding('utf8').on('data', take)
  child.stdout.setEncoding('utf8').on('data', take)
  // It may be gone by now.
  child.stdin.on('error', () => undefined)
  const ended = new Promise<ProcessEnd>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal, output }))
  })
  return {
    pid: child.pid ?? 0,
    ready: Promise.race([once(child.stdout, 'data'), ended]),
    ended,
    tell: () => void child.stdin.end(),
  }
}

/** In the process: resolves when it is told, also by the death of who started it. */
export async function told(): Promise<void> {
  process.stdin.resume()
  await once(process.stdin, 'end')
}
