import type { OpenCalls } from '../../context/index.ts'
import type { JsonObject, JsonValue } from '../../index.ts'
import { usualAddress, withoutAddress } from './conversation.ts'
import type { Draft, SourceAddress } from './draft.ts'
import { type FieldMap, mapFields } from './field-map.ts'
import { asId, fieldOf, isList, isObject } from './json-fields.ts'
import { geminiDrafts, openaiDrafts } from './message-drafts.ts'
import { ownAddress, ownDraft } from './own-item.ts'
import { Refusal, refuse } from './refusal.ts'
import { timeOf } from './source-time.ts'

/** How a message is written. */
export type MessageShape = 'items' | 'openai' | 'gemini' | 'map'

/** Reads messages of one shape. */
interface MessageReader {
  /** @throws Refusal */
  address(message: JsonObject, around: JsonObject): SourceAddress
  /** @throws Refusal */
  drafts(message: JsonObject, around: JsonObject, calls: OpenCalls): Draft[]
}

const ITEMS: MessageReader = {
  address: ownAddress,
  drafts: (message) => [ownDraft(message)],
}
const OPENAI: MessageReader = {
  address: usualAddress,
  drafts: (message, _around, calls) =>
    openaiDrafts(withoutAddress(message), calls).map((draft) => ({ ...draft, ...nameAndTime(message) })),
}
const GEMINI: MessageReader = {
  address: usualAddress,
  drafts: (message, _around, calls) =>
    geminiDrafts(withoutAddress(message), calls).map((draft) => ({ ...draft, ...nameAndTime(message) })),
}

/** @param map needed for the shape `map` */
export function messageReader(shape: MessageShape, map: FieldMap | undefined): MessageReader {
  if (shape === 'items') return ITEMS
  if (shape === 'openai') return OPENAI
  if (shape === 'gemini') return GEMINI
  if (map === undefined) throw new Refusal('map: expected it for the format map: received nothing')
  return {
    address: (message, around) => ownAddress(mapFields(map, message, around)),
    drafts: (message, around) => [ownDraft(mapFields(map, message, around))],
  }
}

/** @throws Refusal for what is none that we know */
export function shapeOf(message: JsonValue): MessageShape {
  if (!isObject(message)) return refuse('message', 'an object', message)
  if (isList(message.parts) || isObject(message.parts)) return 'gemini'
  const { contentType, userId, sessionId, role, content } = message
  if (typeof contentType === 'string') return 'items'
  if (typeof userId === 'string' && typeof sessionId === 'string' && typeof content === 'string') return 'items'
  if (typeof role === 'string') return 'openai'
  const names = Object.keys(message).join(', ').slice(0, 80)
  throw new Refusal(
    `expected an item, a chat message or a Gemini content: received an object with ${names || 'nothing in it'}; --map says where its fields are`,
  )
}

function nameAndTime(message: JsonObject): Pick<Draft, 'sourceId' | 'createdAt'> {
  const [sourceId, createdAt] = [asId(fieldOf(message, 'id')), timeOf(message)]
  return { ...(sourceId !== undefined && { sourceId }), ...(createdAt !== undefined && { createdAt }) }
}
