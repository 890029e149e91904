import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'
import { identifySession, type SessionIdentity } from '../../src/memory/session.ts'
import { StampMaker } from '../../src/memory/stamp.ts'
import { type SqliteDurableStoreOptions, sqliteDurableStore } from '../../src/stores/sqlite/durable-store.ts'
import type { AppendEntry, DurableStore } from '../../src/tiers/durable-store.ts'

const NOW = Date.UTC(2026, 0, 1)
const stamps = new StampMaker()

export const chat: SessionIdentity = identifySession({ tenantId: 't', userId: 'u', sessionId: 'chat' })
export const REVIEW: { readonly reviewAt: number } = { reviewAt: NOW }

export function entry(content: string): AppendEntry {
  return { stamp: stamps.next(NOW), body: JSON.stringify({ content }), createdAt: NOW }
}

/** A folder of its own for each test, and stores in it; all closed and removed afterwards. */
export function sqliteFolder(): {
  path(name?: string): string
  open(options?: SqliteDurableStoreOptions): Promise<DurableStore>
} {
  let folder: string | undefined
  const stores: DurableStore[] = []
  const path = (name = 'memory.db'): string => {
    folder ??= mkdtempSync(join(tmpdir(), 'thermocline-'))
    return join(folder, name)
  }
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close()
    if (folder !== undefined) rmSync(folder, { recursive: true })
    folder = undefined
  })
  return {
    path,
    async open(options = {}) {
      const store = sqliteDurableStore({ path: path(), ...options })
      stores.push(store)
      await store.open()
      return store
    },
  }
}
