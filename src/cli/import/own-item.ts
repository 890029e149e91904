import { contentTypeOfRole } from '../../context/index.ts'
import type { JsonObject, Payload } from '../../index.ts'
import type { Draft, SourceAddress } from './draft.ts'
import { asId, type Fields, fieldOf, isObject, textOf } from './json-fields.ts'
import { refuse } from './refusal.ts'
import { parseTime } from './source-time.ts'

/** Content types that say how a message is shown rather than what it is: there the role decides. */
const SHOWN_AS = new Set(['text', 'image', 'audio', 'file'])
/** Beside these, all is kept as metadata. */
const OWN_FIELDS: ReadonlySet<string> = new Set([
  ...['tenantId', 'userId', 'sessionId', 'content', 'contentType', 'role', 'createdAt', 'callId', 'toolCallId'],
  ...['metadata', 'importance', 'pinned', 'expiresAt', 'payload', 'idempotencyKey'],
  // Bookkeeping of the store that the item came from, and what a read of ours adds.
  ...['id', 'updatedAt', 'tier', 'cached', 'lastAccessedAt', 'accessCount'],
])

/** @throws Refusal */
export function ownAddress(fields: Fields): SourceAddress {
  const address: { -readonly [name in keyof SourceAddress]: string } = {}
  for (const name of ['tenantId', 'userId', 'sessionId'] as const) {
    const text = textOf(fields, name)
    if (text !== undefined) address[name] = text
  }
  return address
}

/**
 * An item in our own words. Fields that are not known become metadata, but for those that begin with an underscore.
 * @throws Refusal
 */
export function ownDraft(fields: Fields): Draft {
  const content = textOf(fields, 'content') ?? refuse('content', 'text', fields.content)
  const contentType = contentTypeOf(fields)
  const [createdAt, expiresAt] = [timeIn(fields, 'createdAt'), timeIn(fields, 'expiresAt')]
  const callId = fieldOf(fields, 'callId') ?? fieldOf(fields, 'toolCallId')
  if (callId !== undefined && typeof callId !== 'string') return refuse('callId', 'text', callId)
  const [importance, pinned] = [fieldOf(fields, 'importance'), fieldOf(fields, 'pinned')]
  if (importance !== undefined && !(typeof importance === 'number' && importance >= 0 && importance <= 1))
    return refuse('importance', 'a number from 0 to 1', importance)
  if (pinned !== undefined && typeof pinned !== 'boolean') return refuse('pinned', 'true or false', pinned)
  const metadata = metadataOf(fields)
  const payload = payloadOf(fields)
  const idempotencyKey = textOf(fields, 'idempotencyKey')
  const sourceId = asId(fieldOf(fields, 'id'))
  return {
    content,
    contentType,
    ...(createdAt !== undefined && { createdAt }),
    ...(callId !== undefined && { callId }),
    ...(payload !== undefined && { payload }),
    ...(Object.keys(metadata).length > 0 && { metadata }),
    ...(importance !== undefined && { importance }),
    ...(pinned === true && { pinned }),
    ...(expiresAt !== undefined && { expiresAt }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    ...(sourceId !== undefined && { sourceId }),
  }
}

function timeIn(fields: Fields, name: string): number | undefined {
  const value = fieldOf(fields, name)
  return value === undefined ? undefined : parseTime(name, value)
}

function contentTypeOf(fields: Fields): string {
  const [role, contentType] = [textOf(fields, 'role'), textOf(fields, 'contentType')]
  if (contentType !== undefined && (role === undefined || !SHOWN_AS.has(contentType))) return contentType
  return role === undefined ? refuse('contentType', 'it or role', undefined) : (contentTypeOfRole(role) ?? role)
}

function metadataOf(fields: Fields): JsonObject {
  const metadata = fieldOf(fields, 'metadata')
  if (metadata !== undefined && !isObject(metadata)) return refuse('metadata', 'an object', metadata)
  const others = Object.entries(fields).filter(([name]) => !OWN_FIELDS.has(name) && !name.startsWith('_'))
  const shownAs = textOf(fields, 'contentType')
  const tells = textOf(fields, 'role') !== undefined && shownAs !== 'text' && SHOWN_AS.has(shownAs ?? '')
  return { ...(Object.fromEntries(others) as JsonObject), ...(tells && { shownAs: shownAs! }), ...metadata }
}

function payloadOf(fields: Fields): Payload | undefined {
  const payload = fieldOf(fields, 'payload')
  if (payload === undefined) return undefined
  if (!isObject(payload)) return refuse('payload', '{ format, data }', payload)
  const { format, data } = payload
  if (typeof format !== 'string') return refuse('payload.format', 'text', format)
  return typeof data === 'string' ? { format, data } : refuse('payload.data', 'text', data)
}
