import { ThermoclineError } from '../../errors.ts'
import { kindOf } from '../../lib/check-names.ts'
import type { NewMemoryItem } from '../../memory/memory-item.ts'
import type { Draft, PayloadReader } from './draft.ts'
import { FieldProblem, isObject } from './message-fields.ts'
import type { MessageSession } from './message-session.ts'
import { OpenCalls } from './open-calls.ts'

/** How messages are read, and in which words a problem is told. */
export interface MessageReader {
  readonly format: PayloadReader
  /** `OpenAI message`, as a reader of an error knows it. */
  readonly noun: string
  /** Text of a message that can be kept. @default JSON.stringify */
  readonly write?: (message: unknown) => string
}

/**
 * Items of messages, in their order.
 * @throws ThermoclineError `INVALID_ARGUMENT` for what is no list of messages or no session, `INVALID_ITEM` for a message
 * that can't be read
 */
export function readMessages(
  messages: unknown,
  session: MessageSession,
  { format, noun, write = JSON.stringify }: MessageReader,
  calls: OpenCalls = new OpenCalls(),
): NewMemoryItem[] {
  if (!Array.isArray(messages)) {
    throw new ThermoclineError(
      'INVALID_ARGUMENT',
      `Cannot read ${noun}s: expected an array: received ${kindOf(messages)}`,
    )
  }
  const address = checkSession(session, noun)
  const readMessage = (message: unknown, place: number): { data: string; drafts: readonly Draft[] } => {
    try {
      const data = textOfMessage(message, write)
      // As it will be read again: what JSON drops is not there then either.
      const parsed: unknown = JSON.parse(data)
      if (!isObject(parsed)) throw new FieldProblem('message', 'an object', parsed)
      return { data, drafts: format.read(parsed, calls) }
    } catch (error) {
      if (!(error instanceof FieldProblem)) throw error
      throw new ThermoclineError('INVALID_ITEM', `Cannot read ${noun} ${place}: ${error.message}`, {
        details: { message: place, field: error.field },
      })
    }
  }
  return messages.flatMap((message: unknown, place) => {
    calls.begin()
    const { data, drafts } = readMessage(message, place)
    return drafts.map((draft, i): NewMemoryItem => {
      const callId = 'callId' in draft ? draft.callId : undefined
      return {
        ...address,
        content: draft.content,
        contentType: draft.contentType,
        ...(callId !== undefined && { callId }),
        ...(i === 0 && { payload: { format: format.name, data } }),
      }
    })
  })
}

/** @throws FieldProblem */
function textOfMessage(message: unknown, write: (message: unknown) => string): string {
  try {
    return write(message) ?? 'null' // what JSON has no word for, such as undefined
  } catch (error) {
    throw new FieldProblem('message', 'what JSON can keep', error instanceof Error ? error.message : undefined)
  }
}

function checkSession(session: unknown, noun: string): MessageSession {
  if (typeof session !== 'object' || session === null) {
    throw new ThermoclineError(
      'INVALID_ARGUMENT',
      `Cannot read ${noun}s: session: expected { userId, sessionId }: received ${kindOf(session)}`,
    )
  }
  // What else the object has, such as a title, is not of the items.
  const { tenantId, userId, sessionId } = session as MessageSession
  return { ...(tenantId !== undefined && { tenantId }), userId, sessionId }
}
