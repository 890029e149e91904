import { fromGemini, fromOpenAI, type MessageSession, type OpenCalls } from '../../context/index.ts'
import { isThermoclineError, type JsonObject, type NewMemoryItem } from '../../index.ts'
import { oneLine } from '../text-layout.ts'
import type { Draft } from './draft.ts'
import { Refusal } from './refusal.ts'

type Reader = (messages: JsonObject[], session: MessageSession, calls: OpenCalls) => NewMemoryItem[]

/** Whose the items are is said when they are placed. */
const NOBODY: MessageSession = { userId: '', sessionId: '' }

/** Items of a message of OpenAI's chat API. @throws Refusal */
export function openaiDrafts(message: JsonObject, calls: OpenCalls): Draft[] {
  return draftsBy(fromOpenAI as unknown as Reader, message, calls)
}

/** Items of a content of Gemini's API. @throws Refusal */
export function geminiDrafts(content: JsonObject, calls: OpenCalls): Draft[] {
  return draftsBy(fromGemini as unknown as Reader, content, calls)
}

function draftsBy(read: Reader, message: JsonObject, calls: OpenCalls): Draft[] {
  try {
    return read([message], NOBODY, calls).map(({ userId: _, sessionId: __, ...draft }) => draft as Draft)
  } catch (error) {
    if (!isThermoclineError(error, 'INVALID_ITEM')) throw error
    // Which message it is, the import says in its own way.
    const reason = oneLine(error.message.replace(/^Cannot read [^:]*: /, ''))
    const isElsewhere = error.details.field === 'content' && !('content' in message)
    const hint = ' (--map says where other files have it): received'
    throw new Refusal(isElsewhere ? reason.replace(': received', hint) : reason)
  }
}
