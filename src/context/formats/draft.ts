import type { JsonObject } from '../../memory/json.ts'
import type { OpenCalls } from './open-calls.ts'

interface DraftOfAny {
  /** What the item's content is: as much text as a model would be given. */
  readonly content: string
  readonly contentType: string
  /** Places of those parts of the message that go where this draft goes. The first draft has all that no other has. */
  readonly parts: readonly number[]
}

export interface TextDraft extends DraftOfAny {
  readonly kind: 'text'
}

export interface CallDraft extends DraftOfAny {
  readonly kind: 'call'
  readonly callId: string
  /** The id that the message itself has, where it has one. */
  readonly ownId: string | undefined
  /** Of the leave that is asked for. */
  readonly approvalId?: string | undefined
  readonly name: string
  /** As text; JSON in most cases. */
  readonly args: string
  /** Text of the same message. It lies with the first call. */
  readonly said: string
}

export interface ResultDraft extends DraftOfAny {
  readonly kind: 'result'
  /** Undefined where nothing says which call it answers. */
  readonly callId: string | undefined
  /** The id that the message itself has, where it has one. */
  readonly ownId: string | undefined
  readonly name: string | undefined
}

/** Leave to run a tool, given or denied: it belongs to a call, and is no result. */
export interface ApprovalDraft extends DraftOfAny {
  readonly kind: 'approval'
  readonly callId: string | undefined
  readonly approvalId: string
}

/** What a message says, one for each item that it becomes. The message as it came lies with the first. */
export type Draft = TextDraft | CallDraft | ResultDraft | ApprovalDraft

/** A call as it goes out. */
export interface SentCall {
  /** Unlike those of the other calls of its turn. */
  readonly id: string
  readonly name: string
  /** JSON of an object. */
  readonly args: string
  /** The id in the message that it goes out in as it came. */
  readonly ownId: string | undefined
}

/** A result as it goes out. */
export interface SentResult {
  readonly call: SentCall
  readonly text: string
}

export type Speaker = 'system' | 'user' | 'assistant'

/** Reads messages of one kind. */
export interface PayloadReader {
  /** Of the payload. */
  readonly name: string
  /** @throws FieldProblem */
  read(message: JsonObject, calls: OpenCalls): readonly Draft[]
}

/** One way of writing messages. */
export interface MessageFormat<Message> extends PayloadReader {
  /** The message of a payload, if the API would take it. */
  accept(message: JsonObject): Message | undefined
  /** The message without some of its parts; undefined where nothing is left. */
  without(message: Message, parts: ReadonlySet<number>): Message | undefined
  text(speaker: Speaker, text: string): Message
  calls(said: string, calls: readonly SentCall[]): Message
  results(results: readonly SentResult[]): readonly Message[]
}

/** `name(args)`, after what was said with it. */
export function callContent(said: string, name: string, args: string): string {
  return `${said === '' ? '' : `${said}\n`}${name}(${args})`
}
