import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { TIER_DEFAULTS, TieredStorageManager } from '../index.ts'
import { CommandError } from './command.ts'
import type { Settings } from './config.ts'
import type { Terminal } from './terminal.ts'
import { oneLine } from './text-layout.ts'

/** Not SIGHUP: a handler of it would undo `nohup`. What was acknowledged is safe without any. */
const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/** A signal asked the process to end. */
export class InterruptedError extends Error {
  readonly exitCode: number

  constructor(signal: (typeof SIGNALS)[number]) {
    super(`interrupted by ${signal}`)
    // As shells say it of a process that a signal ended.
    this.exitCode = 128 + constants.signals[signal]
  }
}

/**
 * Opens a memory for one command and closes it whatever happens. Sweeps are left to `sweep`; scopes are for programs
 * that serve several users, and would keep whoever owns the file from an item by its id.
 *
 * @param kind `existing` for a command that has nothing to do where there is no file, and must not make one
 * @throws CommandError where there is no file; InterruptedError
 */
export async function withMemory<T>(
  settings: Settings,
  kind: 'existing' | 'new or existing',
  use: (memory: TieredStorageManager) => Promise<T>,
): Promise<T> {
  if (kind === 'existing') refuseMissing(settings.path)
  const memory = new TieredStorageManager({ ...settings.options, tierMigrationInterval: 0, requireScope: false })
  const { promise: interrupted, reject } = Promise.withResolvers<never>()
  // Once: whoever presses the keys a second time means it.
  const handlers = SIGNALS.map((signal) => [signal, () => reject(new InterruptedError(signal))] as const)
  for (const [signal, handler] of handlers) process.once(signal, handler)
  try {
    return await Promise.race([memory.initialize().then(() => use(memory)), interrupted])
  } finally {
    await memory.close()
    for (const [signal, handler] of handlers) process.off(signal, handler)
  }
}

/**
 * The same for a command that changes something. Where Redis could not be told of it, says so on `err`: programs that
 * share it go on reading what they have, for a while.
 */
export function withMemoryToChange<T>(
  settings: Settings,
  kind: 'existing' | 'new or existing',
  err: Terminal,
  use: (memory: TieredStorageManager) => Promise<T>,
): Promise<T> {
  return withMemory(settings, kind, async (memory) => {
    const result = await use(memory)
    const { shared } = memory.getStats().hot
    if (shared !== undefined && shared.failures > 0) {
      const seconds = (settings.options.maxProofAgeMs ?? TIER_DEFAULTS.maxProofAgeMs) / 1000
      const note = `note: Redis was not told of it (${shared.lastError}): programs that share it may read what was before for up to ${seconds} s`
      err.line(oneLine(note))
    }
    return result
  })
}

/** A Firestore is there or fails; whether anything lies in it yet makes no difference. */
function refuseMissing(path: string | undefined): void {
  if (path === undefined || existsSync(path)) return
  const advice =
    'name another with --path FILE, THERMOCLINE_PATH or path in thermocline.json, or a Firestore with --project'
  throw new CommandError(`there is no memory at ${path}: ${advice}`)
}
