import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Round } from '../compare.ts'

/** From before the package is imported until the first write is acknowledged, in a process of its own, in milliseconds. */
export function coldStart(script: 'first-add.mjs' | 'first-set.mjs', projectId: string): Round {
  return async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [join(import.meta.dirname, script)], {
      env: { ...process.env, BENCH_PROJECT: projectId, BENCH_SESSION: randomUUID() },
      timeout: 60_000,
    })
    return (JSON.parse(stdout) as { readonly sinceImportMs: number }).sinceImportMs
  }
}
