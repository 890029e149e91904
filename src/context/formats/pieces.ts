import type { JsonObject } from '../../memory/json.ts'
import type { MemoryItem } from '../../memory/memory-item.ts'
import { readCall } from './call-text.ts'
import type { Draft, MessageFormat, PayloadReader } from './draft.ts'
import { isObject } from './message-fields.ts'
import { OpenCalls } from './open-calls.ts'

/** What one message, or one item without any, says in a view. */
export interface Piece<Message> {
  /** Of items that are in the view, in their order. */
  readonly drafts: readonly Draft[]
  /** The message as it came, where it is of the format that is asked for. */
  readonly native: NativeMessage<Message> | undefined
}

interface BuiltPiece<Message> extends Piece<Message> {
  readonly drafts: Draft[]
}

export interface NativeMessage<Message> {
  readonly message: Message
  /** Also of items that are not in the view. */
  readonly drafts: readonly Draft[]
}

/**
 * Takes a view apart into messages.
 * @param readers Of all that can be read
 */
export function piecesOf<Message>(
  items: readonly MemoryItem[],
  format: MessageFormat<Message>,
  readers: readonly PayloadReader[],
): Piece<Message>[] {
  const pieces: BuiltPiece<Message>[] = []
  let place = 0
  while (place < items.length) {
    const item = items[place] as MemoryItem
    const found = readPayload(item, format, readers)
    if (found === undefined) {
      addByContent(pieces, [draftOfItem(item)])
      place += 1
      continue
    }
    const drafts = [{ ...(found.drafts[0] as Draft), ...callIdOf(item) } as Draft]
    place += 1
    for (const draft of found.drafts.slice(1)) {
      // An item of the message may be hidden, deleted or edited since; then it is told by itself, or not at all.
      const next = items[place]
      if (next === undefined || !isItemOf(next, draft)) continue
      drafts.push({ ...draft, ...callIdOf(next) } as Draft)
      place += 1
    }
    if (found.message === undefined) addByContent(pieces, drafts)
    else pieces.push({ drafts, native: { message: found.message, drafts: found.drafts } })
  }
  return pieces
}

interface Found<Message> {
  /** Undefined where it is of another format, or the API would refuse it. */
  readonly message: Message | undefined
  readonly drafts: readonly Draft[]
}

function readPayload<Message>(
  item: MemoryItem,
  format: MessageFormat<Message>,
  readers: readonly PayloadReader[],
): Found<Message> | undefined {
  const { payload } = item
  const reader = payload && readers.find(({ name }) => name === payload.format)
  if (payload === undefined || reader === undefined) return undefined
  try {
    const message: unknown = JSON.parse(payload.data)
    if (!isObject(message)) return undefined
    const drafts = reader.read(message, new OpenCalls())
    const [first] = drafts
    // Where the item was made to be or to say something else since, the message would still say what it was.
    if (first === undefined || !isOfType(item, first) || item.content !== first.content) return undefined
    return { message: reader.name === format.name ? format.accept(message as JsonObject) : undefined, drafts }
  } catch {
    return undefined // what can't be read is told by the item's content
  }
}

const OUR_TYPES = ['user_message', 'assistant_message', 'system_message', 'tool_call', 'tool_result', 'summary']

function isOfType(item: MemoryItem, draft: Draft): boolean {
  const ownId = 'ownId' in draft ? draft.ownId : undefined
  if (ownId !== undefined && item.callId !== undefined && item.callId !== ownId) return false
  if (item.contentType === draft.contentType) return true
  // A type of the caller's own may be any message but one that gives instructions.
  return draft.kind === 'text' && draft.contentType !== 'system_message' && !OUR_TYPES.includes(item.contentType)
}

function isItemOf(item: MemoryItem, draft: Draft): boolean {
  return item.payload === undefined && isOfType(item, draft) && item.content === draft.content
}

/** The item's own id counts: a call without one in its message was given it when it was read among others. */
function callIdOf(item: MemoryItem): { readonly callId?: string } {
  return item.callId === undefined ? {} : { callId: item.callId }
}

function draftOfItem({ content, contentType, callId }: MemoryItem): Draft {
  if (contentType === 'tool_call') {
    // Two calls without an id are told apart where they go out.
    const of = { callId: callId ?? '', ownId: undefined, parts: [], ...readCall(content) }
    return { kind: 'call', content, contentType, ...of }
  }
  if (contentType === 'tool_result')
    return { kind: 'result', content, contentType, callId, ownId: undefined, name: undefined, parts: [] }
  return { kind: 'text', content, contentType, parts: [] }
}

/** Calls that stand together are of one turn. */
function addByContent<Message>(pieces: BuiltPiece<Message>[], drafts: readonly Draft[]): void {
  for (const draft of drafts) {
    const last = pieces.at(-1)
    if (draft.kind === 'call' && last?.native === undefined && last?.drafts[0]?.kind === 'call') last.drafts.push(draft)
    else pieces.push({ drafts: [draft], native: undefined })
  }
}
