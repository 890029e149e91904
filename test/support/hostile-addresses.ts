import fc from 'fast-check'
import { expect } from 'vitest'
import type { TieredStorageManager } from '../../src/thermocline.ts'
import { hostileId, isId } from './hostile-ids.ts'

/** Of a session, as a caller names it. */
export interface Address {
  readonly tenantId: string
  readonly userId: string
  readonly sessionId: string
}

/** What a session must hold: of nobody else, and all of its own. */
export interface Known {
  readonly address: Address
  readonly expected: string[]
}

/** Different hostile addresses: those that can be used, each once, and many that can't. */
export function hostileAddresses(
  count: number,
  seed: number,
): { readonly known: readonly Known[]; readonly refused: readonly Address[] } {
  const known = new Map<string, Known>()
  const refused: Address[] = []
  const triples = fc.sample(fc.tuple(hostileId, hostileId, hostileId), { numRuns: count, seed })
  for (const [tenantId, userId, sessionId] of triples as readonly (readonly unknown[])[]) {
    const address = { tenantId: tenantId ?? 'default', userId, sessionId } as Address
    const isUsable = isId(address.tenantId) && isId(userId) && isId(sessionId)
    if (isUsable) known.set(JSON.stringify([address.tenantId, userId, sessionId]), { address, expected: [] })
    else refused.push(address)
  }
  expect(refused.length).toBeGreaterThan(count / 10)
  expect(known.size).toBeGreaterThan(count / 4)
  return { known: [...known.values()], refused }
}

/** Adds what says whose it is. */
export function addOwn(memory: TieredStorageManager, { address, expected }: Known, nth: number): Promise<string> {
  const content = `${JSON.stringify(address)} ${nth}`
  expected.push(content)
  return memory.addMemoryItem({ ...address, content, contentType: 'note' })
}

/** One of four changes to a session that holds what was added first under `id`; other numbers leave it as it is. */
export async function changeOwn(
  memory: TieredStorageManager,
  { address, expected }: Known,
  id: string,
  what: number,
): Promise<void> {
  if (what === 1) {
    await memory.updateMemoryItem(id, { content: 'changed' })
    expected[0] = 'changed'
  } else if (what === 2) {
    await memory.deleteMemoryItem(id)
    expected.shift()
  } else if (what === 3) await memory.demote(address)
  else if (what === 4) {
    await memory.deleteSession(address)
    expected.length = 0
  }
}

export async function inBatches<T>(atOnce: number, all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  for (let i = 0; i < all.length; i += atOnce) await Promise.all(all.slice(i, i + atOnce).map(work))
}
