import { readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { totalmem } from 'node:os'
import { getHeapStatistics } from 'node:v8'
import { nearestWord } from '../nearest-word.ts'
import { formatBytes } from '../text-layout.ts'
import { type Check, ok, warning } from './check.ts'

const OURS = 'THERMOCLINE_'

/** What can be said without any settings. Node itself suits, or this would not run. */
export function machineChecks(): Check[] {
  return [
    ok('Node', process.versions.node),
    checkSqlite(process.versions.sqlite ?? 'unknown'),
    checkHeap(getHeapStatistics().heap_size_limit, Math.min(process.constrainedMemory() || Infinity, totalmem())),
    checkPackage('gpt-tokenizer', installedVersion('gpt-tokenizer'), 'exact token counts need it'),
    checkPackage('lz4-napi', installedVersion('lz4-napi')),
  ]
}

/** SQLite before 3.51.3 may lose a commit of a log that another process begins anew: https://sqlite.org/wal.html */
export function checkSqlite(version: string): Check {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number)
  const isFixed = major > 3 || (major === 3 && (minor > 51 || (minor === 51 && patch >= 3)))
  if (isFixed) return ok('SQLite', version)
  const message = `${version}, which may damage a file that several processes write at once (fixed in 3.51.3)`
  return warning('SQLite', message, 'use Node 24.15 or newer, or let only one process have the file open')
}

/** @param available bytes that the process may take, heap and all else */
export function checkHeap(heapLimit: number, available: number): Check {
  const message = `the heap may grow to ${formatBytes(heapLimit)}, and the process may take ${formatBytes(available)}`
  if (heapLimit <= available) return ok('memory limit', message)
  // Half for the heap, since caches of files and of SQLite need room too.
  const advice = `start Node with --max-old-space-size=${Math.floor(available / 2 / 1024 / 1024)}, or it is killed before it cleans up`
  return warning('memory limit', message, advice)
}

/** @param need why it is missed; absent where it hardly is */
export function checkPackage(name: string, version: string | undefined, need?: string): Check {
  if (version !== undefined) return ok(name, version)
  if (need === undefined) return ok(name, 'not installed, and only needed for what was packed with it')
  return warning(name, `not installed: ${need}`, `npm install ${name}, or use estimatingTokenCounter()`)
}

/** Variables that look as if they were ours, and that nobody reads. */
export function checkVariables(env: NodeJS.ProcessEnv, known: readonly string[]): Check[] {
  const unknown = Object.keys(env).filter((name) => name.startsWith(OURS) && !known.includes(name))
  return unknown.map((name) => {
    const meant = nearestWord(name, known)
    const advice = meant === undefined ? `known are ${known.join(', ')}` : `did you mean ${meant}?`
    return warning('environment', `${name} is set and is no setting`, advice)
  })
}

export function installedVersion(name: string): string | undefined {
  try {
    const path = findPackageJSON(name, import.meta.url)
    const { version } = JSON.parse(readFileSync(path ?? '', 'utf8')) as { readonly version?: string }
    return version
  } catch {
    return undefined
  }
}
