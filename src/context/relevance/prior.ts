import type { MemoryItem } from '../../memory/memory-item.ts'
import { itemOf } from '../../search/unit-index.ts'
import type { Surface } from './prior-surface.ts'

/** What an index knows that tells what an item is worth to questions which nobody has asked yet. Columns go by item. */
export interface PriorInput {
  /** What is rated. The columns may have more items, added since. */
  readonly items: readonly MemoryItem[]
  readonly surfaces: readonly Surface[]
  /** Numbers of sessions; neighbours of one session have the same. */
  readonly sessions: ArrayLike<number>
  /** 1 for an item that has a word of time: a weekday, a month, "yesterday". */
  readonly tellsTime: ArrayLike<number>
  /** By term, rising by item: as `packPosting` writes them. */
  readonly byTerm: ReadonlyMap<string, ArrayLike<number>>
}

// Set by hand, each to a round figure in the middle of those that do about as well.
const ANSWER = 2
const OPENING = 2
const ASKING = 0.8
// A table or a listing has more names than anybody will ask for.
const MAX_NAMES = 8
// An item takes room beside its text, and a word or two is no statement.
const ITEM_BYTES = 48

/**
 * What each item is worth to questions to come, by its length, from 0 to 1, the best of them 1:
 *
 *     √(information · (1 + names, numbers, a word of time)) · (2 if an answer) · (2 if it opens a session) · (1 - 0.8 asking)
 *     / bytes
 *
 * A term informs by its rarity, and by k^-½ in the k-th item that has it: who brings something up says most about it.
 * All else is punctuation, digits and capitals, so nothing here is of one subject, and little of one language.
 */
export function priorScores(input: PriorInput): Float64Array {
  const { items, surfaces, sessions, tellsTime } = input
  const scores = informationOf(input)
  let isAsked = false
  let best = 0
  for (const [place, item] of items.entries()) {
    const { bytes, asking, names } = surfaces[place] as Surface
    const opens = place === 0 || sessions[place] !== sessions[place - 1]
    if (opens) isAsked = false
    const concrete = Math.min(names, MAX_NAMES) + (tellsTime[place] as number)
    let score = Math.sqrt((scores[place] as number) * (1 + concrete)) / (bytes + ITEM_BYTES)
    score *= 1 - ASKING * asking
    if (opens) score *= OPENING
    // A call made to find the answer, and what it gave, lie between question and answer.
    if (!isOfTools(item)) {
      if (isAsked) score *= ANSWER
      isAsked = asking > 0
    }
    scores[place] = score
    best = Math.max(best, score)
  }
  return best > 0 ? scores.map((score) => score / best) : scores
}

function informationOf({ items, byTerm }: PriorInput): Float64Array {
  const count = items.length
  const information = new Float64Array(count)
  for (const postings of byTerm.values()) {
    let length = postings.length
    while (length > 0 && itemOf(postings[length - 1] as number) >= count) length -= 1
    const rarity = Math.log(1 + count / length)
    for (let k = 0; k < length; k += 1) {
      information[itemOf(postings[k] as number)]! += rarity / Math.sqrt(k + 1)
    }
  }
  return information
}

function isOfTools(item: MemoryItem): boolean {
  return item.contentType === 'tool_call' || item.contentType === 'tool_result' || item.callId !== undefined
}
