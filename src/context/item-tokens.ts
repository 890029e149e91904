import { ThermoclineError } from '../errors.ts'
import type { MemoryItem } from '../memory/memory-item.ts'
import { throwIfAborted } from './abort.ts'
import { isTurnSpent, nextTurn, spend } from './event-loop-share.ts'
import type { TokenCounter } from './token-counter.ts'

interface Counted {
  readonly content: string
  readonly tokens: number
}

// By counter, not by pruner: a program that makes a pruner for each request still counts an item once.
const counts = new WeakMap<TokenCounter, WeakMap<MemoryItem, Counted>>()

/** Tokens of each item's content, counted once in an item's life. */
export async function countItems(
  items: readonly MemoryItem[],
  counter: TokenCounter,
  signal: AbortSignal | undefined,
): Promise<number[]> {
  const known = knownCounts(counter)
  const tokens: number[] = []
  for (const item of items) {
    const counted = known.get(item)
    // Items of ours are frozen; a caller's own may have been changed since.
    if (counted !== undefined && counted.content === item.content) {
      tokens.push(counted.tokens)
      continue
    }
    if (isTurnSpent()) {
      await nextTurn()
      throwIfAborted(signal)
    }
    // Counters of others say nothing of their work; this is right for one of 4 MB/s.
    spend(1 + (item.content.length >> 2))
    tokens.push(remember(item, await countText(counter, item.content)))
  }
  return tokens

  function remember(item: MemoryItem, count: number): number {
    known.set(item, { content: item.content, tokens: count })
    return count
  }
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

function knownCounts(counter: TokenCounter): WeakMap<MemoryItem, Counted> {
  const known = counts.get(counter)
  if (known !== undefined) return known
  const fresh = new WeakMap<MemoryItem, Counted>()
  counts.set(counter, fresh)
  return fresh
}
