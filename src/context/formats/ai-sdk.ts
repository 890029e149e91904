import { ThermoclineError } from '../../errors.ts'
import { kindOf } from '../../lib/check-names.ts'
import type { MemoryItem, NewMemoryItem } from '../../memory/memory-item.ts'
import { arrange } from './arrange.ts'
import { checkItems } from './check-items.ts'
import { FieldProblem, isObject } from './message-fields.ts'
import type { MessageSession } from './message-session.ts'
import type { AIModelMessage } from './model-message.ts'
import { MODEL_MESSAGE_FORMAT } from './model-message-format.ts'
import { writeModelMessage } from './model-message-text.ts'
import type { OpenCalls } from './open-calls.ts'
import { PAYLOAD_READERS } from './payload-readers.ts'
import { readMessages } from './read-messages.ts'
import type { AIUIMessage } from './ui-message.ts'
import { modelMessagesOf } from './ui-steps.ts'

/**
 * Items of the AI SDK's messages for a model, such as `result.response.messages`: one for each tool call and result, one
 * for any other message. Each message is kept as it is, as the payload of its first item.
 *
 * @param messages Those that are new, oldest first
 * @throws ThermoclineError `INVALID_ARGUMENT` for what is no array of messages, `INVALID_ITEM` for a message that can't be
 * read, with its place as `details.message`
 */
export function fromModelMessages(
  messages: readonly AIModelMessage[],
  session: MessageSession,
  openCalls?: OpenCalls,
): NewMemoryItem[] {
  const reader = { format: MODEL_MESSAGE_FORMAT, noun: 'model message', write: writeModelMessage }
  return readMessages(messages, session, reader, openCalls)
}

/**
 * Items of the messages of the AI SDK's chat: of what a model is given of them, as `convertToModelMessages()` has it
 * without options. What only the screen shows, such as sources and data parts, is left out; so are the messages' ids.
 *
 * @param messages Those that are new, oldest first
 * @throws ThermoclineError `INVALID_ARGUMENT` for what is no array of messages, `INVALID_ITEM` for a message that can't be
 * read, with its place as `details.message`
 */
export function fromUIMessages(
  messages: readonly AIUIMessage[],
  session: MessageSession,
  openCalls?: OpenCalls,
): NewMemoryItem[] {
  if (!Array.isArray(messages)) {
    throw new ThermoclineError(
      'INVALID_ARGUMENT',
      `Cannot read UI messages: expected an array: received ${kindOf(messages)}`,
    )
  }
  const list = messages as readonly AIUIMessage[]
  const lastOfUser = list.findLastIndex((message: unknown) => isObject(message) && message.role === 'user')
  const modelMessages = list.flatMap((message, place) => readUIMessage(message, place, place < lastOfUser))
  return fromModelMessages(modelMessages as AIModelMessage[], session, openCalls)
}

function readUIMessage(message: AIUIMessage, place: number, isPast: boolean): object[] {
  try {
    if (!isObject(message)) throw new FieldProblem('message', 'an object', message)
    return modelMessagesOf(message, isPast)
  } catch (error) {
    if (!(error instanceof FieldProblem)) throw error
    throw new ThermoclineError('INVALID_ITEM', `Cannot read UI message ${place}: ${error.message}`, {
      details: { message: place, field: error.field },
    })
  }
}

/**
 * Messages for a model of the AI SDK, of a history or of a view of it. What {@link fromModelMessages} and
 * {@link fromUIMessages} made goes as it came; the rest by its content. docs/messages.md says what is repaired, so that
 * `generateText()` takes them.
 *
 * @throws ThermoclineError `INVALID_ARGUMENT` for what is no array of items
 */
export function toModelMessages(items: readonly MemoryItem[]): AIModelMessage[] {
  return arrange(checkItems(items), MODEL_MESSAGE_FORMAT, PAYLOAD_READERS)
}
