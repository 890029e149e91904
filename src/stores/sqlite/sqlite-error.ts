import { type ErrorCode, isThermoclineError, ThermoclineError } from '../../errors.ts'

// Primary result codes, https://www.sqlite.org/rescode.html
const SQLITE_BUSY = 5
const SQLITE_READONLY = 8
const SQLITE_CORRUPT = 11
const SQLITE_FULL = 13
const SQLITE_CANTOPEN = 14
const SQLITE_NOTADB = 26

const KNOWN: ReadonlyMap<number, readonly [ErrorCode, string]> = new Map([
  [SQLITE_BUSY, ['STORE_TIMEOUT', 'another process holds its lock; try again']],
  [SQLITE_READONLY, ['STORE_FAILED', 'the file or its folder is read-only; make both writable']],
  [SQLITE_CORRUPT, ['STORE_FAILED', 'the file is damaged; restore it from a backup']],
  [SQLITE_FULL, ['STORE_FULL', 'the disk is full; free some room and try again']],
  [SQLITE_CANTOPEN, ['STORE_UNAVAILABLE', 'the file cannot be opened or created; check its folder']],
  [SQLITE_NOTADB, ['STORE_FAILED', 'the file is not a SQLite database; choose another path']],
])

// From making the file or its folder, before SQLite sees it.
const KNOWN_BY_ERRNO: ReadonlyMap<unknown, readonly [ErrorCode, string]> = new Map(
  ['EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR', 'EISDIR', 'EEXIST'].map((code) => [
    code,
    ['STORE_UNAVAILABLE', `the file or its folder cannot be made or written (${code}); check both`],
  ]),
)

export function isBusy(error: unknown): boolean {
  return primaryCode(error) === SQLITE_BUSY
}

/** The error in our terms; one of ours passes as it is. */
export function wrapSqliteError(error: unknown, action: string, path: string): ThermoclineError {
  if (isThermoclineError(error)) return error
  const code = primaryCode(error)
  const known =
    KNOWN.get(code ?? -1) ?? KNOWN_BY_ERRNO.get(error instanceof Error ? Reflect.get(error, 'code') : undefined)
  const [errorCode, advice] = known ?? ['STORE_FAILED', error instanceof Error ? error.message : 'unknown error']
  return new ThermoclineError(errorCode, `Cannot ${action} in ${path}: ${advice}`, {
    cause: error,
    // Nothing is written by a transaction that never got the lock.
    details: { sqliteCode: code, path, ...(code === SQLITE_BUSY && { written: false }) },
  })
}

function primaryCode(error: unknown): number | undefined {
  const code = error instanceof Error ? Reflect.get(error, 'errcode') : undefined
  return typeof code === 'number' ? code & 0xff : undefined
}
