import { ThermoclineError } from '../../src/errors.ts'
import type { Clock } from '../../src/lib/clock.ts'
import { bodyOf, decodeBody } from '../../src/memory/item-body.ts'
import type { MemoryItem } from '../../src/memory/memory-item.ts'
import { type SessionIdentity, type SessionKey, stampOf } from '../../src/memory/session.ts'
import type { Stamp } from '../../src/memory/stamp.ts'
import type { HotStoreBounds } from '../../src/testing/index.ts'
import type { SessionCopy, StoredCopy, StoredUnit } from '../../src/tiers/hot/session-copy.ts'
import type { HotAnswer, HotChanges, HotLease, HotQuery, HotStats, HotStore } from '../../src/tiers/hot-store.ts'

/** What lies outside of all processes: a text for each session, a copy or a lease. */
export class SharedServer {
  readonly clock: Clock
  readonly #texts = new Map<SessionKey, string>()
  readonly #listeners: ((key: SessionKey | undefined) => void)[] = []
  #leases = 0
  /** While false, nobody hears of changes, and whoever asks is told so. */
  isHeard = true
  /** While true, every call rejects and has no effect. */
  isDown = false

  constructor(clock: Clock) {
    this.clock = clock
  }

  ping(): void {
    if (this.isDown) throw new ThermoclineError('STORE_UNAVAILABLE', 'Cannot reach the shared server: it is down')
  }

  get(key: SessionKey): string | undefined {
    this.ping()
    return this.#texts.get(key)
  }

  set(key: SessionKey, text: string): void {
    this.ping()
    this.#texts.set(key, text)
    this.#tell(key)
  }

  delete(key: SessionKey): void {
    this.ping()
    if (this.#texts.delete(key)) this.#tell(key)
  }

  /** Of all keys that begin so. */
  deleteAll(start: string): void {
    this.ping()
    for (const key of this.#texts.keys()) if (key.startsWith(start)) this.delete(key)
  }

  /** Everything that lies here, as one text. */
  dump(): string {
    return [...this.#texts.values()].join('\n')
  }

  clear(): void {
    this.ping()
    this.#texts.clear()
    this.#tell(undefined)
  }

  /** A lease that nobody else was given, as of now. */
  newLease(): LeaseText {
    this.#leases += 1
    return { kind: 'lease', number: this.#leases, leftAt: this.clock.now() }
  }

  listen(listener: (key: SessionKey | undefined) => void): void {
    this.#listeners.push(listener)
  }

  #tell(key: SessionKey | undefined): void {
    if (this.isHeard) for (const listener of this.#listeners) listener(key)
  }
}

interface LeaseText {
  readonly kind: 'lease'
  readonly number: number
  readonly leftAt: number
}

export interface CopyText {
  readonly kind: 'copy'
  readonly session: SessionIdentity
  readonly n: number
  readonly shownFence?: string | undefined
  readonly complete: boolean
  /** Bodies as text of their own, as a log would have them. */
  readonly entries: readonly (readonly [Stamp, string])[]
  readonly units: readonly StoredUnit[]
  readonly provenAt: number
}

/** A hot store on such a server, for one of several processes. Keeps no segments. */
export function inMemorySharedStore(server: SharedServer, bounds: HotStoreBounds = {}): HotStore {
  return new InMemorySharedStore(server, bounds)
}

class InMemorySharedStore implements HotStore {
  readonly name = 'in-memory shared'
  readonly isShared = true
  readonly changes: HotChanges
  readonly #server: SharedServer
  readonly #maxItems: number
  readonly #maxChars: number
  #hits = 0
  #misses = 0

  constructor(server: SharedServer, { maxItemsPerSession = 500, maxBytesPerSession = 256 * 1024 }: HotStoreBounds) {
    this.#server = server
    this.#maxItems = maxItemsPerSession
    this.#maxChars = maxBytesPerSession
    this.changes = { listen: (listener) => server.listen(listener), isHeard: () => server.isHeard }
  }

  async open(): Promise<void> {}

  async close(): Promise<void> {}

  async read(key: SessionKey, { newest, maxProofAgeMs, revive }: HotQuery): Promise<HotAnswer> {
    const found = this.#find(key)
    const provenForMs = found?.kind === 'copy' ? maxProofAgeMs - (this.#server.clock.now() - found.provenAt) : 0
    if (found?.kind === 'copy' && provenForMs > 0) {
      this.#hits += 1
      return revive(stored(found, provenForMs, newest))
    }
    this.#misses += 1
    const left = found?.kind === 'lease' ? found : this.#server.newLease()
    const lease = { token: JSON.stringify(left) }
    if (left !== found) this.#server.set(key, lease.token)
    return { kind: 'miss', lease, ...(found?.kind === 'copy' && { unproven: revive(stored(found, provenForMs)) }) }
  }

  async fill(key: SessionKey, { token }: HotLease, copy: SessionCopy): Promise<boolean> {
    if (typeof token !== 'string' || this.#server.get(key) !== token) return false
    const { session, n, shownFence, complete } = copy
    const { leftAt: provenAt } = JSON.parse(token) as LeaseText
    const units = copy.storedUnits()
    this.#set(key, { kind: 'copy', session, n, shownFence, complete, units, provenAt, entries: entriesOf(copy.items) })
    return true
  }

  async append(key: SessionKey, items: readonly MemoryItem[], n: number): Promise<boolean> {
    const found = this.#find(key)
    if (found?.kind === 'copy' && n <= found.n) return true
    const entries = entriesOf(items)
    if (found?.kind === 'copy' && n === found.n + items.length && isRising(found.entries.at(-1)?.[0], entries)) {
      this.#set(key, { ...found, n, entries: [...found.entries, ...entries] })
      return true
    }
    this.#server.delete(key)
    return false
  }

  async forget(key: SessionKey): Promise<void> {
    this.#server.delete(key)
  }

  async clear(): Promise<void> {
    this.#server.clear()
  }

  async forgetOwner(tag: string): Promise<void> {
    this.#server.deleteAll(tag)
  }

  async getSegment(): Promise<undefined> {}

  async putSegment(): Promise<void> {}

  async dropSegments(): Promise<void> {}

  release(): void {}

  async probe(): Promise<void> {
    this.#server.ping()
  }

  stats(): HotStats {
    const { hits, misses } = { hits: this.#hits, misses: this.#misses }
    return { sessions: 0, segments: 0, bytes: 0, maxBytes: 0, hits, misses, evictions: 0 }
  }

  #find(key: SessionKey): CopyText | LeaseText | undefined {
    const text = this.#server.get(key)
    return text === undefined ? undefined : (JSON.parse(text) as CopyText | LeaseText)
  }

  /** Within the bounds, which only the newest entry may pass. */
  #set(key: SessionKey, copy: CopyText): void {
    const entries = copy.entries.slice(-this.#maxItems)
    let chars = entries.reduce((sum, [, body]) => sum + body.length, 0)
    while (entries.length > 1 && chars > this.#maxChars) chars -= entries.shift()![1].length
    const complete = copy.complete && entries.length === copy.entries.length
    this.#server.set(key, JSON.stringify({ ...copy, entries, complete } satisfies CopyText))
  }
}

/** The whole, or so many of the newest. */
function stored(copy: CopyText, provenForMs: number, newest = copy.entries.length): StoredCopy {
  const from = Math.max(0, copy.entries.length - newest)
  const entries = copy.entries.slice(from).map(([stamp, body]) => ({ stamp, body: decodeBody(body) }))
  const { session, n, shownFence, units } = copy
  return { session, n, shownFence, complete: copy.complete && from === 0, entries, units, provenForMs }
}

function entriesOf(items: readonly MemoryItem[]): CopyText['entries'] {
  return items.map((item) => [stampOf(item.id), JSON.stringify(bodyOf(item))] as const)
}

function isRising(last: string | undefined, entries: CopyText['entries']): boolean {
  return entries.every(([stamp], i) => stamp > (entries[i - 1]?.[0] ?? last ?? ''))
}
