import { isThermoclineError, ThermoclineError } from '../../errors.ts'
import { bodyOf, encodeBody } from '../../memory/item-body.ts'
import type { MemoryItem } from '../../memory/memory-item.ts'
import { type SessionIdentity, stampOf } from '../../memory/session.ts'
import { decodeAbout } from '../../memory/session-about.ts'
import type { Stamp } from '../../memory/stamp.ts'
import { resolveQuery } from '../reading/history-query.ts'
import type { ReadPath } from '../reading/read-path.ts'
import type { TierParts } from '../tier-parts.ts'
import type { WritePath } from '../write-path.ts'
import type { ChangePath } from './change-path.ts'

const BATCH_ITEMS = 200
const BATCH_BYTES = 1024 * 1024

/** What forking works with. */
interface ForkParts {
  readonly parts: TierParts
  readonly reads: ReadPath
  readonly writes: WritePath
  readonly changes: ChangePath
  /** Hears of what is stored, for the caller's own store. */
  readonly stored: (items: readonly MemoryItem[]) => Promise<void>
}

/**
 * Copies a session up to an item, or all of it, into another one, oldest first and under the same stamps: so what was
 * broken off is completed by doing it again. Gives the number of items.
 * @throws ThermoclineError `INVALID_ARGUMENT` where both are the same, `CONFLICT` where the other holds something else, `ERASED` where it was removed
 */
export async function forkSession(
  { parts, reads, writes, changes, stored }: ForkParts,
  from: SessionIdentity,
  to: SessionIdentity,
  upTo: Stamp | undefined,
): Promise<number | undefined> {
  if (from.key === to.key) {
    const message = 'Cannot fork session: toSessionId: expected another session than the one to copy'
    throw new ThermoclineError('INVALID_ARGUMENT', message)
  }
  const record = await parts.durable.load(from.key, { newest: 1 })
  if (record === undefined) return undefined
  const wasThere = (await parts.durable.load(to.key, { newest: 1 })) !== undefined
  const strangers = new Set<Stamp>()
  const query = resolveQuery(from.key, { peek: true })
  for await (const { id } of reads.iterate(to.key, query)) strangers.add(stampOf(id))
  const isWanted = (stamp: Stamp): boolean => upTo === undefined || stamp <= upTo
  if (strangers.size > 0) {
    for await (const { id } of reads.iterate(from.key, query)) {
      if (isWanted(stampOf(id))) strangers.delete(stampOf(id))
    }
    if (strangers.size > 0) {
      throw new ThermoclineError('CONFLICT', 'Cannot fork session: the session of toSessionId has items of its own')
    }
  }
  let count = 0
  let batch: Promise<MemoryItem>[] = []
  let bytes = 0
  const settle = async (): Promise<void> => {
    const adds = batch
    batch = []
    bytes = 0
    const outcomes = await Promise.allSettled(adds)
    for (const outcome of outcomes) {
      if (outcome.status === 'fulfilled') continue
      // Of a session that was deleted, what is older is refused; what is newer alone would be half a fork.
      if (!wasThere && isThermoclineError(outcome.reason, 'ERASED')) await changes.erase(to.key)
      throw outcome.reason
    }
    if (adds.length > 0) await stored(await Promise.all(adds))
    count += adds.length
  }
  for await (const item of reads.iterate(from.key, query)) {
    const stamp = stampOf(item.id)
    if (!isWanted(stamp)) break
    const encoded = encodeBody(Object.freeze(bodyOf(item)))
    bytes += encoded.bytes
    const adding = writes.add(to, encoded, { fixed: stamp })
    // It may fail before it is waited for, which would end the process.
    adding.catch(() => undefined)
    batch.push(adding)
    if (batch.length >= BATCH_ITEMS || bytes >= BATCH_BYTES) await settle()
  }
  await settle()
  // Last: a session that can't take the items must not be left with what is said of them.
  await changes.setAbout(to, (about) => ({ ...decodeAbout(record.about), ...about }))
  return count
}
