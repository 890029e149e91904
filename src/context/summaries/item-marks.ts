import { hash } from 'node:crypto'
import { textHeapBytes } from '../../lib/heap-bytes.ts'
import type { MemoryItem } from '../../memory/memory-item.ts'
import { throwIfAborted } from '../abort.ts'
import { isTurnSpent, nextTurn, spend } from '../event-loop-share.ts'
import { KnownTexts } from '../known-texts.ts'

// Of SHA-256: 30 bits of the id, to tell some hundred items apart, and 24 bits of what it says.
export const ID_CHARS = 5
export const MARK_CHARS: number = ID_CHARS + 4

// What an id of ours begins with, and all in which that of the same item of a fork differs.
const SESSION_PREFIX = /^[0-9a-v]{26}\./
// A long session is read anew for each prune.
export const knownHashes: KnownTexts<string> = new KnownTexts({
  maxBytes: 24 * 1024 * 1024,
  valueBytes: textHeapBytes,
})

/** Of each item, which one it is and what it says, in {@link MARK_CHARS} characters. */
export async function marksOf(items: readonly MemoryItem[], signal: AbortSignal | undefined): Promise<string[]> {
  const marks: string[] = []
  for (const { id, contentType, content } of items) {
    if (isTurnSpent()) {
      await nextTurn()
      throwIfAborted(signal)
    }
    const said = hashOf(`${contentType} ${hashOf(content)}`).slice(0, MARK_CHARS - ID_CHARS)
    marks.push(hashOf(id.replace(SESSION_PREFIX, '')).slice(0, ID_CHARS) + said)
  }
  return marks
}

function hashOf(text: string): string {
  const known = knownHashes.get(text)
  if (known !== undefined) {
    spend(1)
    return known
  }
  spend(10 + (text.length >> 8))
  const made = hash('sha256', text, 'base64url').slice(0, ID_CHARS)
  knownHashes.set(text, made)
  return made
}
