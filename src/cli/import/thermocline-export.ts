import type { JsonObject, JsonValue, MemoryItem, SessionAddress } from '../../index.ts'
import type { Draft } from './draft.ts'
import type { SessionSettings } from './import-target.ts'
import { fieldOf, isObject, textOf } from './json-fields.ts'
import { ownAddress } from './own-item.ts'
import { Refusal, refuse } from './refusal.ts'

/** A line of what `thermocline export` wrote. */
export type ExportLine =
  | { readonly kind: 'session'; readonly address: SessionAddress; readonly settings: SessionSettings }
  | { readonly kind: 'item'; readonly item: MemoryItem }

const VERSION = 1

/** Whether a file begins as an export does. */
export function isExportHeader(value: JsonValue | Refusal): boolean {
  return isObject(value) && value.thermocline === 'export'
}

/** @throws Refusal for what is no header, or one of a later version */
export function checkExportHeader(value: JsonValue): void {
  if (!isObject(value) || !isExportHeader(value)) throw new Refusal('expected the first line of an export')
  if (value.version !== VERSION)
    refuse('version', `${VERSION}, which is all that this thermocline reads`, value.version)
}

/** What is said of an item apart from where it was: for one that goes elsewhere. */
export function exportedDraft({ id, content, contentType, createdAt, ...item }: MemoryItem): Draft {
  const { payload, metadata, importance, pinned, callId, expiresAt } = item
  return {
    ...{ content, contentType, createdAt },
    ...(payload !== undefined && { payload }),
    ...(metadata !== undefined && { metadata }),
    ...(importance !== undefined && { importance }),
    ...(pinned !== undefined && { pinned }),
    ...(callId !== undefined && { callId }),
    ...(expiresAt !== undefined && { expiresAt }),
    idempotencyKey: id,
  }
}

/** @throws Refusal */
export function readExportLine(value: JsonValue): ExportLine {
  if (!isObject(value)) return refuse('line', 'an item or a session', value)
  const session = fieldOf(value, 'session')
  if (session === undefined) return { kind: 'item', item: itemOf(value) }
  if (!isObject(session)) return refuse('session', 'an object', session)
  const [metadata, retentionDays] = [fieldOf(session, 'metadata'), fieldOf(session, 'retentionDays')]
  if (metadata !== undefined && !isObject(metadata)) return refuse('session.metadata', 'an object', metadata)
  if (retentionDays !== undefined && typeof retentionDays !== 'number')
    return refuse('session.retentionDays', 'a number', retentionDays)
  return {
    kind: 'session',
    address: addressOf(session),
    settings: { ...(metadata && { metadata }), ...(retentionDays !== undefined && { retentionDays }) },
  }
}

/** The memory itself checks all the rest, and refuses names that it does not know. */
function itemOf(value: JsonObject): MemoryItem {
  const { tenantId = 'default', userId, sessionId } = addressOf(value)
  for (const name of ['id', 'content', 'contentType']) textOf(value, name) ?? refuse(name, 'text', undefined)
  if (typeof value.createdAt !== 'number') return refuse('createdAt', 'milliseconds since 1970', value.createdAt)
  // What an item knows of its tier is of the store that it was in.
  const state = { tier: 'warm', cached: false, accessCount: 0 }
  return { ...value, ...state, tenantId, userId, sessionId } as unknown as MemoryItem
}

function addressOf(fields: JsonObject): SessionAddress {
  const { tenantId, userId, sessionId } = ownAddress(fields)
  if (userId === undefined) return refuse('userId', 'text', undefined)
  if (sessionId === undefined) return refuse('sessionId', 'text', undefined)
  return { ...(tenantId !== undefined && { tenantId }), userId, sessionId }
}
