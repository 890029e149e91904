import { randomBytes } from 'node:crypto'
import { ThermoclineError } from '../../errors.ts'
import { COLD_HEAT, type Heat } from '../../memory/heat.ts'
import { heldItems, NEVER, type Overlay, type SegmentRef, type TailEntry } from '../../memory/record.ts'
import { graveOf, isOwnedBy, type Owner, type SessionIdentity, type SessionKey, shardOf } from '../../memory/session.ts'
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
  about: string
  fence: string
  reviewAt: number
  failures: number
  createdAt: number
  updatedAt: number
  /** Only what outlives a removed session is left of it, or nothing was ever in it. */
  isBuried: boolean
}

class InProcessDurableStore implements DurableStore {
  readonly name = 'in-process'
  readonly capabilities = Object.freeze({
    remote: false,
    persistent: false,
    outOfReach: Object.freeze(['the heap of this process, until its garbage is collected']),
  })
  readonly #dataId = randomBytes(8).toString('hex')
  readonly #rows = new Map<SessionKey, Row>()
  readonly #segments = new Map<string, Uint8Array>()
  readonly #watchers = new Set<(change: LocalChange) => void>()

  async open(): Promise<void> {}

  /** What it holds stays, so that tests can open it again. */
  async close(): Promise<void> {}

  dataId(): string {
    return this.#dataId
  }

  async append(session: SessionIdentity, entries: readonly AppendEntry[], options: AppendOptions): Promise<Appended> {
    const row = this.#rows.get(session.key) ?? { ...newRow(session), isBuried: true }
    this.#rows.set(session.key, row)
    if (row.isBuried) row.erasedTo = Math.max(row.erasedTo, this.#rows.get(graveOf(session.key))?.erasedTo ?? 0)
    const stored = entries.filter(({ stamp }) => !isErased(stamp, row.erasedTo))
    // What is erased does not bring back the session that it was of.
    if (row.isBuried && entries.length > 0 && stored.length === 0) {
      return { n: row.n, tailItems: 0, tailBytes: 0, erasedTo: row.erasedTo }
    }
    if (row.isBuried) {
      row.createdAt = stored[0]?.createdAt ?? options.createdAt ?? 0
      row.updatedAt = row.createdAt
      row.reviewAt = options.reviewAt
      row.isBuried = false
    }
    row.reviewAt = Math.min(row.reviewAt, options.reviewAt)
    addToTail(row, entries)
    this.#changed({ key: session.key, entries })
    return { n: row.n, tailItems: row.tailItems, tailBytes: row.tailBytes, erasedTo: row.erasedTo }
  }

  async load(key: SessionKey, options: LoadOptions = {}): Promise<LoadedRecord | undefined> {
    const row = this.#rows.get(key)
    if (row === undefined || row.isBuried) return undefined
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
      about: row.about,
      reviewAt: row.reviewAt,
      failures: row.failures,
      createdAt: row.createdAt,
      updatedAt: row.updatedAt,
      shownFence: row.fence,
      ...(options.withFence === true && { fence: row.fence }),
    }
  }

  async getSegment(key: SessionKey, segmentId: string): Promise<Uint8Array | undefined> {
    return this.#segments.get(key + segmentId)
  }

  async commit(key: SessionKey, fence: string, change: StructuralChange): Promise<CommitResult> {
    const row = this.#rows.get(key)
    if (row === undefined || row.isBuried || row.fence !== fence) return { kind: 'conflict' }
    if (change.onlyIfN === true && row.n !== change.n) return { kind: 'conflict' }
    for (const { id, bytes } of change.put ?? []) this.#segments.set(key + id, bytes)
    for (const id of change.remove ?? []) this.#segments.delete(key + id)
    row.erasedTo = Math.max(row.erasedTo, change.erasedTo ?? 0)
    const erased = [...row.tail.values()].filter(({ stamp }) => isErased(stamp, row.erasedTo))
    for (const { stamp, body } of [...(change.dropTail ?? []), ...erased]) {
      if (!row.tail.delete(stamp)) continue
      row.tailItems -= 1
      row.tailBytes -= Buffer.byteLength(body)
    }
    row.segments = change.segments ?? row.segments
    row.overlay = change.overlay ?? row.overlay
    row.tailHeat = change.tailHeat ?? row.tailHeat
    row.about = change.about ?? row.about
    row.reviewAt = reviewAfter(row, change.reviewAt, change.n)
    row.failures = 0
    row.fence = change.nextFence
    if (change.bury === true && row.n === change.n) this.#bury(row)
    else addToTail(row, change.addTail ?? [])
    this.#changed({ key, entries: undefined })
    return { kind: 'committed' }
  }

  async touch(key: SessionKey, patch: TouchPatch): Promise<void> {
    const row = this.#rows.get(key)
    if (row === undefined || row.isBuried) return
    row.tailHeat = patch.tailHeat ?? row.tailHeat
    if (patch.segmentHeat !== undefined) row.segments = withHeat(row.segments, patch.segmentHeat)
    if (patch.reviewAt !== undefined) {
      const { at, n, fence } = patch.reviewAt
      row.reviewAt = row.fence === fence ? reviewAfter(row, at, n) : Math.min(row.reviewAt, at)
    }
    row.failures = patch.failures ?? row.failures
  }

  async due(shard: number, before: number, cursor: string | undefined, limit: number): Promise<DuePage> {
    const rows = [...this.#rows.values()]
      .filter((row) => !row.isBuried && shardOf(row.session.key) === shard && row.reviewAt <= before)
      .map((row) => ({ key: row.session.key, reviewAt: row.reviewAt, place: place(row.reviewAt, row.session.key) }))
    const sessions = pageAfter(rows, cursor, limit)
    return { sessions, cursor: sessions.length < limit ? undefined : sessions.at(-1)?.place }
  }

  async list(owner: Owner, cursor: string | undefined, limit: number): Promise<SessionPage> {
    const rows = [...this.#rows.values()]
      .filter((row) => !row.isBuried && isOwnedBy(row.session, owner))
      // Newest first, as rising text.
      .map((row) => ({
        ...row.session,
        createdAt: row.createdAt,
        updatedAt: row.updatedAt,
        n: row.n,
        about: row.about,
        items: heldItems(row),
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

  #bury(row: Row): void {
    for (const { id } of row.segments) this.#segments.delete(row.session.key + id)
    const { session, n, erasedTo, fence } = row
    // One more: a copy of the former life must not take what comes next for the next of its own.
    this.#rows.set(session.key, { ...newRow(session), n: n + 1, erasedTo, fence, isBuried: true })
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
    about: '',
    fence: '',
    reviewAt: NEVER,
    failures: 0,
    createdAt: 0,
    updatedAt: 0,
    isBuried: false,
  }
}

function addToTail(row: Row, entries: readonly AppendEntry[]): void {
  for (const { stamp, body, createdAt } of entries) {
    if (isErased(stamp, row.erasedTo) || row.tail.has(stamp)) continue
    row.tail.set(stamp, { stamp, body })
    row.n += 1
    row.tailItems += 1
    row.tailBytes += Buffer.byteLength(body)
    row.updatedAt = Math.max(row.updatedAt, createdAt)
  }
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

const PLACE = /^\d{17}[0-9a-v]{26}$/

function pageAfter<T extends { readonly place: string }>(rows: T[], cursor: string | undefined, limit: number): T[] {
  if (cursor !== undefined && !PLACE.test(cursor)) {
    throw new ThermoclineError('INVALID_ARGUMENT', 'Cannot read page: expected a cursor that an earlier page gave')
  }
  return rows
    .filter((row) => cursor === undefined || row.place > cursor)
    .sort((a, b) => (a.place < b.place ? -1 : 1))
    .slice(0, limit)
}
