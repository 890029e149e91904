import { describe, expect, it } from 'vitest'
import { historyUnits } from '../../../src/context/history/history-units.ts'
import type { MemoryItem } from '../../../src/memory/memory-item.ts'
import { item } from '../items.ts'

/** `c1` a call and `r1` a result with call id 1, `c` and `r` without an id, `m` a message. */
function unitsOf(shorthand: string): string[] {
  const words = shorthand.split(' ')
  const history = words.map((word): MemoryItem => {
    const contentType = { c: 'tool_call', r: 'tool_result', m: 'assistant_message' }[word[0] as 'c' | 'r' | 'm']
    return item(word, word.length > 1 ? { contentType, callId: word.slice(1) } : { contentType })
  })
  return historyUnits(history).map((places) => places.map((place) => words[place]).join(' '))
}

describe('historyUnits()', () => {
  it.each([
    ['messages are apart', 'm m m', ['m', 'm', 'm']],
    ['a call has its result', 'm c1 r1 m', ['m', 'c1 r1', 'm']],
    ['parallel calls have all of their results, in any order', 'c1 c2 c3 r3 r1 r2', ['c1 c2 c3 r3 r1 r2']],
    ['calls one after the other are apart', 'c1 r1 c2 r2', ['c1 r1', 'c2 r2']],
    ['a late result finds its call', 'c1 m m r1 m', ['c1 r1', 'm', 'm', 'm']],
    ['a call id that is used again is of the newest call', 'c1 r1 m c1 r1', ['c1 r1', 'm', 'c1 r1']],
    ['also where the first call was never answered', 'c1 m c1 r1', ['c1', 'm', 'c1 r1']],
    ['a result whose call is missing is apart', 'r1 m c2 r2', ['r1', 'm', 'c2 r2']],
    ['several results of one call are together', 'c1 r1 r1 m', ['c1 r1 r1', 'm']],
    ['without call ids, results are of the calls before them', 'c c r r m c r', ['c c r r', 'm', 'c r']],
    ['a message that names a call id is part of the exchange', 'c1 r1 m1', ['c1 r1 m1']],
  ])('%s', (_, shorthand, units) => {
    expect(unitsOf(shorthand)).toEqual(units)
  })

  it('is not slowed down by one endless exchange', () => {
    const words = Array.from({ length: 50_000 }, (_, n) =>
      item('x', { contentType: n % 2 ? 'tool_result' : 'tool_call' }),
    )
    expect(historyUnits(words)).toHaveLength(25_000)
    const parallel = words.map((one) => item(one.content, { contentType: 'tool_call', callId: 'same' }))
    expect(historyUnits(parallel)).toHaveLength(1)
  })
})
