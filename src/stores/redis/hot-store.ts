import { randomBytes } from 'node:crypto'
import { primariesOf, type RedisClient, type RedisConnection } from '../../clients/ioredis.ts'
import { isThermoclineError } from '../../errors.ts'
import { checkNumberOption } from '../../lib/check-options.ts'
import { type Clock, systemClock } from '../../lib/clock.ts'
import type { MemoryItem } from '../../memory/memory-item.ts'
import { type SessionKey, stampOf } from '../../memory/session.ts'
import type { CopyBounds, SessionCopy } from '../../tiers/hot/session-copy.ts'
import type { HotAnswer, HotLease, HotMiss, HotQuery, HotStats, HotStore } from '../../tiers/hot-store.ts'
import {
  type CopyLog,
  CUT,
  decodeLog,
  encodeCopy,
  encodeCount,
  encodeFooter,
  encodeRecords,
  type LogText,
  ROOM_FOR_HEAD,
  toStoredCopy,
} from './copy-log.ts'
import { RedisInvalidations } from './invalidations.ts'
import { KeyNotes } from './key-notes.ts'
import { checkKeyPrefix, DEFAULT_KEY_PREFIX } from './key-prefix.ts'
import { toStoreError } from './redis-errors.ts'
import { APPEND, CLOCK_SLACK_MS, FILL, LEASE, runScript, type Script } from './scripts.ts'
import { unlinkAll } from './unlink-all.ts'

export interface RedisHotStoreOptions {
  /** Gives the connection when the store is opened. */
  readonly connect: () => RedisConnection | Promise<RedisConnection>
  /** First part of every key: letters, digits and `_.:/-`. @default "thermocline" */
  readonly keyPrefix?: string
  /** Newest items kept of one session; a quarter more before the oldest go. @default 500 */
  readonly maxItemsPerSession?: number
  /** Most text kept of the newest items of one session, in bytes; a quarter more before the oldest go. @default 262_144 */
  readonly maxBytesPerSession?: number
  /** Segments of more bytes are not kept: they would hold up every other call. @default 262_144 */
  readonly maxSegmentBytes?: number
  /** How long a segment is kept after its last use, in milliseconds. @default 86_400_000 */
  readonly segmentTtlMs?: number
  /** For proofs and times to live; connections are watched by real time. @default the system's */
  readonly clock?: Clock
}

export const REDIS_HOT_STORE_DEFAULTS: Required<Omit<RedisHotStoreOptions, 'connect' | 'clock'>> = Object.freeze({
  keyPrefix: DEFAULT_KEY_PREFIX,
  maxItemsPerSession: 500,
  maxBytesPerSession: 256 * 1024,
  maxSegmentBytes: 256 * 1024,
  segmentTtlMs: 86_400_000,
})

/** A reader that needs longer from its miss to its fill has to begin again. */
const LEASE_MS = 30_000
/** A step of our own clock would show copies as younger or older than they are, for so long. */
const OFFSET_GOOD_FOR_MS = 30_000
/** No copy is proven so lately. */
const NEVER_PROVEN = -1e15
/** What a record takes beside content and payload. */
const RECORD_OVERHEAD_BYTES = 128
/** A key's time to live is renewed when so much of it is gone. */
const RENEW_SHARE = 1 / 8

/** Copies of sessions in Redis, single or cluster: one string each, so that each is whole or not there. */
export function redisHotStore(options: RedisHotStoreOptions): HotStore {
  return new RedisHotStore(options)
}

class RedisHotStore implements HotStore {
  readonly name = 'redis'
  readonly isShared = true
  readonly changes: RedisInvalidations = new RedisInvalidations()
  readonly #options: Required<RedisHotStoreOptions>
  /** What the names of keys begin with. */
  #sessions = ''
  #segments = ''
  readonly #bounds: CopyBounds
  readonly #notes = new KeyNotes()
  #connection: RedisConnection | undefined
  #isClosed = false
  /** The server's clock less ours, in milliseconds, and when that was seen. */
  #offset = { ms: 0, at: Number.NEGATIVE_INFINITY }
  #hits = 0
  #misses = 0

  constructor(options: RedisHotStoreOptions) {
    this.#options = { ...REDIS_HOT_STORE_DEFAULTS, clock: systemClock, ...options }
    const { keyPrefix, maxItemsPerSession: maxItems, maxBytesPerSession: maxBytes } = this.#options
    checkKeyPrefix(keyPrefix)
    for (const name of ['maxItemsPerSession', 'maxBytesPerSession', 'maxSegmentBytes'] as const)
      checkNumberOption(name, this.#options[name], [0, 512 * 1024 * 1024, true])
    this.#bounds = { maxItems, maxBytes }
  }

  /** A server that can't be reached is no reason to fail: it may come back. */
  async open(dataId = ''): Promise<void> {
    this.#isClosed = false
    const { keyPrefix } = this.#options
    this.#sessions = `${keyPrefix}:h:${dataId}`
    this.#segments = `${keyPrefix}:s:${dataId}`
    try {
      await this.#connect()
    } catch (error) {
      if (!isThermoclineError(error, 'STORE_UNAVAILABLE')) throw error
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.changes.close()
    const connection = this.#connection
    this.#connection = undefined
    await connection?.close()
  }

  async read(key: SessionKey, query: HotQuery): Promise<HotAnswer> {
    const { newest = Number.POSITIVE_INFINITY } = query
    // Guessed by how long this session's items were the last time.
    const guess = Math.ceil(ROOM_FOR_HEAD + this.#notes.bytesOf(key, newest))
    let log: LogText | typeof BROKEN
    try {
      log = this.#decode(key, await this.#range(key, guess), newest, guess)
      if (log.kind === 'cut') {
        const all = Number.POSITIVE_INFINITY
        log = this.#decode(key, await this.#range(key, all), newest, all)
      }
    } catch (error) {
      if (!isWrongType(error)) throw toStoreError(error, 'read in redis')
      log = BROKEN
    }
    if (log.kind === 'lease') return this.#miss(log.text)
    if (log.kind === 'copy') {
      const ageMs = this.#serverNow() - log.provenAt
      const leftMs = query.maxProofAgeMs - ageMs
      if (leftMs > 0 && ageMs > -CLOCK_SLACK_MS) return this.#hit(key, query, log, leftMs)
    }
    return this.#lease(key, query, log.kind === 'broken' ? NEVER_PROVEN : query.maxProofAgeMs)
  }

  async fill(key: SessionKey, lease: HotLease, copy: SessionCopy): Promise<boolean> {
    copy.trim(this.#bounds)
    const { records, head } = encodeCopy(copy)
    const [before, after] = encodeFooter(copy, head.length)
    const ttlMs = lifetime(copy.idleMs)
    const taken = await this.#run(FILL, key, [lease.token as string, records + head + before, after, ttlMs])
    if (taken === 1) this.#notes.renewed(key, this.#options.clock.now())
    return taken === 1
  }

  async append(key: SessionKey, items: readonly MemoryItem[], n: number): Promise<boolean> {
    const stamps = items.map(({ id }) => stampOf(id))
    const [first, last] = [stamps[0], stamps.at(-1)]
    if (first === undefined || last === undefined || stamps.some((stamp, i) => i > 0 && stamp <= stamps[i - 1]!)) {
      await this.forget(key)
      return false
    }
    const { maxItems } = this.#bounds
    const maxBytes = this.#bounds.maxBytes + maxItems * RECORD_OVERHEAD_BYTES
    const counts = [encodeCount(n - items.length), encodeCount(n)]
    const args = [...counts, first, last, items.length, encodeRecords(items), maxItems, maxBytes]
    return (await this.#run(APPEND, key, args)) === 1
  }

  async forget(key: SessionKey): Promise<void> {
    await this.#call('forget', (client) => client.call('unlink', this.#keyOf(key)))
  }

  release(): void {}

  async clear(): Promise<void> {
    await this.#call('clear', (client) => unlinkAll(client, `${this.#sessions}{`))
  }

  async forgetOwner(tag: string): Promise<void> {
    await this.#call('forget owner', async (client) => {
      for (const prefix of [this.#sessions, this.#segments]) await unlinkAll(client, `${prefix}{${tag}`)
    })
  }

  async getSegment(key: SessionKey, segmentId: string): Promise<Uint8Array | undefined> {
    const name = this.#segmentKey(key, segmentId)
    const bytes = await this.#call('get segment', (client) => client.callBuffer('get', name))
    if (!(bytes instanceof Uint8Array)) return undefined
    this.#renew(name, name, this.#options.segmentTtlMs)
    return bytes
  }

  async putSegment(key: SessionKey, segmentId: string, bytes: Uint8Array): Promise<void> {
    const { maxSegmentBytes, segmentTtlMs, clock } = this.#options
    if (bytes.byteLength > maxSegmentBytes) return
    const name = this.#segmentKey(key, segmentId)
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    await this.#call('put segment', (client) => client.call('set', name, buffer, 'PX', lifetime(segmentTtlMs)))
    this.#notes.renewed(name, clock.now())
  }

  async dropSegments(key: SessionKey, segmentIds: readonly string[]): Promise<void> {
    if (segmentIds.length === 0) return
    const names = segmentIds.map((id) => this.#segmentKey(key, id))
    await this.#call('drop segments', (client) => client.call('unlink', ...names))
  }

  /** Writes, since a replica or a full disk can be read from; and asks every primary, since one may be gone alone. */
  async probe(): Promise<void> {
    if (this.#connection === undefined) await this.#connect()
    await this.#call('probe', async (client) => {
      const written = client.call('set', `${this.#options.keyPrefix}:probe`, '', 'PX', 60_000)
      const accepted = written.catch((error: unknown) => {
        // Out of memory, it still forgets and is read from.
        if (!(error instanceof Error && error.message.startsWith('OOM'))) throw error
      })
      await Promise.all([accepted, ...primariesOf(client).map((node) => node.call('ping'))])
    })
  }

  stats(): HotStats {
    return { sessions: 0, segments: 0, bytes: 0, maxBytes: 0, hits: this.#hits, misses: this.#misses, evictions: 0 }
  }

  async #connect(): Promise<void> {
    const connection = await this.#options.connect()
    if (this.#isClosed || this.#connection !== undefined) return connection.close()
    this.#connection = connection
    this.changes.open(connection.client, this.#sessions)
  }

  /** The time by which copies are proven: two hosts' clocks may differ. In doubt the server has to say. */
  #serverNow(): number {
    const now = this.#options.clock.now()
    const { ms, at } = this.#offset
    return now >= at && now - at < OFFSET_GOOD_FOR_MS ? now + ms : Number.POSITIVE_INFINITY
  }

  /** So many bytes from the end. */
  #range(key: SessionKey, bytes: number): Promise<unknown> {
    return this.#client().call('getrange', this.#keyOf(key), Number.isFinite(bytes) ? -bytes : 0, -1)
  }

  #decode(key: SessionKey, text: unknown, newest: number, bytes: number): LogText | typeof BROKEN {
    if (typeof text !== 'string') return BROKEN
    try {
      const log = decodeLog(key, text, { newest, mayBeWhole: text.length < bytes, head: this.#notes.head(key) })
      if (log.kind === 'copy') {
        const bytesPerChar = text.length < bytes ? Buffer.byteLength(text) / text.length : 1
        this.#notes.decoded(key, log.head, log.itemChars * bytesPerChar)
      }
      return log
    } catch {
      // Where this is only the end, the record that it begins with may be half of the first of all.
      return Number.isFinite(bytes) ? CUT : BROKEN
    }
  }

  async #lease(key: SessionKey, query: HotQuery, maxProofAgeMs: number): Promise<HotAnswer> {
    const { clock } = this.#options
    const sentAt = clock.now()
    const token = randomBytes(12).toString('base64url')
    const reply = (await this.#run(LEASE, key, [token, LEASE_MS, maxProofAgeMs])) as [number, string, string?]
    const [serverNow, found, lease] = reply
    // By when it was sent: so a copy looks older rather than younger than it is, however late the reply came.
    this.#offset = { ms: serverNow - sentAt, at: clock.now() }
    // Of a copy that is to be filled again, all.
    const log = decodeFound(key, found, lease === undefined ? query.newest : undefined)
    if (lease === undefined) {
      if (log?.kind === 'lease') return this.#miss(log.text)
      if (log?.kind === 'copy') return this.#hit(key, query, log, maxProofAgeMs - (serverNow - log.provenAt))
      // Nobody can read it: away with it.
      return this.#lease(key, query, NEVER_PROVEN)
    }
    const miss = this.#miss(lease)
    return log?.kind === 'copy' ? { ...miss, unproven: query.revive(toStoredCopy(log, 0)) } : miss
  }

  #hit(key: SessionKey, query: HotQuery, log: CopyLog, leftMs: number): SessionCopy {
    this.#hits += 1
    const copy = query.revive(toStoredCopy(log, leftMs))
    copy.trim(this.#bounds)
    this.#renew(key, this.#keyOf(key), copy.idleMs)
    return copy
  }

  #miss(lease: string): HotMiss {
    this.#misses += 1
    return { kind: 'miss', lease: { token: lease } }
  }

  /** Lets a key live on after a use, not at every use. */
  #renew(note: string, name: string, ttlMs: number): void {
    const now = this.#options.clock.now()
    if (now - this.#notes.renewedAt(note) < ttlMs * RENEW_SHARE) return
    this.#notes.renewed(note, now)
    this.#connection?.client.call('pexpire', name, lifetime(ttlMs)).catch(() => undefined)
  }

  #run(script: Script, key: SessionKey, args: readonly (string | number)[]): Promise<unknown> {
    return this.#call('run script', (client) => runScript(client, script, this.#keyOf(key), args))
  }

  async #call(action: string, body: (client: RedisClient) => Promise<unknown>): Promise<unknown> {
    try {
      return await body(this.#client())
    } catch (error) {
      throw toStoreError(error, `${action} in redis`)
    }
  }

  #client(): RedisClient {
    if (this.#connection === undefined) throw new Error('the store is not open')
    const { client, lastError } = this.#connection
    // A client that was given may have a queue, where a call would wait long after its caller gave up.
    if (client.status !== 'ready') throw new Error(lastError() ?? 'not connected yet')
    return client
  }

  /** In braces: all keys of a session are in the slot of its key, which is a hash. */
  #keyOf(key: SessionKey): string {
    return `${this.#sessions}{${key}}`
  }

  #segmentKey(key: SessionKey, segmentId: string): string {
    return `${this.#segments}{${key}}:${segmentId}`
  }
}

const BROKEN: { readonly kind: 'broken' } = Object.freeze({ kind: 'broken' })

/** Somebody else's value: it is nothing of ours. */
function isWrongType(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('WRONGTYPE')
}

function decodeFound(key: SessionKey, text: string, newest = Number.POSITIVE_INFINITY): LogText | undefined {
  try {
    return decodeLog(key, text, { newest, mayBeWhole: true })
  } catch {
    return undefined
  }
}

/** Redis wants whole milliseconds, and takes 0 for an error. */
function lifetime(ms: number): number {
  return Math.max(1, Math.trunc(ms))
}
