import type { JsonObject, JsonValue } from '../../index.ts'
import {
  type Conversation,
  conversationOf,
  instructionOf,
  isConversation,
  LIST_FIELDS,
  listIn,
} from './conversation.ts'
import { type FieldMap, valueAt } from './field-map.ts'
import { isList, isObject } from './json-fields.ts'
import type { SourceValue } from './read-values.ts'
import { Refusal } from './refusal.ts'
import { timeOf } from './source-time.ts'
import { systemContent } from './system-content.ts'

/** A message with the conversation that it is of. */
export interface Message {
  readonly value: JsonValue | Refusal
  readonly conversation: Conversation
  /** For messages: `line 12, message 3`. */
  readonly where: string
}

const NOTHING_AROUND: JsonObject = {}

/** Takes the values of a file apart into messages. */
export class MessageSplitter {
  readonly #map: FieldMap | undefined
  /** Of messages that stand by themselves. */
  readonly #loose: Conversation = { around: NOTHING_AROUND }
  /** What is around the list of a large document. */
  #around: Conversation | undefined

  constructor(map: FieldMap | undefined) {
    this.#map = map
  }

  /** Whether these names lead to the list of a document. */
  isList(path: readonly string[]): boolean {
    if (path.length === 0) return true
    const items = this.#map?.items ?? []
    return items.length > 0 ? path.join('.') === items.join('.') : path.length === 1 && LIST_FIELDS.includes(path[0]!)
  }

  *split({ value, where, number, place, around }: SourceValue): Generator<Message> {
    if (value instanceof Refusal) return yield { value, where, conversation: this.#loose }
    try {
      if (around !== undefined && this.#around?.around !== around) {
        this.#around = this.#map === undefined ? conversationOf(around) : { around }
        yield* this.#instruction(this.#around, where)
      }
      const outer = this.#around ?? this.#loose
      if (this.#isConversation(value))
        yield* this.#conversation(value, where, outer, place === 'only' ? undefined : String(number))
      else yield { value, where, conversation: outer }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      yield { value: error, where, conversation: this.#loose }
    }
  }

  *#conversation(value: JsonValue, where: string, outer: Conversation, label: string | undefined): Generator<Message> {
    const around = isObject(value) ? value : NOTHING_AROUND
    const list = this.#listOf(value)
    const at = (i: number, noun: string): string => `${where === '' ? '' : `${where}, `}${noun} ${i + 1}`
    const own = this.#map === undefined ? conversationOf(around, outer) : { around }
    if (list.length > 0 && this.#isConversation(list[0]!)) {
      for (const [i, inner] of list.entries()) {
        const [place, innerLabel] = [at(i, 'conversation'), label === undefined ? `${i + 1}` : `${label}-${i + 1}`]
        if (this.#isConversation(inner)) yield* this.#conversation(inner, place, own, innerLabel)
        else yield { value: inner, where: place, conversation: own }
      }
      return
    }
    const firstTime = this.#map === undefined ? list.map(timeIn).find((time) => time !== undefined) : undefined
    const conversation: Conversation = {
      ...own,
      ...(firstTime !== undefined && { firstTime }),
      ...(label !== undefined && { label }),
    }
    yield* this.#instruction(conversation, where)
    for (const [i, message] of list.entries()) yield { value: message, where: at(i, 'message'), conversation }
  }

  *#instruction(conversation: Conversation, where: string): Generator<Message> {
    const instruction = this.#map === undefined ? instructionOf(conversation.around) : undefined
    if (instruction === undefined) return
    const place = `${where === '' ? '' : `${where}, `}systemInstruction`
    yield { value: systemContent(instruction), where: place, conversation }
  }

  #isConversation(value: JsonValue): boolean {
    const items = this.#map?.items ?? []
    if (this.#map === undefined) return isConversation(value)
    return isList(value) || (items.length > 0 && isList(valueAt(value, items.join('.'))))
  }

  #listOf(value: JsonValue): readonly JsonValue[] {
    if (isList(value)) return value
    if (this.#map === undefined) return isObject(value) ? (listIn(value)?.[1] ?? []) : []
    const list = valueAt(value, this.#map.items.join('.'))
    return isList(list) ? list : []
  }
}

/** A time that is none is told when the message itself is read. */
function timeIn(message: JsonValue): number | undefined {
  try {
    return isObject(message) ? timeOf(message) : undefined
  } catch {
    return undefined
  }
}
