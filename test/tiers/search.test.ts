import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import type { MemoryItem, NewMemoryItem } from '../../src/memory/memory-item.ts'
import { identifySession, parseItemId } from '../../src/memory/session.ts'
import { SessionStamps } from '../../src/memory/session-stamps.ts'
import type { SearchQuery } from '../../src/search/search-query.ts'
import type { TieredStorageManager } from '../../src/thermocline.ts'
import type { SearchPath } from '../../src/tiers/reading/search-path.ts'
import { naiveSearch } from '../search/naive-search.ts'
import { changeRecord, searchPathOn } from '../search/search-path-on.ts'
import { addAll, CHAT, collect, DAY_MS, MINUTE_MS, message, numbered } from '../support/items.ts'
import { emptyPlace, PLACES, type Place } from '../support/memories.ts'
import { CallCounter, withCalls } from '../support/watched-store.ts'

const ADA = { tenantId: 'default', userId: 'ada' }

async function found(path: SearchPath, query: string, owner = ADA, limit = 10): Promise<string[]> {
  return (await path.search(owner, { query, limit })).hits.map(({ item }) => item.content)
}

describe.each(PLACES)('search on %s', (kind) => {
  let place: Place
  let memory: TieredStorageManager
  let path: SearchPath
  let calls: CallCounter

  beforeEach(async () => {
    calls = new CallCounter()
    place = emptyPlace(kind, calls.wrap)
    memory = place.open()
    path = await searchPathOn(place)
  })

  it.each<[string, () => Promise<unknown>]>([
    ['in the tail', async () => undefined],
    ['in a page', () => memory.demote(CHAT, 'warm')],
    ['in an archive', () => memory.demote(CHAT, 'cold')],
  ])('finds what lies %s, as it is read otherwise', async (_, move) => {
    const ids = await addAll(memory, ['We met in Lisbon', 'The weather was fine', 'Lisbon again'])
    await move()
    const result = await path.search(ADA, { query: 'Lisbon' })
    expect(result).toMatchObject({ complete: true, sessionsSearched: 1, itemsSearched: 3 })
    expect(result.hits.map(({ item }) => item.id)).toEqual([ids[2], ids[0]])
    const [hit] = result.hits
    const item = await place.open().getMemoryItem(ids[2]!, { read: 'strong' })
    expect(hit?.item).toEqual({ ...item!, accessCount: 1, lastAccessedAt: place.clock.now() })
    expect(Object.isFrozen(result) && Object.isFrozen(result.hits) && Object.isFrozen(hit)).toBe(true)
  })

  it('leaves out what a pruner has summarized, and finds where it was said', async () => {
    const [said] = await addAll(memory, ['We met in Lisbon'])
    const summary = { ...CHAT, contentType: 'summary', content: 'They met in Lisbon' }
    await memory.addMemoryItem({ ...summary, payload: { format: 'thermocline.summary', data: '{}' } })
    const own = await memory.addMemoryItem(summary)
    const { hits } = await path.search(ADA, { query: 'Lisbon' })
    expect(hits.map(({ item }) => item.id).sort()).toEqual([said, own].sort())
  })

  it('goes over all sessions and tiers, or one', async () => {
    for (const [i, to] of (['cold', 'warm', undefined] as const).entries()) {
      await addAll(memory, [`tea number ${i}`, 'other'], { sessionId: `s${i}` })
      if (to !== undefined) await memory.demote({ ...CHAT, sessionId: `s${i}` }, to)
      place.clock.advance(1)
    }
    expect(await found(path, 'tea')).toEqual(['tea number 2', 'tea number 1', 'tea number 0'])
    const only = await path.search(ADA, { query: 'tea', sessionId: 's1' })
    expect(only).toMatchObject({ sessionsSearched: 1, itemsSearched: 2 })
    expect(only.hits.map(({ item }) => item.sessionId)).toEqual(['s1'])
    const none = await path.search(ADA, { query: 'tea', sessionId: 'none' })
    expect(none).toEqual({ hits: [], complete: true, sessionsSearched: 0, itemsSearched: 0 })
  })

  it('finds what was added, sealed and archived after the search before', async () => {
    for (const [i, to] of (['warm', 'cold', undefined, 'cold'] as const).entries()) {
      await addAll(memory, [`tea number ${i}`])
      expect(await found(path, 'tea')).toHaveLength(i + 1)
      if (to !== undefined) await memory.demote(CHAT, to)
      expect(await found(path, `number ${i}`)).toContain(`tea number ${i}`)
    }
    await memory.promote(CHAT)
    expect(await found(path, 'tea')).toHaveLength(4)
  })

  it('finds items of a long session, sealed while it was written', async () => {
    await addAll(memory, numbered(600))
    expect(await found(path, 'm1')).toEqual(['m1'])
    expect(await found(path, 'm599 m300')).toHaveLength(2)
  })

  it.each(['tail', 'warm', 'cold'] as const)('knows of edits and deletions in the %s', async (to) => {
    const ids = await addAll(memory, ['red bus', 'green bus', 'blue bus'])
    if (to !== 'tail') await memory.demote(CHAT, to)
    expect(await found(path, 'bus')).toHaveLength(3)
    await changeRecord(place, ids[0]!, { overlay: { kind: 'deleted' } })
    const body = JSON.stringify({ content: 'yellow tram', contentType: 'note', createdAt: 1 })
    await changeRecord(place, ids[1]!, { overlay: { kind: 'edited', body } })
    for (const reader of [path, await searchPathOn(place)]) {
      expect(await found(reader, 'red bus')).toEqual(['blue bus'])
      expect(await found(reader, 'green')).toEqual([])
      const edited = await reader.search(ADA, { query: 'tram' })
      expect(edited).toMatchObject({ itemsSearched: 2, hits: [{ item: { id: ids[1], content: 'yellow tram' } }] })
    }
  })

  it.each(['tail', 'warm', 'cold'] as const)('finds nothing that was erased from the %s', async (to) => {
    const [first] = await addAll(memory, ['secret one', 'secret two'])
    if (to !== 'tail') await memory.demote(CHAT, to)
    await found(path, 'secret')
    const erasedTo = place.clock.now()
    place.clock.advance(1)
    await addAll(memory, ['no secret'])
    const body = JSON.stringify({ content: 'edited secret', contentType: 'note', createdAt: 1 })
    await changeRecord(place, first!, { overlay: { kind: 'edited', body } })
    await changeRecord(place, first!, { erasedTo })
    expect(await path.search(ADA, { query: 'secret' })).toMatchObject({
      itemsSearched: 1,
      hits: [{ item: { content: 'no secret' } }],
    })
  })

  it.each(['tail', 'warm', 'cold'] as const)('finds nothing that expired in the %s', async (to) => {
    const expiresAt = place.clock.now() + MINUTE_MS
    await addAll(memory, ['secret'], { expiresAt })
    await addAll(memory, ['no secret'])
    if (to !== 'tail') await memory.demote(CHAT, to)
    place.clock.set(expiresAt - 1)
    expect(await found(path, 'secret')).toEqual(['no secret', 'secret'])
    place.clock.set(expiresAt)
    expect(await found(path, 'secret')).toEqual(['no secret'])
  })

  it('finds latecomers, and what was sent again once', async () => {
    const startedAt = place.clock.now()
    place.clock.advance(10 * MINUTE_MS)
    const keyed = (content: string, minute: number): NewMemoryItem =>
      message(content, { idempotencyKey: content, createdAt: startedAt + minute * MINUTE_MS })
    const items = [keyed('tea one', 2), keyed('tea two', 4)]
    await memory.addMemoryItems(items)
    await memory.demote(CHAT, 'warm')
    expect(await found(path, 'tea')).toEqual(['tea two', 'tea one'])
    await memory.addMemoryItems([...items, keyed('tea three', 3)])
    for (const reader of [path, await searchPathOn(place)]) {
      const result = await reader.search(ADA, { query: 'tea' })
      expect(result.hits.map(({ item }) => item.content)).toEqual(['tea two', 'tea one', 'tea three'].sort(byMinute))
      expect(result.itemsSearched).toBe(3)
    }
    await memory.demote(CHAT)
    expect(await found(path, 'tea')).toHaveLength(3)
  })

  it.each([
    [{ userId: 'bob' }, { userId: 'ada' }],
    [{ tenantId: 'acme', userId: 'ada' }, { userId: 'ada' }],
    [
      { tenantId: 'a', userId: 'bc' },
      { tenantId: 'ab', userId: 'c' },
    ],
    [{ userId: 'Ada' }, { userId: 'ada' }],
    [{ userId: "' OR 1=1 --" }, { userId: 'ada' }],
    [{ userId: '%' }, { userId: 'ada' }],
    [{ userId: '../ada' }, { userId: 'ada' }],
  ])('for %o finds nothing of %o', async (reader, owner) => {
    await addAll(memory, ['their secret'], owner)
    const asked = { tenantId: 'default', ...reader }
    for (const sessionId of [undefined, CHAT.sessionId]) {
      const query: SearchQuery = { query: 'secret', ...(sessionId !== undefined && { sessionId }) }
      expect(await path.search(asked, query)).toMatchObject({ hits: [], sessionsSearched: 0, itemsSearched: 0 })
    }
    await addAll(memory, ['my secret'], reader)
    expect(await found(path, 'secret', asked)).toEqual(['my secret'])
  })

  it('reads no segment a second time', async () => {
    const uncached = await searchPathOn(place, { tiers: { segmentCacheMaxBytes: 0 } })
    for (let i = 0; i < 3; i++) {
      await addAll(memory, [`tea ${'long '.repeat(20_000)}`, 'other'], { sessionId: `s${i}` })
      await memory.demote({ ...CHAT, sessionId: `s${i}` }, 'warm')
    }
    const before = calls.of('getSegment')
    await uncached.search(ADA, { query: 'milk' })
    const segments = calls.of('getSegment')
    const loads = calls.of('load')
    expect(segments).toBeGreaterThan(before)
    expect(await uncached.search(ADA, { query: 'milk' })).toMatchObject({ sessionsSearched: 3, itemsSearched: 6 })
    expect(calls.of('getSegment')).toBe(segments)
    expect(calls.of('load')).toBe(loads + 3)
  })

  it('counts a search as one read of each unit with a hit', async () => {
    await addAll(memory, ['tea', 'more tea', 'milk'])
    await memory.demote(CHAT, 'cold')
    await addAll(memory, ['water'])
    await found(path, 'tea')
    const { hits } = await path.search(ADA, { query: 'tea' })
    expect(hits.map(({ item }) => item.accessCount)).toEqual([2, 2])
    const [water] = (await path.search(ADA, { query: 'water' })).hits
    expect(water?.item.accessCount).toBe(1)
  })

  it('writes reads down where they bring an archive back', async () => {
    const work: Promise<void>[] = []
    const reading = await searchPathOn(place, { background: (write) => work.push(write) })
    await addAll(memory, ['tea'])
    place.clock.advance(100 * DAY_MS)
    await memory.runMigration()
    await found(reading, 'tea')
    await found(reading, 'tea')
    await Promise.all(work)
    await memory.runMigration()
    expect((await memory.getConversationHistory({ ...CHAT, read: 'strong' }))[0]?.tier).not.toBe('cold')
  })

  it.each([
    [{ query: '' }],
    [{ query: ' \n ' }],
    [{ query: 7 }],
    [{}],
    [{ query: 'x'.repeat(2001) }],
    [{ query: 'x', limit: 0 }],
    [{ query: 'x', limit: 101 }],
    [{ query: 'x', limit: 1.5 }],
    [{ query: 'x', limit: '1' }],
    [{ query: 'x', limt: 1 }],
    [null],
    ['x'],
    [Promise.resolve({ query: 'x' })],
  ])('refuses %o before any store is asked', async (query) => {
    const before = calls.all
    await expect(path.search(ADA, query as SearchQuery)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await expect(path.search(ADA, { query: 'x', sessionId: '' })).rejects.toMatchObject({ code: 'INVALID_ID' })
    expect(calls.all).toBe(before)
  })

  it('finds nothing by what is no word, and asks no store', async () => {
    await addAll(memory, ['?!', '...'])
    const before = calls.all
    expect((await path.search(ADA, { query: '?! — …' })).hits).toEqual([])
    expect(calls.all).toBe(before)
  })

  it('says where a bound ended it, and goes on with what it had not to index again', async () => {
    for (let i = 0; i < 4; i++) {
      await addAll(memory, [`tea ${i} ${'x'.repeat(300)}`], { sessionId: `s${i}` })
      place.clock.advance(1)
    }
    const few = await searchPathOn(place, { bounds: { maxSessions: 3, maxIndexedBytes: 1e6 } })
    expect(await few.search(ADA, { query: 'tea' })).toMatchObject({ complete: false, sessionsSearched: 3 })
    expect(await few.search(ADA, { query: 'tea 0' })).not.toMatchObject({ hits: [{ item: { sessionId: 's0' } }] })
    const all = await searchPathOn(place, { bounds: { maxSessions: 4, maxIndexedBytes: 1e6 } })
    expect(await all.search(ADA, { query: 'tea' })).toMatchObject({ complete: true, sessionsSearched: 4 })
    const small = await searchPathOn(place, { bounds: { maxSessions: 9, maxIndexedBytes: 900 } })
    const first = await small.search(ADA, { query: 'tea' })
    expect(first).toMatchObject({ complete: false, itemsSearched: 2 })
    expect(first.hits.map(({ item }) => item.sessionId)).toEqual(['s3', 's2'])
    const second = await small.search(ADA, { query: 'tea' })
    expect(second).toMatchObject({ complete: true, itemsSearched: 4 })
  })

  it('gives at most so many hits, the best', async () => {
    const contents = Array.from({ length: 150 }, (_, i) => `tea ${'cake '.repeat(i)}`)
    await addAll(memory, contents)
    expect(await found(path, 'tea', ADA, 1)).toEqual([contents[0]])
    expect(await found(path, 'tea', ADA, 100)).toHaveLength(100)
    expect((await path.search(ADA, { query: 'tea' })).hits).toHaveLength(10)
  })

  it('answers several questions at once as one after the other', async () => {
    await addAll(memory, numbered(300))
    await memory.demote(CHAT)
    const queries = ['m7', 'm8 m9', 'm299', 'none', 'm7']
    const together = await Promise.all(queries.map((query) => found(path, query)))
    expect(together).toEqual([['m7'], ['m9', 'm8'], ['m299'], [], ['m7']])
  })

  it('leaves out what expires while it is under way', async () => {
    let loads = 0
    const slow = emptyPlace(kind, (store) =>
      withCalls(store, (inner) => ({
        async load(key, options) {
          loads += 1
          // The first load is for the index, the second for the hits.
          if (loads === 2) slow.clock.advance(MINUTE_MS)
          return inner.load(key, options)
        },
      })),
    )
    const writer = slow.open()
    await addAll(writer, ['tea'], { expiresAt: slow.clock.now() + MINUTE_MS })
    await addAll(writer, ['more tea'])
    loads = 0
    expect(await found(await searchPathOn(slow), 'tea')).toEqual(['more tea'])
  })

  it('finds nothing in a record that is of somebody else after all', async () => {
    const bob = identifySession({ userId: 'bob', sessionId: CHAT.sessionId }).key
    const colliding = emptyPlace(kind, (store) => withCalls(store, (inner) => ({ load: () => inner.load(bob) })))
    await addAll(colliding.open(), ['their secret'], { userId: 'bob' })
    const reader = await searchPathOn(colliding)
    expect(await found(reader, 'secret', { ...ADA, userId: 'bob' })).toEqual(['their secret'])
    expect(await reader.search(ADA, { query: 'secret', sessionId: CHAT.sessionId })).toMatchObject({ hits: [] })
  })

  it('has what is added afterwards sort after what it found', async () => {
    const createdAt = place.clock.now() + 4 * MINUTE_MS
    const id = await memory.addMemoryItem(message('early', { idempotencyKey: 'k', createdAt }))
    const stamps = new SessionStamps()
    const reader = await searchPathOn(place, { stamps })
    expect(await found(reader, 'early')).toEqual(['early'])
    const { key, stamp } = parseItemId(id)
    expect(stamps.next(key, place.clock.now()) > stamp).toBe(true)
  })

  it('finds a session whose segments are replaced while it is read', async () => {
    let race: (() => Promise<unknown>) | undefined
    const racing = emptyPlace(kind, (store) =>
      withCalls(store, (inner) => ({
        async getSegment(key, id) {
          const now = race
          race = undefined
          await now?.()
          return inner.getSegment(key, id)
        },
      })),
    )
    const writer = racing.open()
    await addAll(writer, ['tea', 'more tea'])
    await writer.demote(CHAT, 'warm')
    const reader = await searchPathOn(racing)
    race = () => writer.demote(CHAT, 'cold')
    expect(await found(reader, 'tea')).toHaveLength(2)
    expect(race).toBeUndefined()
  })
})

function byMinute(a: string, b: string): number {
  const minutes = ['tea two', 'tea three', 'tea one']
  return minutes.indexOf(a) - minutes.indexOf(b)
}

describe('an index that is forgotten', () => {
  it('is made anew, also where it was being made', async () => {
    const calls = new CallCounter()
    const place = emptyPlace('in-process', calls.wrap)
    const memory = place.open()
    const path = await searchPathOn(place, { tiers: { segmentCacheMaxBytes: 0 } })
    await addAll(memory, [`tea ${'0123456789 '.repeat(20_000)}`])
    await memory.demote(CHAT, 'warm')
    const { key } = identifySession({ ...CHAT, tenantId: 'default' })
    const before = calls.of('getSegment')
    const search = path.search(ADA, { query: 'milk' })
    path.forget(key)
    await search
    await path.search(ADA, { query: 'milk' })
    await path.search(ADA, { query: 'milk' })
    expect(calls.of('getSegment')).toBe(before + 1)
  })
})

describe('every search', () => {
  const word = fc.constantFrom('tea', 'milk', 'cake', 'red', 'blue', 'running', '茶', 'xyz')
  const content = fc.array(word, { minLength: 0, maxLength: 6 }).map((words) => words.join(' '))
  const item = fc.record({
    content,
    session: fc.nat(2),
    late: fc.boolean(),
    lifeMs: fc.constantFrom(0, 0, 0, DAY_MS),
  })
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('add' as const), items: fc.array(item, { maxLength: 8 }) }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constantFrom('warm' as const, 'cold' as const), session: fc.nat(2) }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const), index: fc.nat(50) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('edit' as const), index: fc.nat(50), content }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('search' as const), query: content }) },
  )

  it('answers as reading and scoring every item would', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 30, size: 'max' }), content, async (steps, last) => {
        const place = emptyPlace('in-process')
        const memory = place.open({ tailMaxItems: 6 })
        const path = await searchPathOn(place)
        const ids: string[] = []
        let keys = 0
        for (const taken of [...steps, { do: 'search' as const, query: last }]) {
          const now = place.clock.advance(1) ?? place.clock.now()
          switch (taken.do) {
            case 'add':
              for (const { content, session, late, lifeMs } of taken.items) {
                const more = {
                  sessionId: `s${session}`,
                  ...(late && { idempotencyKey: `k${keys++}`, createdAt: now - 5 }),
                  ...(lifeMs > 0 && { expiresAt: now + lifeMs }),
                }
                ids.push(await memory.addMemoryItem(message(content, more)))
              }
              break
            case 'warm':
            case 'cold':
              await memory.demote({ ...CHAT, sessionId: `s${taken.session}` }, taken.do)
              break
            case 'delete':
            case 'edit': {
              const id = ids[taken.index % (ids.length || 1)]
              if (id === undefined) break
              const body = JSON.stringify({
                content: 'content' in taken ? taken.content : '',
                contentType: 'note',
                createdAt: 1,
              })
              const overlay = taken.do === 'edit' ? ({ kind: 'edited', body } as const) : ({ kind: 'deleted' } as const)
              await changeRecord(place, id, { overlay })
              break
            }
            case 'wait':
              place.clock.advance(DAY_MS)
              break
            case 'search':
              await expectSameAsScan(memory, path, taken.query)
              break
            default:
              taken satisfies never
          }
        }
      }),
      { numRuns: 60 },
    )
  })

  async function expectSameAsScan(memory: TieredStorageManager, path: SearchPath, query: string): Promise<void> {
    if (query.trim() === '') return
    const items: MemoryItem[] = []
    for (const sessionId of ['s0', 's1', 's2'])
      items.push(...(await collect(memory.iterateConversationHistory({ ...CHAT, sessionId }))))
    const scanned = naiveSearch(items, query)
    const { hits, itemsSearched, complete } = await path.search(ADA, { query, limit: 100 })
    expect({ itemsSearched, complete }).toEqual({ itemsSearched: items.length, complete: true })
    expect(hits.map(({ item }) => item.id).sort()).toEqual(
      scanned
        .slice(0, 100)
        .map(({ id }) => id)
        .sort(),
    )
    for (const [i, { item, score }] of hits.entries()) {
      expect(score).toBeCloseTo(scanned.find(({ id }) => id === item.id)!.score, 9)
      expect(score).toBeCloseTo(scanned[i]!.score, 9)
    }
  }
})
