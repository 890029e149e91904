import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

export interface ProcessOptions {
  /** For messages and the name of the work folder. */
  readonly name: string
  readonly command: string
  readonly args: (workDir: string) => readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Asked again and again until it says true. A rejection means: not yet. */
  readonly isReady: (running: RunningProcess) => Promise<boolean>
  /** @default 30_000 */
  readonly readyWithinMs?: number
}

/** A real process that a test may freeze and kill, and that never outlives its maker. */
export interface RunningProcess {
  readonly pid: number
  /** Temporary; gone after {@link RunningProcess.stop}. */
  readonly workDir: string
  /** Resolves with words such as "code 0" or "SIGKILL" once the process is gone, whoever ended it. */
  readonly ended: Promise<string>
  /** What it wrote so far, both streams. */
  output(): string
  /** Sends the signal and resolves when the process is gone. @default "SIGKILL" */
  kill(signal?: EndSignal): Promise<void>
  /** Freezes it: connections stay open, nothing answers. */
  pause(): Promise<void>
  resume(): void
  /** Ends it however it is doing, and removes its work folder. May be called again. */
  stop(): Promise<void>
}

export type EndSignal = 'SIGKILL' | 'SIGTERM' | 'SIGINT'

/** Whether there is a process with this id. */
export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

const POLL_MS = 20
const TERM_PATIENCE_MS = 3_000
const KILL_PATIENCE_MS = 10_000

/** Starts a process in a work folder of its own and waits until it is ready. */
export async function startProcess(options: ProcessOptions): Promise<RunningProcess> {
  const workDir = mkdtempSync(join(tmpdir(), `thermocline-${options.name}-`))
  const logFile = join(workDir, 'output.log')
  // A file, not a pipe: it can't fill up while nobody reads, and can't keep our event loop alive.
  const log = openSync(logFile, 'a')
  const child = spawn(options.command, options.args(workDir), {
    cwd: workDir,
    // A process group of its own: Ctrl-C reaches only us, and we stop it in our own order.
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...process.env, ...options.env },
  })
  closeSync(log)
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? `code ${code}`))
    child.once('error', (error) => resolve(error.message))
  })
  const guard = startGuard(child.pid, workDir)
  void ended.then(() => guard.childEnded())
  const running = runningProcess(child, ended, workDir, logFile, guard)
  try {
    await untilReady(running, options)
    child.unref()
    return running
  } catch (error) {
    await running.stop()
    throw error
  }
}

function runningProcess(
  child: ChildProcess,
  ended: Promise<string>,
  workDir: string,
  logFile: string,
  guard: Guard,
): RunningProcess {
  const isGone = () => child.pid === undefined || child.exitCode !== null || child.signalCode !== null
  const end = async (signal: EndSignal, patienceMs: number) => {
    if (isGone()) return true
    child.kill(signal)
    return await settlesWithin(ended, patienceMs)
  }
  let stopping: Promise<void> | undefined
  const stop = async () => {
    if (!isGone()) child.kill('SIGCONT')
    const gone = (await end('SIGTERM', TERM_PATIENCE_MS)) || (await end('SIGKILL', KILL_PATIENCE_MS))
    await guard.cleanUp()
    if (!gone) throw new Error(`Cannot stop process ${child.pid}: still there ${KILL_PATIENCE_MS} ms after SIGKILL`)
  }
  return {
    pid: child.pid ?? 0,
    workDir,
    ended,
    output: () => (existsSync(logFile) ? readFileSync(logFile, 'utf8') : ''),
    kill: async (signal = 'SIGKILL') => {
      if (await end(signal, KILL_PATIENCE_MS)) return
      throw new Error(`Cannot end process ${child.pid}: still there ${KILL_PATIENCE_MS} ms after ${signal}`)
    },
    pause: async () => {
      child.kill('SIGSTOP')
      await untilFrozen(child.pid ?? 0)
    },
    resume: () => void child.kill('SIGCONT'),
    stop: () => {
      stopping ??= stop()
      return stopping
    },
  }
}

async function untilReady(running: RunningProcess, { name, isReady, readyWithinMs = 30_000 }: ProcessOptions) {
  const deadline = Date.now() + readyWithinMs
  let end: string | undefined
  void running.ended.then((how) => {
    end = how
  })
  while (end === undefined && Date.now() < deadline) {
    const ready = await isReady(running).catch(() => false)
    if (ready && end === undefined) return
    await delay(POLL_MS)
  }
  const reason = end === undefined ? `not ready after ${readyWithinMs} ms` : `ended with ${end}`
  throw new Error(`Cannot start ${name}: ${reason}: it wrote\n${running.output().slice(-2_000)}`)
}

interface Guard {
  childEnded(): void
  cleanUp(): Promise<void>
}

// Signal handlers would miss SIGKILL, which is how test runners end a stuck worker. The guard waits at the other end
// of a pipe instead: however we end, the pipe closes, and it kills the process and removes the folder.
const GUARD_SCRIPT = 'while read -r word; do ended=$word; done; [ "$ended" ] || kill -9 "$1"; rm -rf -- "$2"'

function startGuard(pid: number | undefined, workDir: string): Guard {
  const args = ['-c', GUARD_SCRIPT, 'thermocline-guard', String(pid ?? ''), workDir]
  const shell = spawn('sh', args, { detached: true, cwd: '/', stdio: ['pipe', 'ignore', 'ignore'] })
  const closed = new Promise<void>((resolve) => {
    shell.once('exit', () => resolve())
    shell.once('error', () => resolve())
  })
  shell.stdin.on('error', () => {})
  shell.unref()
  return {
    childEnded: () => void (shell.stdin.writable && shell.stdin.write('ended\n')),
    cleanUp: async () => {
      shell.ref()
      shell.stdin.end()
      await closed
    },
  }
}

/** SIGSTOP takes effect a little later than it is sent; without /proc (macOS) a short wait has to do. */
async function untilFrozen(pid: number): Promise<void> {
  const file = `/proc/${pid}/stat`
  if (!existsSync(file)) return delay(POLL_MS)
  const state = () => readFileSync(file, 'utf8').replace(/^.*\) /s, '')[0]
  while (existsSync(file) && state() !== 'T') await delay(1)
}

function settlesWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  const timer = new AbortController()
  const late = delay(ms, false, { signal: timer.signal }).catch(() => false)
  return Promise.race([promise.then(() => true), late]).finally(() => timer.abort())
}
