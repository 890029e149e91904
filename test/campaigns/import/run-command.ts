import { spawn } from 'node:child_process'
import { pathToFileURL } from 'node:url'
import { ROOT } from '../../package/repository.ts'
import { KILL_PLAN_VARIABLE, type KillPlan, READY_FD } from './kill-plan.ts'

const MAIN = `${ROOT}dist/cli/main.js`
const KILL_SELF = pathToFileURL(`${ROOT}test/campaigns/import/kill-self.ts`).href
/** A process that is still alive after that is stuck. */
const MAX_MS = 120_000

export interface CommandEnd {
  readonly signal: NodeJS.Signals | null
  readonly code: number | null
  readonly stderr: string
}

export interface CommandPlace {
  /** Where it runs, with a `thermocline.json`. */
  readonly folder: string
  /** A folder that all share: compiling takes longer than most of them live. */
  readonly compileCache: string
}

/** Runs the built command line, and has it killed. @param onReady called once it has opened its memory */
export function runCommand(
  args: readonly string[],
  { folder, compileCache }: CommandPlace,
  kill?: KillPlan,
  onReady: () => void = () => undefined,
): Promise<CommandEnd> {
  // Variables of this machine's own settings must not reach the command.
  const own = Object.entries(process.env).filter(([name]) => !/^(THERMOCLINE_|NO_COLOR|FORCE_COLOR)/.test(name))
  const env = {
    ...Object.fromEntries(own),
    NODE_COMPILE_CACHE: compileCache,
    ...(kill !== undefined && { [KILL_PLAN_VARIABLE]: JSON.stringify(kill) }),
  }
  return new Promise((resolve, reject) => {
    const flags = ['--disable-warning=ExperimentalWarning', '--import', KILL_SELF]
    const stdio = ['ignore', 'ignore', 'pipe', 'pipe'] as const
    const child = spawn(process.execPath, [...flags, MAIN, ...args], { cwd: folder, env, stdio: [...stdio] })
    const die = (): unknown => child.kill('SIGKILL')
    const timers = [setTimeout(die, MAX_MS), ...(kill?.kind === 'after' ? [setTimeout(die, kill.ms)] : [])]
    let stderr = ''
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    child.stdio[READY_FD]!.once('data', onReady)
    child.once('error', reject)
    child.once('close', (code, signal) => {
      for (const timer of timers) clearTimeout(timer)
      resolve({ code, signal, stderr })
    })
  })
}
