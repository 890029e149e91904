import { createHash } from 'node:crypto'
import type { SessionAddress } from '../../index.ts'
import type { ImportTarget } from './import-target.ts'

/** By what an item is found again: as it was exported, or as it was imported. */
export type KnownBy = 'id' | 'idempotencyKey'

/** Names that are remembered, over all sessions, at about 50 bytes each; and sessions, at 300. */
const MAX_NAMES = 300_000
const MAX_SESSIONS = 20_000

/** What a memory held of a session when an import first met it. */
export interface KnownSession {
  /** Whether an item of this name was there. False too where that has been forgotten: adding it again is harmless. */
  has(name: string): boolean
}

/** Looks once at each session, so that what is there already need not be stored again. */
export class KnownItems {
  readonly #target: ImportTarget
  readonly #sessions = new Map<string, KnownNames>()
  /** Those whose names are remembered, oldest first. */
  readonly #named = new Set<KnownNames>()
  #names = 0

  constructor(target: ImportTarget) {
    this.#target = target
  }

  /** The session as it was found: without a turn of the event loop where that is remembered. */
  find({ tenantId = '', userId, sessionId }: SessionAddress, by: KnownBy): KnownSession | Promise<KnownSession> {
    const key = `${tenantId}\n${userId}\n${sessionId}`
    return this.#sessions.get(key) ?? this.#look(key, { ...(tenantId !== '' && { tenantId }), userId, sessionId }, by)
  }

  async #look(key: string, address: SessionAddress, by: KnownBy): Promise<KnownSession> {
    const known = new KnownNames()
    if ((await this.#target.getSession(address)) !== undefined) {
      for await (const item of this.#target.iterateConversationHistory({ ...address, peek: true })) {
        const name = item[by]
        if (name !== undefined) known.add(name)
      }
    }
    this.#sessions.set(key, known)
    this.#named.add(known)
    this.#names += known.size
    this.#forget()
    return known
  }

  /** Of sessions met long ago, first the names go: to look at a long session again and again would never end. */
  #forget(): void {
    for (const known of this.#named) {
      if (this.#names <= MAX_NAMES && this.#named.size <= MAX_SESSIONS) break
      this.#named.delete(known)
      this.#names -= known.size
      known.forget()
    }
    if (this.#sessions.size > MAX_SESSIONS) this.#sessions.delete(this.#sessions.keys().next().value!)
  }
}

class KnownNames implements KnownSession {
  readonly #hashes = new Set<string>()

  get size(): number {
    return this.#hashes.size
  }

  add(name: string): void {
    this.#hashes.add(hashOf(name))
  }

  forget(): void {
    this.#hashes.clear()
  }

  has(name: string): boolean {
    return this.#hashes.size > 0 && this.#hashes.has(hashOf(name))
  }
}

/** 96 bits: short, and no two names of a session share them by chance. */
function hashOf(name: string): string {
  return createHash('sha256').update(name).digest('binary').slice(0, 12)
}
