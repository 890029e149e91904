import type { DatabaseSync, StatementSync } from 'node:sqlite'

export type { DatabaseSync, StatementSync }

/**
 * Loads `node:sqlite` when it is first needed. Node before 24.15 warns that it is experimental; that one warning is
 * held back, since the versions this package runs on are tested, and every other passes.
 */
export async function loadNodeSqlite(): Promise<typeof import('node:sqlite')> {
  const { emitWarning } = process
  process.emitWarning = ((...args: unknown[]) => {
    if (!String(args[0]).includes('SQLite is an experimental feature')) Reflect.apply(emitWarning, process, args)
  }) as typeof process.emitWarning
  try {
    return await import('node:sqlite')
  } finally {
    process.emitWarning = emitWarning
  }
}
