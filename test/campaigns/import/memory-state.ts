import { isDeepStrictEqual } from 'node:util'
import type { JsonObject } from '../../../src/memory/json.ts'
import type { MemoryItem } from '../../../src/memory/memory-item.ts'
import { TieredStorageManager, type TieredStorageManagerOptions } from '../../../src/thermocline.ts'
import { readTables } from '../kill/tables.ts'

/** What is held of a session, but for where it happens to be kept. */
export interface SessionState {
  readonly about: { readonly metadata?: JsonObject; readonly retentionDays?: number }
  /** In their order. */
  readonly items: readonly Partial<MemoryItem>[]
}

/** By tenant, user and session. */
export type MemoryState = ReadonlyMap<string, SessionState>

/** So many items of a session are named in full. */
const MAX_NAMED = 3

export async function readState(memory: TieredStorageManager): Promise<MemoryState> {
  const state = new Map<string, SessionState>()
  for await (const { tenantId, userId, sessionId, metadata, retentionDays } of memory.iterateSessions()) {
    const items: Partial<MemoryItem>[] = []
    for await (const item of memory.iterateConversationHistory({ tenantId, userId, sessionId, peek: true })) {
      const { tier: _tier, cached: _cached, accessCount: _count, lastAccessedAt: _last, ...rest } = item
      items.push(rest)
    }
    const about = { ...(metadata && { metadata }), ...(retentionDays !== undefined && { retentionDays }) }
    state.set(JSON.stringify([tenantId, userId, sessionId]), { about, items })
  }
  return state
}

/** How a memory differs from the one that it should be equal to, in words. */
export function differences(expected: MemoryState, found: MemoryState): readonly string[] {
  const problems: string[] = []
  for (const name of found.keys()) if (!expected.has(name)) problems.push(`${name}: should not be there`)
  for (const [name, session] of expected) {
    const other = found.get(name)
    if (other === undefined) problems.push(`${name}: is missing, with ${session.items.length} items`)
    else problems.push(...sessionDifferences(session, other).map((problem) => `${name}: ${problem}`))
  }
  return problems
}

function sessionDifferences(expected: SessionState, found: SessionState): readonly string[] {
  const wanted = new Map(expected.items.map((item) => [item.id, item]))
  const held = new Map(found.items.map((item) => [item.id, item]))
  const missing = expected.items.filter(({ id }) => !held.has(id))
  const foreign = found.items.filter(({ id }) => !wanted.has(id))
  const changed = found.items.filter((item) => wanted.has(item.id) && !isDeepStrictEqual(item, wanted.get(item.id)))
  const orders = [expected, found].map(({ items }) => items.map(({ id }) => id))
  return [
    ...(isDeepStrictEqual(found.about, expected.about)
      ? []
      : [`is said to be ${JSON.stringify(found.about)}: expected ${JSON.stringify(expected.about)}`]),
    ...(held.size === found.items.length ? [] : ['has items twice']),
    ...named('is missing', missing),
    ...named('should not be there', foreign),
    ...changed
      .slice(0, MAX_NAMED)
      .map((item) => `${shown(item)} is not as it should be: expected ${shown(wanted.get(item.id)!)}`),
    ...(missing.length + foreign.length === 0 && !isDeepStrictEqual(orders[0], orders[1])
      ? ['is in another order']
      : []),
  ]
}

function named(what: string, items: readonly Partial<MemoryItem>[]): readonly string[] {
  return items.length === 0
    ? []
    : [`${items.length} times, an item ${what}: ${items.slice(0, MAX_NAMED).map(shown).join(', ')}`]
}

function shown(item: Partial<MemoryItem>): string {
  return JSON.stringify(item).slice(0, 200)
}

/**
 * What is wrong with a file by itself: SQLite's own check, rows that don't fit together, and, after a sweep of all of
 * it, counters that are not those of the items.
 */
export async function fileProblems(path: string, options: TieredStorageManagerOptions): Promise<readonly string[]> {
  const problems: string[] = []
  await readTables(path, problems)
  {
    await using memory = new TieredStorageManager({ ...options, path })
    const { failures } = await memory.runMigration({ all: true })
    problems.push(...failures.map(({ message }) => `a sweep failed: ${message}`))
    const state = await readState(memory)
    for await (const { tenantId, userId, sessionId, items } of memory.iterateSessions()) {
      const name = JSON.stringify([tenantId, userId, sessionId])
      const held = state.get(name)?.items.length
      if (items !== held) problems.push(`${name}: says that it has ${items} items, and has ${held}`)
    }
  }
  await readTables(path, problems)
  return problems
}
