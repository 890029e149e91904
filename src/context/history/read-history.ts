import { isThermoclineError, ThermoclineError } from '../../errors.ts'
import { kindOf } from '../../lib/check-names.ts'
import type { Clock } from '../../lib/clock.ts'
import type { MemoryItem } from '../../memory/memory-item.ts'
import { throwIfAborted } from '../abort.ts'
import type { SummaryMemory } from '../summaries/summary-memory.ts'
import { type HistoryItem, ItemIds } from './history-item.ts'

/** A session of a memory, to be read as a whole. */
export interface SessionHistory {
  /** Where it lies: a `TieredStorageManager`, or what its `scoped()` gives. @default the pruner's memory */
  readonly memory?: SummaryMemory
  readonly tenantId?: string
  readonly userId?: string
  readonly sessionId: string
}

/**
 * The items of a conversation, oldest first: an array, anything that gives them one by one, or a session of a memory. As
 * a memory gave them, summaries too: items that are left out in between look as if they had been deleted. Items that were
 * never in a memory, such as `fromOpenAI` makes, get ids by what they say.
 */
export type History = Iterable<HistoryItem> | AsyncIterable<HistoryItem> | SessionHistory

export interface ReadHistory {
  readonly items: readonly MemoryItem[]
  /** Where the history was read from, if from a memory: then nothing of the session comes before it. */
  readonly session: SessionHistory | undefined
  readonly memory: SummaryMemory | undefined
}

/** @throws ThermoclineError `INVALID_ARGUMENT` for what is not a history, `ABORTED`; what reading a session rejects with */
export async function readHistory(
  history: History,
  memory: SummaryMemory | undefined,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<ReadHistory> {
  if (isIterable(history)) {
    const ids = new ItemIds(clock.now())
    return { items: await collect(history, ids, signal), session: undefined, memory }
  }
  if (!isSession(history)) {
    throw new ThermoclineError(
      'INVALID_ARGUMENT',
      `Cannot prune history: expected memory items in an array or an (async) iterable, or { sessionId } of a memory: received ${kindOfHistory(history)}`,
    )
  }
  const { memory: own, ...address } = history
  const source = own ?? memory
  if (source === undefined) {
    throw new ThermoclineError(
      'INVALID_ARGUMENT',
      'Cannot prune history: a session can be read with a memory only: give it as memory, to the pruner or beside the session',
    )
  }
  return { items: await readSession(source, address, signal), session: history, memory: source }
}

/** All items of a session, however many there are. */
export async function readSession(
  memory: SummaryMemory,
  address: Omit<SessionHistory, 'memory'>,
  signal: AbortSignal | undefined,
): Promise<readonly MemoryItem[]> {
  // A scope knows whose it is, and a manager says what is missing.
  const session = address as Parameters<SummaryMemory['getConversationHistory']>[0]
  try {
    return await memory.getConversationHistory(session)
  } catch (error) {
    if (!isThermoclineError(error, 'RESPONSE_TOO_LARGE')) throw error
    return collect(memory.iterateConversationHistory(session), new ItemIds(0), signal)
  }
}

async function collect(
  history: Iterable<HistoryItem> | AsyncIterable<HistoryItem>,
  ids: ItemIds,
  signal: AbortSignal | undefined,
): Promise<readonly MemoryItem[]> {
  const items: MemoryItem[] = []
  if (Symbol.asyncIterator in history) {
    for await (const item of history) {
      throwIfAborted(signal)
      items.push(checkItem(item, ids, items.length))
    }
  } else for (const item of history) items.push(checkItem(item, ids, items.length))
  return items
}

function isIterable(value: unknown): value is Iterable<HistoryItem> | AsyncIterable<HistoryItem> {
  return typeof value === 'object' && value !== null && (Symbol.asyncIterator in value || Symbol.iterator in value)
}

function isSession(value: unknown): value is SessionHistory {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, 'sessionId') === 'string'
}

function isMessage(item: unknown): boolean {
  return typeof item === 'object' && item !== null && 'role' in item
}

function kindOfHistory(history: unknown): string {
  return history instanceof Promise ? 'a Promise; is an await missing?' : kindOf(history)
}

function checkItem(item: unknown, ids: ItemIds, place: number): MemoryItem {
  const missing = missingOf(item)
  if (missing === undefined) return ids.identify(item as HistoryItem)
  throw new ThermoclineError(
    'INVALID_ARGUMENT',
    `Cannot prune history: expected a memory item with text as its ${missing} at place ${place}: received ${kindOf(item)}${isMessage(item) ? '; fromOpenAI(), fromGemini() and fromUIMessages() make items of messages' : ''}`,
    { details: { place, missing } },
  )
}

function missingOf(item: unknown): string | undefined {
  if (typeof item !== 'object' || item === null) return 'content'
  const { id, content, contentType } = item as Partial<MemoryItem>
  if (typeof content !== 'string') return 'content'
  if (typeof contentType !== 'string') return 'contentType'
  return id === undefined || typeof id === 'string' ? undefined : 'id'
}
