import { ThermoclineError } from '../errors.ts'
import type { MemoryItem } from '../memory/memory-item.ts'
import { throwIfAborted } from './abort.ts'
import { isTurnSpent, nextTurn, spend } from './event-loop-share.ts'
import { KnownTexts } from './known-texts.ts'
import type { TokenCounter } from './token-counter.ts'

// Of each counter: some ten thousand messages.
const MAX_BYTES = 24 * 1024 * 1024
// By counter, not by pruner: a program that makes a pruner for each request still counts a text once.
const counts = new WeakMap<TokenCounter, KnownTexts<number>>()

/** Tokens of each item's content. A text is counted once, however many items have it, and however often it is read. */
export async function countItems(
  items: readonly MemoryItem[],
  counter: TokenCounter,
  signal: AbortSignal | undefined,
): Promise<number[]> {
  const known = knownCounts(counter)
  const tokens: number[] = []
  for (const { content } of items) {
    const before = known.get(content)
    if (before !== undefined) {
      tokens.push(before)
      continue
    }
    if (isTurnSpent()) {
      await nextTurn()
      throwIfAborted(signal)
    }
    // Counters of others say nothing of their work; this is right for one of 4 MB/s.
    spend(1 + (content.length >> 2))
    const count = await countText(counter, content)
    known.set(content, count)
    tokens.push(count)
  }
  return tokens
}

/** @throws ThermoclineError `INVALID_OPTION` for a counter that answers with anything but an integer of at least 0 */
export async function countText(counter: TokenCounter, text: string): Promise<number> {
  const tokens = await counter.count(text)
  if (Number.isSafeInteger(tokens) && tokens >= 0) return tokens
  throw new ThermoclineError(
    'INVALID_OPTION',
    `Cannot use tokenCounter: expected count to give an integer of at least 0: received ${String(tokens)}`,
    { details: { counter: counter.name } },
  )
}

/** What is known of a counter's counts. */
export function knownCounts(counter: TokenCounter): KnownTexts<number> {
  const known = counts.get(counter)
  if (known !== undefined) return known
  const fresh = new KnownTexts<number>({ maxBytes: MAX_BYTES })
  counts.set(counter, fresh)
  return fresh
}
