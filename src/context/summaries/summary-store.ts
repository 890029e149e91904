import { isMadeSummary } from '../../memory/made-summary.ts'
import type { MemoryItem } from '../../memory/memory-item.ts'
import { isOwnedBy } from '../../memory/session.ts'
import { throwIfAborted } from '../abort.ts'
import { readSession } from '../history/read-history.ts'
import { sortHistory } from '../history/sort-history.ts'
import type { Coverage } from './coverage.ts'
import { marksOf } from './item-marks.ts'
import type { MadeSummary, SummaryAddress } from './summary-item.ts'
import type { SummaryMemory } from './summary-memory.ts'

/** A session whose summary is asked for, with what of its history there is. */
export interface SummarySession {
  readonly address: SummaryAddress
  /** Where summaries are stored. Without one they live as long as the pruner, and as long as they are used. */
  readonly memory: SummaryMemory | undefined
  /** What may be hidden, oldest first. */
  readonly candidates: readonly MemoryItem[]
  /** Their marks, for summaries to be compared with. */
  readonly marks: () => Promise<readonly string[]>
  /** Summaries that were found in the history. */
  readonly found: readonly MemoryItem[]
  /** Nothing of the session comes before the history. */
  readonly isWhole: boolean
  readonly signal: AbortSignal | undefined
}

/** The summary as it is stored, or undefined where it isn't: there is no memory, it failed, or the session was erased. */
export async function store(
  session: SummarySession,
  made: MadeSummary,
  newest: MemoryItem,
): Promise<MadeSummary | undefined> {
  const { memory, address } = session
  if (memory === undefined) return undefined
  const { content, contentType, createdAt, payload, expiresAt } = made.item
  const about = { content, contentType, createdAt, ...(payload && { payload }), ...(expiresAt && { expiresAt }) }
  try {
    const item = Object.freeze({ ...made.item, id: await memory.addMemoryItem({ ...address, ...about }) })
    // Where the session was erased while the model wrote, nobody may ever come by to delete it.
    if (!(await isGone(memory, newest))) return { ...made, item }
    await forget(session, item)
    return undefined
  } catch {
    // The context is what was asked for: it is there, and the next process makes the summary again.
    return undefined
  }
}

/** A session in its memory, of which only a part is at hand, compared with a summary. */
export interface InMemory {
  /** Nothing that it covers was deleted or edited. */
  readonly holds: boolean
  /** Id of what comes next to be covered; undefined where that isn't known. */
  readonly next: string | undefined
}

export async function compareInMemory(
  { address, candidates, memory, signal }: SummarySession,
  coverage: Coverage,
  mayCover: (item: MemoryItem) => boolean,
): Promise<InMemory> {
  const unknown = { holds: true, next: undefined }
  if (memory === undefined) return unknown
  try {
    const items = await readSession(memory, address, signal)
    const sorted = sortHistory(
      items,
      items.map(() => 0),
    )
    const all = sorted.candidates.map((place) => items[place] as MemoryItem)
    const ids = new Set(all.map(({ id }) => id))
    // A memory that has none of them keeps summaries of items that lie elsewhere.
    if (!candidates.some(({ id }) => ids.has(id))) return unknown
    const coverable = all.filter(mayCover)
    const end = coverage.endWithin(await marksOf(coverable, signal))
    return { holds: end >= 0, next: coverable[end]?.id }
  } catch {
    throwIfAborted(signal)
    // A store that doesn't answer: nothing says that it doesn't hold.
    return unknown
  }
}

/** Whether a memory says of an item that it has it no more. */
async function isGone(memory: SummaryMemory, { id }: MemoryItem): Promise<boolean> {
  try {
    return (await memory.getMemoryItem(id, { peek: true })) === undefined
  } catch {
    // An id of another store's, or a store that doesn't answer.
    return false
  }
}

/** Deletes a summary, if the memory says that it is one and whose it is: a history may say anything. */
export async function forget({ memory, address }: SummarySession, { id }: MemoryItem): Promise<void> {
  try {
    const stored = await memory?.getMemoryItem(id, { peek: true })
    if (stored === undefined || !isMadeSummary(stored)) return
    if (isOwnedBy(stored, address) && stored.sessionId === address.sessionId) await memory?.deleteMemoryItem(id)
  } catch {
    // The next prune finds it again.
  }
}
