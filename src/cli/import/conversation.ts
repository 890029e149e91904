import type { JsonObject, JsonValue } from '../../index.ts'
import type { SourceAddress } from './draft.ts'
import { asId, type Fields, fieldOf, isList, isObject } from './json-fields.ts'
import { TIME_FIELDS, timeOf } from './source-time.ts'

/** What is known of all messages of a conversation. */
export interface Conversation extends SourceAddress {
  /** When it began, in milliseconds since 1970. */
  readonly createdAt?: number
  /** The first time that one of its messages says, where that could be seen beforehand. */
  readonly firstTime?: number
  /** For one of several, which may have no session id: which one, such as `3`. */
  readonly label?: string
  /** The object that holds its messages. */
  readonly around: JsonObject
}

const TENANT_FIELDS = ['tenantId', 'tenant_id', 'tenant']
const USER_FIELDS = ['userId', 'user_id', 'user']
const SESSION_FIELDS = [
  ...['sessionId', 'session_id', 'session', 'conversationId', 'conversation_id', 'threadId', 'thread_id'],
]
const ADDRESS_FIELDS: ReadonlySet<string> = new Set([...TENANT_FIELDS, ...USER_FIELDS, ...SESSION_FIELDS])
/** What a conversation itself has, apart from its messages. */
const OF_ALL = [...ADDRESS_FIELDS, ...TIME_FIELDS, 'id']
const INSTRUCTION_FIELDS = ['systemInstruction', 'system_instruction']
const MESSAGE_LISTS = ['messages', 'contents', 'items']

/** Lists that a document may be around: of conversations, or of the messages of one. */
export const LIST_FIELDS: readonly string[] = ['conversations', ...MESSAGE_LISTS]

/** Whether a name of a conversation says something of its messages. */
export function isOfAll(name: string): boolean {
  return OF_ALL.includes(name) || INSTRUCTION_FIELDS.includes(name)
}

/** Whose a message is, by the names that are usual elsewhere. */
export function usualAddress(fields: Fields): SourceAddress {
  const [tenantId, userId, sessionId] = [TENANT_FIELDS, USER_FIELDS, SESSION_FIELDS].map((names) => idIn(fields, names))
  return {
    ...(tenantId !== undefined && { tenantId }),
    ...(userId !== undefined && { userId }),
    ...(sessionId !== undefined && { sessionId }),
  }
}

/** A message without what {@link usualAddress} reads: no part of it, but said beside it. */
export function withoutAddress(message: JsonObject): JsonObject {
  const entries = Object.entries(message)
  const kept = entries.filter(([name, value]) => !ADDRESS_FIELDS.has(name) || asId(value) === undefined)
  return kept.length === entries.length ? message : Object.fromEntries(kept)
}

/** The list that an object is around. */
export function listIn(value: JsonObject): readonly [name: string, list: readonly JsonValue[]] | undefined {
  for (const name of LIST_FIELDS) {
    const list = fieldOf(value, name)
    if (isList(list)) return [name, list]
  }
  return undefined
}

export function isConversation(value: JsonValue): boolean {
  return isList(value) || (isObject(value) && !isMessage(value) && listIn(value) !== undefined)
}

function isMessage({ role, content }: Fields): boolean {
  return role !== undefined || content !== undefined
}

/**
 * What an object says of the conversation in it.
 * @param outer what lies around that again
 * @throws Refusal for a time that is none
 */
export function conversationOf(around: JsonObject, outer: Conversation = { around: {} }): Conversation {
  const createdAt = timeOf(around) ?? outer.createdAt
  const sessionId = idIn(around, [...SESSION_FIELDS, 'id'])
  const { tenantId, userId } = { ...outer, ...usualAddress(around) }
  return {
    around,
    ...(tenantId !== undefined && { tenantId }),
    ...(userId !== undefined && { userId }),
    ...(sessionId !== undefined && { sessionId }),
    ...(createdAt !== undefined && { createdAt }),
  }
}

/** Gemini's instruction to the model, which stands beside the contents. */
export function instructionOf(around: JsonObject): JsonValue | undefined {
  const name = INSTRUCTION_FIELDS.find((candidate) => fieldOf(around, candidate) !== undefined)
  return name === undefined ? undefined : around[name]
}

function idIn(fields: Fields, names: readonly string[]): string | undefined {
  // Others keep objects under such names, which say nothing to us.
  return names.map((name) => asId(fieldOf(fields, name))).find((id) => id !== undefined)
}
