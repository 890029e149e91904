import type { TailEntry } from '../../memory/record.ts'
import type { Documents } from './documents.ts'
import { type StoredSession, visibleElements } from './record-document.ts'
import { bodyIn, type TailElement } from './tail-element.ts'
import { textIn } from './values.ts'

/** Bodies of up to 512 KiB each. */
const READ_AT_ONCE = 16

export interface ReadTail {
  /** Rising by stamp. */
  readonly tail: readonly TailEntry[]
  readonly isComplete: boolean
}

/**
 * What a record shows of its tail, with the bodies that lie elsewhere. Those of older entries than the `newest` are not
 * read. Undefined where one was not there: it has been sealed since the record was read.
 */
export async function readTail(
  documents: Documents,
  stored: StoredSession,
  newest: number = Number.POSITIVE_INFINITY,
): Promise<ReadTail | undefined> {
  const visible = visibleElements(stored)
  const older = visible.slice(0, Math.max(0, visible.length - newest))
  const from = older.findLastIndex(({ bodyId }) => bodyId !== undefined) + 1
  const tail: TailEntry[] = []
  for (let i = from; i < visible.length; ) {
    const element = visible[i]!
    if (element.bodyId === undefined) {
      tail.push({ stamp: element.stamp, body: bodyIn(element) })
      i += 1
      continue
    }
    const run = visible.slice(i, i + READ_AT_ONCE)
    const read = await Promise.all(run.map((each) => entryOf(documents, stored, each)))
    for (const entry of read) {
      if (entry === undefined) return undefined
      tail.push(entry)
    }
    i += run.length
  }
  return { tail, isComplete: from === 0 }
}

async function entryOf(
  { calls, layout }: Documents,
  { key }: StoredSession,
  element: TailElement,
): Promise<TailEntry | undefined> {
  const { stamp, bodyId } = element
  if (bodyId === undefined) return { stamp, body: bodyIn(element) }
  const document = await calls.get(layout.body(key, stamp, bodyId))
  const body = document && textIn(document.fields, 'body')
  return body === undefined ? undefined : { stamp, body }
}
