import type { MemoryItem, NewMemoryItem } from '../../memory/memory-item.ts'
import { arrange } from './arrange.ts'
import { checkItems } from './check-items.ts'
import type { MessageSession } from './message-session.ts'
import type { OpenCalls } from './open-calls.ts'
import { OPENAI_FORMAT } from './openai-format.ts'
import type { OpenAIMessage } from './openai-message.ts'
import { PAYLOAD_READERS } from './payload-readers.ts'
import { readMessages } from './read-messages.ts'

/**
 * Items of messages of OpenAI's chat completions API: one for each tool call, one for any other message. Each message is
 * kept as it is, as the payload of its first item.
 *
 * @param messages Those that are new, oldest first
 * @throws ThermoclineError `INVALID_ARGUMENT` for what is no array of messages, `INVALID_ITEM` for a message that can't be
 * read, with its place as `details.message`
 */
export function fromOpenAI(
  messages: readonly OpenAIMessage[],
  session: MessageSession,
  openCalls?: OpenCalls,
): NewMemoryItem[] {
  return readMessages(messages, session, { format: OPENAI_FORMAT, noun: 'OpenAI message' }, openCalls)
}

/**
 * Messages for OpenAI's chat completions API, of a history or of a view of it. What {@link fromOpenAI} made goes as it
 * came; the rest by its content. docs/messages.md says what is repaired, so that the API takes them.
 *
 * @throws ThermoclineError `INVALID_ARGUMENT` for what is no array of items
 */
export function toOpenAI(items: readonly MemoryItem[]): OpenAIMessage[] {
  return arrange(checkItems(items), OPENAI_FORMAT, PAYLOAD_READERS)
}
