import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import { createServer } from 'node:net'
import { delimiter, join } from 'node:path'
import { CommandError } from '../command.ts'

/** Servers of the demo are for this machine alone. */
export const LOCAL_HOST = '127.0.0.1'

// However we end, the pipe closes, and the shell kills the server: nothing outlives the demo.
const GUARDED = '"$@" & trap "kill -9 $!" EXIT; cat >/dev/null'

/** Starts a server that dies with this process. `output`: a file descriptor for what it writes. */
export function startGuarded(
  program: string,
  args: readonly string[],
  output: number | 'ignore' = 'ignore',
): ChildProcess {
  // A process group of its own: Ctrl-C reaches only us.
  return spawn('sh', ['-c', GUARDED, 'sh', program, ...args], { detached: true, stdio: ['pipe', output, output] })
}

/** Resolves when it is gone. Harmless when repeated. */
export async function killGuarded(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.stdin?.end()
  await once(child, 'exit')
}

export function findOnPath(program: string, { PATH = '' }: NodeJS.ProcessEnv): string | undefined {
  return PATH.split(delimiter)
    .map((folder) => join(folder, program))
    .find(isExecutable)
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, LOCAL_HOST)
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new CommandError('Cannot find a free port')
  return address.port
}
