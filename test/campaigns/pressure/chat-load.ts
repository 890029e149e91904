import { createHash } from 'node:crypto'

/** How much is said, and read again: far more than the heap of the process can hold. */
export interface ChatLoad {
  readonly sessions: number
  readonly itemsPerSession: number
  readonly charsPerItem: number
}

/** 700 conversations of 200,000 characters, which take 280 MB as two-byte strings. */
export const LOAD: ChatLoad = Object.freeze({ sessions: 700, itemsPerSession: 25, charsPerItem: 8000 })

export function sessionIdOf(session: number): string {
  return `chat-${session}`
}

/** The same for the same place, and hardly compressible. One letter outside of Latin-1 makes V8 take two bytes for each. */
export function contentOf(session: number, index: number, { charsPerItem }: ChatLoad): string {
  const text = createHash('shake256', { outputLength: Math.ceil((charsPerItem * 3) / 4) })
    .update(`${session}:${index}`)
    .digest('base64')
  return `Я${text.slice(0, charsPerItem - 1)}`
}
