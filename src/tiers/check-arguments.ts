import { ThermoclineError } from '../errors.ts'
import { checkNames, kindOf, shown } from '../lib/check-names.ts'
import { type EncodedBody, encodeNewItem } from '../memory/item-body.ts'
import type { JsonObject } from '../memory/json.ts'
import type { MemoryItem, NewMemoryItem } from '../memory/memory-item.ts'
import { checkMetadata } from '../memory/metadata.ts'
import { identifySession, parseItemId, type SessionIdentity } from '../memory/session.ts'
import type { SessionAbout } from '../memory/session-about.ts'
import { keyedStamp, MAX_STAMP_LEAD_MS, type Stamp, stampMs } from '../memory/stamp.ts'
import type { AddPlace } from './write-path.ts'

/** An item that may be added as it is. */
export interface CheckedAdd {
  readonly session: SessionIdentity
  readonly encoded: EncodedBody
  readonly place: AddPlace
}

/** A session as a caller names it. */
export interface SessionAddress {
  /** @default "default" */
  readonly tenantId?: string
  readonly userId: string
  readonly sessionId: string
}

/** A user as a caller names one. */
export interface OwnerAddress {
  /** @default "default" */
  readonly tenantId?: string
  readonly userId: string
}

/** What putting items back has done. */
export interface RestoreReport {
  /** Stored now, or there already. */
  readonly restored: number
  /** Left out, since their session was erased after they were made. */
  readonly erased: number
}

/** Where the end of a session is put differently. */
export interface EndReplacement {
  /** Ids of the newest items as the caller knows them, oldest first, at most 200; none where it knows of no item. */
  readonly expected: readonly string[]
  /**
   * What takes their place; at most 200, and 1 MiB of them as JSON. Items that were read may be among them: they become
   * new ones, without their keys.
   */
  readonly items: readonly Omit<
    NewMemoryItem,
    'tenantId' | 'userId' | 'sessionId' | 'idempotencyKey' | 'sequence' | 'after'
  >[]
}

/** What to say of a session as a whole. Absent: as before. `null`: nothing any more. */
export interface SessionChange {
  /** At most 8 KiB as JSON, 64 keys, 16 levels. Replaces all of it; a function makes it from what it is. */
  readonly metadata?: JsonObject | null | ((metadata: JsonObject) => JsonObject)
  /** Items are removed so many days after they were added, whatever the options say. Above 0, up to 36,500. */
  readonly retentionDays?: number | null
}

const BODY_NAMES = [
  ...['content', 'contentType', 'createdAt', 'payload', 'metadata', 'importance', 'pinned', 'callId', 'expiresAt'],
]
const ITEM_NAMES = [
  ...BODY_NAMES,
  ...['tenantId', 'userId', 'sessionId', 'idempotencyKey', 'sequence', 'after'],
  // What an item that was read has besides: so it can be handed in again as it is, as a new one.
  ...['id', 'tier', 'cached', 'lastAccessedAt', 'accessCount'],
]
/** As many as one append takes. */
const MAX_REPLACED = 200
/** They are stored by one commit, and in one record, which is at most 1 MiB with all else that it holds. */
const MAX_REPLACED_BYTES = 768 * 1024
const MAX_RETENTION_DAYS = 36_500

/** More could not wait for their turn either. */
const MAX_LIST = 10_000

/** @throws ThermoclineError `INVALID_ARGUMENT` */
export function checkList<T>(list: readonly T[]): readonly T[] {
  // A copy without holes, which would be passed over and then be missed.
  if (Array.isArray(list) && list.length <= MAX_LIST) return Array.from<T>(list)
  const received = Array.isArray(list) ? list.length : kindOf(list)
  throw new ThermoclineError(
    'INVALID_ARGUMENT',
    `Cannot add items: expected an array of at most ${MAX_LIST}: received ${received}`,
  )
}

/** An item that takes its place behind the others, or where its key says. */
export function checkNewItem(item: NewMemoryItem, now: number): CheckedAdd {
  checkNames('INVALID_ITEM', 'Cannot add item', item, ITEM_NAMES)
  const session = identifySession(item)
  const { after: afterId, sequence } = item
  const encoded = encodeNewItem(item, now, sequence)
  const after = afterId === undefined ? undefined : stampWithin(session, afterId, 'after')
  const { idempotencyKey, createdAt } = encoded.body
  const fixed = idempotencyKey === undefined ? undefined : keyedStamp(createdAt, idempotencyKey, sequence)
  return { session, encoded, place: { after, fixed } }
}

/** An item that keeps the id it has. */
export function checkRestoredItem(item: MemoryItem, now: number): CheckedAdd {
  checkNames('INVALID_ITEM', 'Cannot restore item', item, ITEM_NAMES)
  const session = identifySession(item)
  const fixed = stampWithin(session, item.id, 'id')
  if (stampMs(fixed) > now + MAX_STAMP_LEAD_MS) {
    throw new ThermoclineError(
      'INVALID_ITEM',
      'Cannot restore item: id: expected one made at most 5 minutes ahead of the clock',
    )
  }
  return { session, encoded: encodeNewItem(item, now), place: { fixed } }
}

/** Items that take the place of others, which keep their order. */
export function checkReplacement(
  session: SessionIdentity,
  { expected, items }: EndReplacement,
  now: number,
): { readonly stamps: readonly Stamp[]; readonly encoded: readonly EncodedBody[] } {
  const stamps = checkList(expected).map((id) => stampWithin(session, id, 'expected'))
  const encoded = checkList(items).map((item, i) => checkAt(i, () => checkReplacing(item, now)))
  const bytes = encoded.reduce((sum, item) => sum + item.bytes, 0)
  if (bytes > MAX_REPLACED_BYTES) {
    const reason = `expected at most ${MAX_REPLACED_BYTES} bytes of items as JSON: received ${bytes}`
    throw new ThermoclineError('INVALID_ARGUMENT', `Cannot replace end: ${reason}`)
  }
  const most = Math.max(stamps.length, encoded.length)
  if (most <= MAX_REPLACED) return { stamps, encoded }
  const message = `Cannot replace end: expected at most ${MAX_REPLACED} items: received ${most}`
  throw new ThermoclineError('INVALID_ARGUMENT', message)
}

function checkReplacing(item: object, now: number): EncodedBody {
  checkNames('INVALID_ITEM', 'Cannot add item', item, ITEM_NAMES)
  const { idempotencyKey: _key, sequence: _sequence, ...fields } = item as NewMemoryItem
  return encodeNewItem(fields, now)
}

/** Whatever is thrown, with the place in what was handed in. */
export function checkAt<T>(index: number, check: () => T): T {
  try {
    return check()
  } catch (error) {
    if (!(error instanceof ThermoclineError)) throw error
    throw new ThermoclineError(error.code, `${error.message} (item ${index}; nothing was stored)`, {
      cause: error,
      details: { ...error.details, index },
    })
  }
}

/** @throws ThermoclineError `INVALID_ID`, `OUT_OF_SCOPE` for an item of another session */
export function stampWithin(session: SessionIdentity, id: string, name: string): Stamp {
  const { key, stamp } = parseItemId(id)
  if (key === session.key) return stamp
  throw new ThermoclineError('OUT_OF_SCOPE', `Cannot use ${name}: it is the id of an item of another session`)
}

/** @throws ThermoclineError `INVALID_ITEM` for the metadata, `INVALID_ARGUMENT` for the rest */
export function checkSessionChange({ metadata, retentionDays }: SessionChange): (about: SessionAbout) => SessionAbout {
  if (retentionDays !== undefined && retentionDays !== null) {
    if (!(typeof retentionDays === 'number' && retentionDays > 0 && retentionDays <= MAX_RETENTION_DAYS)) {
      throw new ThermoclineError(
        'INVALID_ARGUMENT',
        `Cannot update session: retentionDays: expected days above 0, up to ${MAX_RETENTION_DAYS}, or null: received ${shown(retentionDays)}`,
        { details: { name: 'retentionDays' } },
      )
    }
  }
  const fixed =
    metadata === undefined || metadata === null || typeof metadata === 'function' ? metadata : checkMetadata(metadata)
  return (about) => {
    const next = typeof fixed === 'function' ? checkMetadata(fixed(about.metadata ?? {})) : fixed
    const days = retentionDays === undefined ? about.retentionDays : retentionDays
    const data = next === undefined ? about.metadata : next
    return {
      ...(data !== undefined && data !== null && { metadata: data }),
      ...(days !== undefined && days !== null && { retentionDays: days }),
    }
  }
}

/** What failed, and what is stored all the same. */
export function partial(cause: unknown, stored: readonly MemoryItem[], asked: number, baseError: unknown): unknown {
  if (!(cause instanceof ThermoclineError) || stored.length === 0) return cause
  return new ThermoclineError(cause.code, `${cause.message} (${stored.length} of ${asked} items are stored)`, {
    cause,
    details: { ...cause.details, storedIds: stored.map(({ id }) => id), ...(baseError !== undefined && { baseError }) },
  })
}

const ADDRESS_NAMES = ['tenantId', 'userId', 'sessionId']

export function checkReplacementNames(given: object): void {
  checkNames('INVALID_ARGUMENT', 'Cannot replace end', given, [...ADDRESS_NAMES, 'expected', 'items'])
}

export function checkSessionChangeNames(given: object): void {
  checkNames('INVALID_ARGUMENT', 'Cannot update session', given, [...ADDRESS_NAMES, 'metadata', 'retentionDays'])
}

export function checkForkNames(given: object): void {
  checkNames('INVALID_ARGUMENT', 'Cannot fork session', given, [...ADDRESS_NAMES, 'toSessionId', 'upTo'])
}
