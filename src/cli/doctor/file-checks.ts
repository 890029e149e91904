import { accessSync, constants, existsSync, statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { isThermoclineError } from '../../index.ts'
import type { Settings } from '../config.ts'
import { type FileFacts, fileFacts } from '../file-facts.ts'
import { withMemory } from '../open-memory.ts'
import { formatBytes } from '../text-layout.ts'
import { type Check, ok, problem, warning } from './check.ts'

// SQLite folds its log into the file at 16 MB; more than a few times that is a sign.
const MUCH_WAL_BYTES = 64e6
const LITTLE_FREE_BYTES = 1e9
const TOO_LITTLE_FREE_BYTES = 50e6
const OTHERS = 0o077

/** Looks at the file, and changes nothing: one that is not there is not made. */
export async function fileChecks(settings: Settings, path: string): Promise<Check[]> {
  const facts = fileFacts(path)
  const folder = existingFolder(dirname(path))
  const around = [checkFolder(folder), checkDisk(folder)]
  if (facts === undefined) {
    const advice = 'the first add or import makes it; --path FILE, THERMOCLINE_PATH or the config file name another'
    return [warning('file', `there is none at ${path} yet`, advice), ...around]
  }
  if (!facts.isFile) return [problem('file', `${path} is not a file`, 'name a file with --path FILE'), ...around]
  return [
    ok('file', `${path}, ${formatBytes(facts.bytes)}`),
    ...(process.platform === 'win32' ? [] : [checkMode(path, facts)]),
    checkWal(facts),
    await checkContents(settings, facts),
    ...around,
  ]
}

export function checkMode(path: string, { mode }: Pick<FileFacts, 'mode'>): Check {
  const text = mode.toString(8).padStart(3, '0')
  if ((mode & OTHERS) === 0) return ok('file mode', `${text}, for its owner only`)
  return warning('file mode', `${text}: others on this machine may read or write it`, `chmod 600 ${path}`)
}

export function checkWal({ walBytes }: Pick<FileFacts, 'walBytes'>): Check {
  const message = `${formatBytes(walBytes)} not folded into the file yet`
  if (walBytes <= MUCH_WAL_BYTES) return ok('log', walBytes === 0 ? 'empty' : message)
  return warning(
    'log',
    message,
    'end what has been reading the file for long; the next process that closes it folds it',
  )
}

async function checkContents(settings: Settings, { bytes }: FileFacts): Promise<Check> {
  if (bytes === 0) return warning('contents', 'the file is empty', 'the first add or import fills it')
  try {
    // The file alone: Redis has checks of its own.
    const { redisHost: _host, redisPort: _port, redis: _redis, ...options } = settings.options
    await withMemory({ ...settings, options }, 'existing', async () => undefined)
    return ok('contents', 'a memory of thermocline, which this version reads and writes')
  } catch (error) {
    if (!isThermoclineError(error)) throw error
    return problem('contents', error.message, `docs/errors.md explains ${error.code}`)
  }
}

function checkFolder(folder: string): Check {
  try {
    // SQLite keeps files of its own beside the file.
    accessSync(folder, constants.W_OK | constants.X_OK)
    return ok('folder', `${folder} can be written`)
  } catch {
    return problem('folder', `${folder} can't be written`, 'give this user the right to write there, or name another')
  }
}

function checkDisk(folder: string): Check {
  const { bavail, bsize } = statfsSync(folder)
  return checkFree(bavail * bsize)
}

export function checkFree(bytes: number): Check {
  const message = `${formatBytes(bytes)} free`
  if (bytes < TOO_LITTLE_FREE_BYTES) return problem('disk', message, 'free some room: writes are about to fail')
  return bytes < LITTLE_FREE_BYTES ? warning('disk', message, 'free some room before it is full') : ok('disk', message)
}

/** The nearest folder that there is: the rest is made with the file. */
function existingFolder(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : existingFolder(dirname(folder))
}
