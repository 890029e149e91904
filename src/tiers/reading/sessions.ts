import { ThermoclineError } from '../../errors.ts'
import { checkNames, shown } from '../../lib/check-names.ts'
import type { JsonObject } from '../../memory/json.ts'
import { heldItems, NEVER, type SessionRecord } from '../../memory/record.ts'
import { isSystemSession, type Owner, SHARD_COUNT } from '../../memory/session.ts'
import { decodeAbout } from '../../memory/session-about.ts'
import type { LoadedRecord } from '../durable-store.ts'
import type { TierParts } from '../tier-parts.ts'
import { everySession } from './every-session.ts'
import { countTiers, NO_TIER_COUNTS, type TierCounts } from './tier-counts.ts'

/** A session as a whole. */
export interface SessionInfo {
  readonly tenantId: string
  readonly userId: string
  readonly sessionId: string
  /** `createdAt` of what was added first, milliseconds since 1970. */
  readonly createdAt: number
  /** Highest `createdAt` of an item that was added, milliseconds since 1970. */
  readonly updatedAt: number
  /** Items that it holds. Expired ones count until they are removed, and repeated adds until the next sweep. */
  readonly items: number
  readonly metadata?: JsonObject
  readonly retentionDays?: number
}

export interface SessionPageOptions {
  /** Most sessions of the answer, 1 to 1000. @default 50 */
  readonly limit?: number
  /** From an earlier page: goes on where that ended. */
  readonly cursor?: string
}

export interface ListedSessions {
  /** The newest first, by `updatedAt`. */
  readonly sessions: readonly SessionInfo[]
  /** Absent at the end. */
  readonly cursor?: string
}

const MAX_PAGE = 1000
const DEFAULT_PAGE = 50
/** Sessions that are listed at a time, where all of them are looked at. */
const PAGE = 100
/** A busy store has new sessions all the time. */
const MAX_LISTINGS = 3

/** Looks at sessions as wholes. None of it counts as a read of what they hold. */
export class Sessions {
  readonly #parts: TierParts

  constructor(parts: TierParts) {
    this.#parts = parts
  }

  /** @throws ThermoclineError `INVALID_ARGUMENT` */
  async list(owner: Owner, options: SessionPageOptions): Promise<ListedSessions> {
    const { limit = DEFAULT_PAGE, cursor } = options
    if (!(Number.isSafeInteger(limit) && limit >= 1 && limit <= MAX_PAGE)) {
      throw invalid('limit', `a whole number from 1 to ${MAX_PAGE}`, limit)
    }
    if (cursor !== undefined && typeof cursor !== 'string')
      throw invalid('cursor', 'one that an earlier page gave', cursor)
    const page = await this.#parts.durable.list(owner, cursor, limit)
    const sessions = Object.freeze(page.sessions.map((summary) => infoOf(summary, summary)))
    return Object.freeze(page.cursor === undefined ? { sessions } : { sessions, cursor: page.cursor })
  }

  async get(key: LoadedRecord['session']['key']): Promise<SessionInfo | undefined> {
    const record = await this.#parts.durable.load(key, { newest: 1 })
    return record && infoOfRecord(record)
  }

  /** All sessions, of one owner or of the whole store. */
  async *iterate(owner: Owner | undefined): AsyncGenerator<SessionInfo, void, undefined> {
    for await (const record of this.#records(owner)) yield infoOfRecord(record)
  }

  async countTiers(owner: Owner | undefined): Promise<TierCounts> {
    const { options, clock } = this.#parts
    let counts = NO_TIER_COUNTS
    for await (const record of this.#records(owner)) counts = countTiers(counts, record, options, clock.now())
    return counts
  }

  async *#records(owner: Owner | undefined): AsyncGenerator<LoadedRecord, void, undefined> {
    const { durable } = this.#parts
    const listings =
      owner === undefined
        ? // Every session has a review, if only at the end of time.
          Array.from({ length: SHARD_COUNT }, (_, shard) =>
            everySession((cursor) => durable.due(shard, NEVER, cursor, PAGE), MAX_LISTINGS),
          )
        : [everySession((cursor) => durable.list(owner, cursor, PAGE))]
    for (const keys of listings) {
      for await (const key of keys) {
        const record = await durable.load(key, { newest: 1 })
        if (record !== undefined && !isSystemSession(record.session)) yield record
      }
    }
  }
}

/** @throws ThermoclineError `INVALID_ARGUMENT` */
export function checkPageOptions(given: object): void {
  checkNames('INVALID_ARGUMENT', 'Cannot list sessions', given, ['tenantId', 'userId', 'limit', 'cursor'])
}

function infoOfRecord(record: SessionRecord): SessionInfo {
  return infoOf(record.session, { ...record, items: heldItems(record) })
}

function infoOf(
  { tenantId, userId, sessionId }: Owner & { readonly sessionId: string },
  { createdAt, updatedAt, items, about }: Pick<SessionInfo, 'createdAt' | 'updatedAt' | 'items'> & { about: string },
): SessionInfo {
  const { metadata, retentionDays } = decodeAbout(about)
  return Object.freeze({
    tenantId,
    userId,
    sessionId,
    createdAt,
    updatedAt,
    items,
    ...(metadata !== undefined && { metadata: Object.freeze(metadata) }),
    ...(retentionDays !== undefined && { retentionDays }),
  })
}

function invalid(name: string, expected: string, value: unknown): ThermoclineError {
  const message = `Cannot list sessions: ${name}: expected ${expected}: received ${shown(value)}`
  return new ThermoclineError('INVALID_ARGUMENT', message, { details: { name } })
}
