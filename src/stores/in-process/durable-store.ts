import { randomBytes } from 'node:crypto'
import { base32 } from '../../lib/base32.ts'
import { COLD_HEAT, type Heat } from '../../memory/heat.ts'
import { NEVER, type Overlay, type SegmentRef, type TailEntry } from '../../memory/record.ts'
import { type Owner, type SessionIdentity, type SessionKey, shardOf } from '../../memory/session.ts'
import { isErased, type Stamp } from '../../memory/stamp.ts'
import type {
  AppendEntry,
  Appended,
  AppendOptions,
  CommitResult,
  DuePage,
  DurableStore,
  LoadedRecord,
  LoadOptions,
  LocalChange,
  SessionPage,
  StructuralChange,
  TouchPatch,
} from '../../tiers/durable-store.ts'

/** Holds everything in this process, for tests and for agents that need to remember nothing after they end. */
export function inProcessDurableStore(): DurableStore {
  return new InProcessDurableStore()
}

interface Row {
  readonly session: SessionIdentity
  n: number
  erasedTo: number
  tailItems: number
  tailBytes: number
  tail: Map<Stamp, TailEntry>
  tailHeat: Heat
  segments: readonly SegmentRef[]
  overlay: Overlay
  fence: string
  reviewAt: number
  failures: number
  updatedAt: number
}

class InProcessDurableStore implements DurableStore {
  readonly name = 'in-process'
  readonly capabilities = Object.freeze({ remote: false, persistent: false })
  readonly #rows = new Map<SessionKey, Row>()
  readonly #segments = new Map<string, Uint8Array>()
  readonly #watchers = new Set<(change: LocalChange) => void>()

  async open(): Promise<void> {}

  /** What it holds stays, so that tests can open it again. */
  async close(): Promise<void> {}

  async append(session: SessionIdentity, entries: readonly AppendEntry[], options: AppendOptions): Promise<Appended> {
    const row = this.#rows.get(session.key) ?? newRow(session)
    this.#rows.set(session.key, row)
    for (const { stamp, body, createdAt } of entries) {
      if (isErased(stamp, row.erasedTo) || row.tail.has(stamp)) continue
      row.tail.set(stamp, { stamp, body })
      row.n += 1
      row.tailItems += 1
      row.tailBytes += Buffer.byteLength(body)
      row.updatedAt = Math.max(row.updatedAt, createdAt)
      row.reviewAt = Math.min(row.reviewAt, options.reviewAt)
    }
    this.#changed({ key: session.key, entries })
    return { n: row.n, tailItems: row.tailItems, tailBytes: row.tailBytes, erasedTo: row.erasedTo }
  }

  async load(key: SessionKey, options: LoadOptions = {}): Promise<LoadedRecord | undefined> {
    const row = this.#rows.get(key)
    if (row === undefined) return undefined
    const all = [...row.tail.values()].sort((a, b) => (a.stamp < b.stamp ? -1 : 1))
    const tail = options.newest === undefined ? all : all.slice(-options.newest)
    return {
      session: row.session,
      n: row.n,
      erasedTo: row.erasedTo,
      tail,
      tailComplete: tail.length === all.length,
      tailItems: row.tailItems,
      tailBytes: row.tailBytes,
      tailHeat: row.tailHeat,
      segments: row.segments,
      overlay: row.overlay,
      reviewAt: row.reviewAt,
      failures: row.failures,
      updatedAt: row.updatedAt,
      ...(options.withFence === true && { fence: row.fence }),
    }
  }

  async getSegment(key: SessionKey, segmentId: string): Promise<Uint8Array | undefined> {
    return this.#segments.get(key + segmentId)
  }

  async commit(key: SessionKey, fence: string, change: StructuralChange): Promise<CommitResult> {
    const row = this.#rows.get(key)
    if (row === undefined || row.fence !== fence) return { kind: 'conflict' }
    for (const { id, bytes } of change.put ?? []) this.#segments.set(key + id, bytes)
    for (const id of change.remove ?? []) this.#segments.delete(key + id)
    for (const { stamp, body } of change.dropTail ?? []) {
      if (!row.tail.delete(stamp)) continue
      row.tailItems -= 1
      row.tailBytes -= Buffer.byteLength(body)
    }
    row.segments = change.segments ?? row.segments
    row.overlay = change.overlay ?? row.overlay
    row.tailHeat = change.tailHeat ?? row.tailHeat
    row.erasedTo = Math.max(row.erasedTo, change.erasedTo ?? 0)
    row.reviewAt = reviewAfter(row, change.reviewAt, change.n)
    row.failures = 0
    row.fence = newFence()
    this.#changed({ key, entries: undefined })
    return { kind: 'committed' }
  }

  async touch(key: SessionKey, patch: TouchPatch): Promise<void> {
    const row = this.#rows.get(key)
    if (row === undefined) return
    row.tailHeat = patch.tailHeat ?? row.tailHeat
    if (patch.segmentHeat !== undefined) row.segments = withHeat(row.segments, patch.segmentHeat)
    if (patch.reviewAt !== undefined) row.reviewAt = reviewAfter(row, patch.reviewAt.at, patch.reviewAt.n)
    row.failures = patch.failures ?? row.failures
  }

  async due(shard: number, before: number, cursor: string | undefined, limit: number): Promise<DuePage> {
    const rows = [...this.#rows.values()]
      .filter((row) => shardOf(row.session.key) === shard && row.reviewAt <= before)
      .map((row) => ({ key: row.session.key, reviewAt: row.reviewAt, place: place(row.reviewAt, row.session.key) }))
    const sessions = pageAfter(rows, cursor, limit)
    return { sessions, cursor: sessions.length < limit ? undefined : sessions.at(-1)?.place }
  }

  async list(owner: Owner, cursor: string | undefined, limit: number): Promise<SessionPage> {
    const rows = [...this.#rows.values()]
      .filter(({ session }) => session.tenantId === owner.tenantId && session.userId === owner.userId)
      // Newest first, as rising text.
      .map((row) => ({
        ...row.session,
        updatedAt: row.updatedAt,
        n: row.n,
        place: place(NEVER - row.updatedAt, row.session.key),
      }))
    const sessions = pageAfter(rows, cursor, limit)
    return { sessions, cursor: sessions.length < limit ? undefined : sessions.at(-1)?.place }
  }

  foreignChanges(): number {
    return 0
  }

  watch(listener: (change: LocalChange) => void): () => void {
    this.#watchers.add(listener)
    return () => this.#watchers.delete(listener)
  }

  #changed(change: LocalChange): void {
    for (const watcher of this.#watchers) watcher(change)
  }
}

function newRow(session: SessionIdentity): Row {
  return {
    session,
    n: 0,
    erasedTo: 0,
    tailItems: 0,
    tailBytes: 0,
    tail: new Map(),
    tailHeat: COLD_HEAT,
    segments: [],
    overlay: new Map(),
    fence: newFence(),
    reviewAt: NEVER,
    failures: 0,
    updatedAt: 0,
  }
}

function newFence(): string {
  return base32(randomBytes(10))
}

function reviewAfter(row: Row, at: number, n: number): number {
  return row.n === n ? at : Math.min(row.reviewAt, at)
}

function withHeat(segments: readonly SegmentRef[], heat: ReadonlyMap<string, Heat>): readonly SegmentRef[] {
  return segments.map((segment) => {
    const changed = heat.get(segment.id)
    return changed === undefined ? segment : { ...segment, heat: changed }
  })
}

function place(order: number, key: SessionKey): string {
  return `${order.toString().padStart(17, '0')}${key}`
}

function pageAfter<T extends { readonly place: string }>(rows: T[], cursor: string | undefined, limit: number): T[] {
  return rows
    .filter((row) => cursor === undefined || row.place > cursor)
    .sort((a, b) => (a.place < b.place ? -1 : 1))
    .slice(0, limit)
}
