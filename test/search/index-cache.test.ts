import { describe, expect, it } from 'vitest'
import type { SessionKey } from '../../src/memory/session.ts'
import { firstStampAt } from '../../src/memory/stamp.ts'
import { IndexCache } from '../../src/search/index-cache.ts'
import type { UnitIndex } from '../../src/search/unit-index.ts'
import { UnitIndexBuilder } from '../../src/search/unit-index-builder.ts'

const [ONE, TWO, THREE] = ['one', 'two', 'three'] as unknown as readonly [SessionKey, SessionKey, SessionKey]

function index(): UnitIndex {
  const builder = new UnitIndexBuilder()
  builder.add(firstStampAt(1), { content: 'word '.repeat(100) })
  return builder.build()
}

/** Room for two sessions of one unit each, and not for three. */
function smallCache(): IndexCache {
  return new IndexCache(2 * (index().bytes + 400))
}

describe('the cache of indexes', () => {
  it('drops the session that was searched least recently', () => {
    const cache = smallCache()
    for (const key of [ONE, TWO]) cache.set(key, new Map([['a', index()]]), cache.lease, cache.budget())
    cache.get(ONE)
    cache.set(THREE, new Map([['a', index()]]), cache.lease, cache.budget())
    expect([ONE, TWO, THREE].map((key) => cache.get(key) !== undefined)).toEqual([true, false, true])
  })

  it('keeps what one search found first, where it finds more than fits', () => {
    const cache = smallCache()
    const budget = cache.budget()
    for (const key of [ONE, TWO, THREE]) cache.set(key, new Map([['a', index()]]), cache.lease, budget)
    expect([ONE, TWO, THREE].map((key) => cache.get(key) !== undefined)).toEqual([true, true, false])
  })

  it('keeps the newest units of a session that does not fit', () => {
    const cache = smallCache()
    const units = new Map(['new', 'older', 'oldest'].map((id) => [id, index()]))
    cache.set(ONE, units, cache.lease, cache.budget())
    expect([...(cache.get(ONE)?.keys() ?? [])]).toEqual(['new', 'older'])
  })

  it('takes nothing that was made from a record of before something was forgotten', () => {
    const cache = smallCache()
    const { lease } = cache
    cache.forget(ONE)
    cache.set(ONE, new Map([['a', index()]]), lease, cache.budget())
    expect(cache.get(ONE)).toBeUndefined()
  })
})
