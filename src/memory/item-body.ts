import { ThermoclineError } from '../errors.ts'
import { checkNames, shown } from '../lib/check-names.ts'
import { deepFreeze } from '../lib/freeze.ts'
import type { ItemBody, ItemChange, MemoryItem, NewMemoryItem, Payload, Tier } from './memory-item.ts'
import { checkMetadata } from './metadata.ts'
import { itemId, type SessionIdentity } from './session.ts'
import { MAX_COUNTER, MAX_STAMP_LEAD_MS, type Stamp } from './stamp.ts'
import { checkUserText } from './user-text.ts'

export const MAX_ITEM_BYTES: number = 512 * 1024
const MAX_NAME_BYTES = 64
const MAX_KEY_BYTES = 512

/** An item's body as the text that stores keep, with what the write path needs to know of it. */
export interface EncodedBody {
  readonly body: ItemBody
  readonly text: string
  readonly bytes: number
}

/** What an item is made of, whosever it is. */
export type NewItemFields = Omit<NewMemoryItem, 'tenantId' | 'userId' | 'sessionId' | 'after'>

/**
 * Checks an item from outside and brings it into the form that stores keep.
 * @throws ThermoclineError `INVALID_ITEM`, `ITEM_TOO_LARGE`
 */
export function encodeNewItem(item: NewItemFields, now: number, sequence: unknown = item.sequence): EncodedBody {
  // Each is read once: a getter can't show one thing to the checks and another to the store.
  const { content, contentType, createdAt: saidAt, payload, metadata, importance, pinned } = item
  const { callId, expiresAt, idempotencyKey } = item
  if (typeof content !== 'string') throw refused('content', `expected text: received ${typeof content}`)
  // A UTF-16 unit is at least one byte: what can't fit is refused before any of it is copied.
  if (content.length > MAX_ITEM_BYTES) throw tooLarge(content.length)
  const createdAt = saidAt === undefined ? Math.trunc(now) : checkTime('createdAt', saidAt)
  if (createdAt > now + MAX_STAMP_LEAD_MS)
    throw refused('createdAt', 'expected a time at most 5 minutes ahead of the clock')
  if (idempotencyKey !== undefined && saidAt === undefined) {
    throw refused('idempotencyKey', 'expected createdAt beside it: the two together name the item')
  }
  if (sequence !== undefined) checkSequence(sequence, idempotencyKey)
  if (pinned !== undefined && typeof pinned !== 'boolean') throw refused('pinned', 'expected true or false')
  const body: ItemBody = Object.freeze({
    content,
    contentType: checkContentType(contentType),
    createdAt,
    ...(payload !== undefined && { payload: checkPayload(payload) }),
    ...(metadata !== undefined && { metadata: checkMetadata(metadata) }),
    ...(importance !== undefined && { importance: checkImportance(importance) }),
    ...(pinned === true && { pinned: true }),
    ...(callId !== undefined && { callId: checkUserText('INVALID_ITEM', 'callId', callId, MAX_KEY_BYTES) }),
    ...(expiresAt !== undefined && { expiresAt: checkTime('expiresAt', expiresAt) }),
    ...(idempotencyKey !== undefined && {
      idempotencyKey: checkUserText('INVALID_ITEM', 'idempotencyKey', idempotencyKey, MAX_KEY_BYTES),
    }),
  })
  return encodeBody(body)
}

/**
 * The body with some of it changed.
 * @throws ThermoclineError `INVALID_ITEM`, `ITEM_TOO_LARGE`
 */
export function encodeChangedItem(body: ItemBody, change: ItemChange, now: number): EncodedBody {
  checkNames('INVALID_ITEM', 'Cannot update item', change, CHANGEABLE)
  const fields: Record<string, unknown> = {}
  // A framework's message of the old content would bring it back to whoever reads that first.
  const stale = change.content === undefined ? {} : { payload: null }
  for (const [name, value] of Object.entries({ ...body, ...stale, ...withoutUndefined(change) })) {
    if (value !== null) fields[name] = value
  }
  // As dates, which nobody takes for seconds.
  fields.createdAt = new Date(body.createdAt)
  if (typeof fields.expiresAt === 'number' && change.expiresAt === undefined)
    fields.expiresAt = new Date(fields.expiresAt)
  return encodeNewItem(fields as unknown as NewItemFields, Math.max(now, body.createdAt))
}

const CHANGEABLE = 'content contentType payload metadata importance pinned callId expiresAt'.split(' ')

function withoutUndefined(change: ItemChange): object {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined))
}

/** @throws ThermoclineError `ITEM_TOO_LARGE` */
export function encodeBody(body: ItemBody): EncodedBody {
  const text = JSON.stringify(body)
  const bytes = Buffer.byteLength(text)
  if (bytes > MAX_ITEM_BYTES) throw tooLarge(bytes)
  return { body, text, bytes }
}

/** The body that a text stands for. Its inner parts are frozen; itself, it is frozen as part of an item. */
export function decodeBody(text: string): ItemBody {
  return freezeInside(JSON.parse(text) as ItemBody)
}

/** Freezes what a body holds, so that items made of it can be shared. */
export function freezeInside(body: ItemBody): ItemBody {
  if (body.metadata !== undefined) deepFreeze(body.metadata)
  if (body.payload !== undefined) Object.freeze(body.payload)
  return body
}

/** The part of an item that stores write. */
export function bodyOf(item: MemoryItem): ItemBody {
  const { id, tenantId, userId, sessionId, tier, cached, accessCount, lastAccessedAt, ...body } = item
  return body
}

/** What the store knows of an item when it hands it out. */
export interface ItemState {
  readonly tier: Tier
  readonly cached: boolean
  readonly lastAccessedAt: number | undefined
  readonly accessCount: number
}

export function makeItem(session: SessionIdentity, stamp: Stamp, body: ItemBody, state: ItemState): MemoryItem {
  // Field by field: spreading a body takes three times as long, and reading a history is mostly this.
  const item: { -readonly [name in keyof MemoryItem]: MemoryItem[name] } = {
    id: itemId(session.key, stamp),
    tenantId: session.tenantId,
    userId: session.userId,
    sessionId: session.sessionId,
    content: body.content,
    contentType: body.contentType,
    createdAt: body.createdAt,
    tier: state.tier,
    cached: state.cached,
    accessCount: state.accessCount,
  }
  if (state.lastAccessedAt !== undefined) item.lastAccessedAt = state.lastAccessedAt
  if (body.payload !== undefined) item.payload = body.payload
  if (body.metadata !== undefined) item.metadata = body.metadata
  if (body.importance !== undefined) item.importance = body.importance
  if (body.pinned !== undefined) item.pinned = body.pinned
  if (body.callId !== undefined) item.callId = body.callId
  if (body.expiresAt !== undefined) item.expiresAt = body.expiresAt
  if (body.idempotencyKey !== undefined) item.idempotencyKey = body.idempotencyKey
  return Object.freeze(item)
}

const ROLES: ReadonlyMap<string, string> = new Map([
  ['user', 'user_message'],
  ['assistant', 'assistant_message'],
  ['system', 'system_message'],
  ['tool', 'tool_result'],
])

function checkContentType(value: unknown): string {
  const contentType = checkUserText('INVALID_ITEM', 'contentType', value, MAX_NAME_BYTES)
  const meant = ROLES.get(contentType)
  // Taken for a type of the caller's own, a system prompt would be pruned like anything else.
  if (meant !== undefined) throw refused('contentType', `"${contentType}" is a role: use "${meant}"`)
  return contentType
}

// The first months of 1970 in milliseconds: what seconds look like that are taken for milliseconds.
const SECONDS_LOOK_LIKE: readonly [from: number, to: number] = [Date.UTC(2000, 0) / 1000, Date.UTC(2100, 0) / 1000]

/** Milliseconds since 1970 of a Date, a number of them, or an ISO 8601 text. */
function checkTime(name: string, value: unknown): number {
  const ms = value instanceof Date ? value.getTime() : typeof value === 'string' ? Date.parse(value) : value
  if (typeof ms !== 'number' || !Number.isFinite(ms) || ms < 0 || ms > 8.64e15) {
    throw refused(name, 'expected a Date, milliseconds since 1970 or an ISO 8601 text, from 1970 on')
  }
  if (typeof value === 'number' && ms >= SECONDS_LOOK_LIKE[0] && ms <= SECONDS_LOOK_LIKE[1]) {
    throw refused(name, `expected milliseconds since 1970, and this looks like seconds: received ${value}`)
  }
  // Without the sign that JSON would drop from -0.
  return Math.trunc(ms) + 0
}

function checkSequence(sequence: unknown, idempotencyKey: unknown): void {
  if (idempotencyKey === undefined) throw refused('sequence', 'expected idempotencyKey beside it')
  if (typeof sequence === 'number' && Number.isInteger(sequence) && sequence >= 0 && sequence <= MAX_COUNTER) return
  throw refused('sequence', `expected a whole number from 0 to ${MAX_COUNTER}: received ${shown(sequence)}`)
}

function checkPayload(payload: Payload): Payload {
  if (typeof payload !== 'object' || payload === null) throw refused('payload', 'expected { format, data }')
  const { format, data } = payload
  if (typeof data !== 'string') throw refused('payload', 'expected { format, data } with data as text')
  if (data.length > MAX_ITEM_BYTES) throw tooLarge(data.length)
  return { format: checkUserText('INVALID_ITEM', 'payload.format', format, MAX_NAME_BYTES), data }
}

function checkImportance(value: unknown): number {
  if (typeof value !== 'number' || !(value >= 0 && value <= 1))
    throw refused('importance', 'expected a number from 0 to 1')
  return value + 0
}

function tooLarge(bytes: number): ThermoclineError {
  return new ThermoclineError(
    'ITEM_TOO_LARGE',
    `Cannot add item: expected at most ${MAX_ITEM_BYTES} bytes as JSON: received ${bytes} or more; store large contents elsewhere and add a reference`,
    { details: { bytes, limit: MAX_ITEM_BYTES } },
  )
}

function refused(name: string, reason: string): ThermoclineError {
  return new ThermoclineError('INVALID_ITEM', `Cannot add item: ${name}: ${reason}`, { details: { name } })
}
