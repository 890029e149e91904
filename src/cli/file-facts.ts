import { statSync } from 'node:fs'

/** What the file system says of a memory's file. */
export interface FileFacts {
  readonly bytes: number
  /** Of the log beside it, which SQLite folds into the file from time to time. */
  readonly walBytes: number
  /** Permissions, such as 0o600. */
  readonly mode: number
  readonly isFile: boolean
}

/** Undefined where there is no such file. */
export function fileFacts(path: string): FileFacts | undefined {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats === undefined) return undefined
  return {
    bytes: stats.size,
    walBytes: statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0,
    mode: stats.mode & 0o777,
    isFile: stats.isFile(),
  }
}
