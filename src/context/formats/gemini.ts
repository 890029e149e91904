import type { MemoryItem, NewMemoryItem } from '../../memory/memory-item.ts'
import { arrange } from './arrange.ts'
import { checkItems } from './check-items.ts'
import type {
  GeminiContent,
  GeminiContentLike,
  GeminiPart,
  GeminiRequest,
  GeminiRequestLike,
} from './gemini-content.ts'
import { GEMINI_FORMAT } from './gemini-format.ts'
import { isObject } from './message-fields.ts'
import type { MessageSession } from './message-session.ts'
import type { OpenCalls } from './open-calls.ts'
import { PAYLOAD_READERS } from './payload-readers.ts'
import { readMessages } from './read-messages.ts'

/** Stands first where a view begins with the model: the API wants the user to begin. */
export const LEFT_OUT = '(The conversation before this is not shown.)'

/**
 * Items of contents of Gemini's API: one for each function call or response, and one for the text that does not go with a
 * call. Each content is kept as it is, as the payload of its first item.
 *
 * @param contents Those that are new, oldest first; or a request, whose `systemInstruction` then comes first
 * @throws ThermoclineError `INVALID_ARGUMENT` for what is no array of contents, `INVALID_ITEM` for a content that can't be
 * read, with its place as `details.message`
 */
export function fromGemini(
  contents: readonly GeminiContentLike[] | GeminiRequestLike,
  session: MessageSession,
  openCalls?: OpenCalls,
): NewMemoryItem[] {
  return readMessages(
    isObject(contents) ? contentsOf(contents as unknown as GeminiRequestLike) : contents,
    session,
    { format: GEMINI_FORMAT, noun: 'Gemini content' },
    openCalls,
  )
}

function contentsOf({ contents, systemInstruction }: GeminiRequestLike): readonly GeminiContentLike[] {
  return systemInstruction === undefined ? contents : [{ ...systemInstruction, role: 'system' }, ...contents]
}

/**
 * Contents for a request to Gemini's API, of a history or of a view of it, with system messages as its
 * `systemInstruction`. What {@link fromGemini} made goes as it came; the rest by its content. docs/messages.md says what is
 * repaired, so that the API takes them.
 *
 * @throws ThermoclineError `INVALID_ARGUMENT` for what is no array of items
 */
export function toGemini(items: readonly MemoryItem[]): GeminiRequest {
  const contents: GeminiContent[] = []
  let systemInstruction: GeminiContent | undefined
  for (const message of arrange(checkItems(items), GEMINI_FORMAT, PAYLOAD_READERS)) {
    const content = withoutEmptyText(message)
    if (content === undefined) continue
    if (content.role === 'system') {
      systemInstruction = systemInstruction === undefined ? content : joined(systemInstruction, content)
      continue
    }
    const last = contents.at(-1)
    if (last !== undefined && sideOf(last) === sideOf(content)) contents[contents.length - 1] = joined(last, content)
    else if (last === undefined && content.role === 'model')
      contents.push({ role: 'user', parts: [{ text: LEFT_OUT }] }, content)
    else contents.push(content)
  }
  return { contents, ...(systemInstruction !== undefined && { systemInstruction }) }
}

/** Results come from the user's side, also under the names that they had before. */
function sideOf({ role }: GeminiContent): 'model' | 'user' {
  return role === 'model' ? 'model' : 'user'
}

function joined(first: GeminiContent, second: GeminiContent): GeminiContent {
  const role = first.role === second.role ? first.role : 'user'
  return { ...first, role, parts: [...first.parts, ...second.parts] }
}

/** Models stream such parts, and the API refuses them. With a signature they are none. */
function withoutEmptyText(content: GeminiContent): GeminiContent | undefined {
  const { parts } = content
  const kept = parts.filter((part) => !isEmptyText(part))
  if (kept.length === parts.length) return content
  return kept.length === 0 ? undefined : { ...content, parts: kept }
}

function isEmptyText(part: GeminiPart): boolean {
  const { text, thought: _, ...others } = part
  return !text && Object.values(others).every((one: unknown) => one === undefined || one === null)
}
