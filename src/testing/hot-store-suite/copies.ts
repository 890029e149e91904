import assert from 'node:assert/strict'
import type { Heat } from '../../memory/heat.ts'
import { freezeInside } from '../../memory/item-body.ts'
import type { ItemBody, MemoryItem } from '../../memory/memory-item.ts'
import { identifySession, type SessionIdentity, systemSession } from '../../memory/session.ts'
import type { SessionCopy } from '../../tiers/hot/session-copy.ts'
import {
  copyOf,
  copyOfUnits,
  fillNow,
  type HeldUnit,
  item,
  items,
  itemWith,
  read,
  START,
  served,
  servesExactly,
  session,
  tailOf,
} from './fixtures.ts'
import type { HotTest } from './store-under-test.ts'

const DAY_MS = 86_400_000

/** A unit whose items were made so many days before {@link START}. */
function segment(
  owner: SessionIdentity,
  id: string,
  days: number,
  count: number,
  heat: Heat,
  isArchive = false,
): HeldUnit {
  const held = items(owner, -days * DAY_MS, count)
  return { facts: { id, isArchive, newestAt: START - days * DAY_MS + count - 1, heat }, held }
}

function readTimes(count: number, daysAgo: number): Heat {
  return { reads: count, recent: Array.from({ length: Math.min(count, 16) }, (_, i) => START - daysAgo * DAY_MS - i) }
}

const ARCHIVE = '0000000000001'
const PAGE = '0000000000002'
const READ_PAGE = '0000000000003'

/** Units of each tier: an archive, a page, one that is hot since it was read often, and the tail. */
function unitsOf(owner: SessionIdentity): readonly HeldUnit[] {
  return [
    segment(owner, ARCHIVE, 90, 3, readTimes(1, 40), true),
    segment(owner, PAGE, 20, 3, readTimes(2, 12)),
    segment(owner, READ_PAGE, 10, 2, readTimes(21, 1)),
    tailOf(items(owner, -5, 4), readTimes(3, 0)),
  ]
}

/** Which unit each item of a copy is of. */
function unitOfEach(copy: SessionCopy): string[] {
  return copy.items.map((_, i) => copy.spans.findLast(({ from }) => from <= i)?.facts.id ?? 'none')
}

function stateOf({ tier, cached, accessCount, lastAccessedAt }: MemoryItem): unknown[] {
  return [tier, cached, accessCount, lastAccessedAt]
}

function assertFrozen(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  assert.ok(Object.isFrozen(value), 'what is handed out is shared, so it must be frozen all the way down')
  for (const inner of Object.values(value)) assertFrozen(inner)
}

export function copyTests(test: HotTest): void {
  const chat = session('chat')

  test('a copy knows its session, whatever its ids are', async (context) => {
    const odd = [
      'a,b',
      '"quoted"',
      "'\\'",
      '{}[]',
      '*',
      '%00',
      '__proto__',
      '😀\u2028',
      'e\u0301',
      'é',
      'x'.repeat(512),
    ]
    const owners = odd.map((id) => identifySession({ tenantId: id, userId: `${id}`, sessionId: id }))
    // Sessions of our own have ids that nobody else's can have.
    for (const owner of [...owners, systemSession('odd,\n"job"\r\n')]) {
      await fillNow(context.store, owner, copyOf(owner, items(owner, 0, 2), 2))
      for (const newest of [1, 2]) {
        const copy = await served(context, owner, { newest })
        assert.deepEqual(copy?.session ?? owner, owner)
        const { tenantId, userId, sessionId } = copy?.items[0] ?? owner
        assert.deepEqual([tenantId, userId, sessionId], [owner.tenantId, owner.userId, owner.sessionId])
      }
    }
  })

  test('a copy knows what its record showed', async (context) => {
    for (const [i, shownFence] of [undefined, '1234567890123456', 'a,"b"\n\u00e9'].entries()) {
      const owner = session(`fence ${i}`)
      await fillNow(context.store, owner, copyOf(owner, items(owner, 0, 2), 2, { ...(shownFence && { shownFence }) }))
      await context.store.append(owner.key, [item(owner, 10)], 3)
      const copy = await served(context, owner)
      if (copy === undefined) continue
      assert.equal(copy.shownFence, shownFence)
      assert.equal(copy.isOf({ n: 3, shownFence: shownFence ?? '' }), shownFence !== undefined)
    }
  })

  test('a count keeps all of its digits', async (context) => {
    for (const [i, n] of [9, 99, 2 ** 32 - 1, 2 ** 53 - 3].entries()) {
      const owner = session(`count ${i}`)
      const held = items(owner, 0, 2)
      await fillNow(context.store, owner, copyOf(owner, held, n, { complete: false }))
      const added = item(owner, 10)
      await context.store.append(owner.key, [added], n + 1)
      await context.store.append(owner.key, [added], n + 1)
      await servesExactly(context, owner, [...held, added], n + 1)
      await context.store.append(owner.key, [item(owner, 20)], n + 3)
      assert.equal((await read(context.store, owner)).kind, 'miss', 'a gap of one')
    }
  })

  test('a copy knows its units, and items what is said of theirs', async (context) => {
    const filled = copyOfUnits(chat, unitsOf(chat), 12)
    const written = filled.storedUnits()
    await fillNow(context.store, chat, filled)
    const copy = await served(context, chat)
    if (copy === undefined) return
    assert.deepEqual(copy.storedUnits(), written)
    assert.deepEqual(copy.items.map(stateOf), [
      ...Array(3).fill(['cold', true, 1, START - 40 * DAY_MS]),
      ...Array(3).fill(['warm', true, 2, START - 12 * DAY_MS]),
      ...Array(2).fill(['hot', true, 21, START - DAY_MS]),
      ...Array(4).fill(['hot', true, 3, START]),
    ])
    assert.deepEqual(copy.spans.at(-2)?.facts.heat.recent.length, 16)
  })

  test('the newest few know their units too', async (context) => {
    await fillNow(context.store, chat, copyOfUnits(chat, unitsOf(chat), 12))
    const all = [
      ...Array(3).fill(ARCHIVE),
      ...Array(3).fill(PAGE),
      ...Array(2).fill(READ_PAGE),
      ...Array(4).fill('tail'),
    ]
    for (let newest = 1; newest <= 12; newest++) {
      const copy = await served(context, chat, { newest })
      if (copy !== undefined) assert.deepEqual(unitOfEach(copy), all.slice(-copy.items.length), `the newest ${newest}`)
    }
  })

  test('what is appended is of the tail', async (context) => {
    const [archive, page] = unitsOf(chat)
    const old = items(chat, -15 * DAY_MS, 2)
    for (const [i, tail] of [items(chat, -5, 2), old, []].entries()) {
      const { store } = context
      await store.forget(chat.key)
      await fillNow(store, chat, copyOfUnits(chat, [archive!, page!, tailOf(tail)], 20 + i))
      const added = items(chat, 0, 2)
      await store.append(chat.key, added, 22 + i)
      const copy = await served(context, chat)
      if (copy === undefined) continue
      const ofTail = [...tail, ...added]
      const units = [...Array(3).fill(ARCHIVE), ...Array(3).fill(PAGE), ...ofTail.map(() => 'tail')]
      assert.deepEqual(unitOfEach(copy), units)
      assert.equal(copy.items.at(-1)?.tier, 'hot')
      // The tail is as young as its newest item, for whoever makes a copy of it now.
      if (store.isShared) assert.deepEqual(new Set(copy.items.slice(6).map(({ tier }) => tier)), new Set(['hot']))
    }
  })

  test('a tail that is empty stays the unit of what is appended, in a copy of nothing else too', async (context) => {
    await fillNow(context.store, chat, copyOf(chat, [], 3))
    for (let n = 4; n < 7; n++) await context.store.append(chat.key, [item(chat, n)], n)
    const copy = await served(context, chat)
    if (copy !== undefined) assert.deepEqual(unitOfEach(copy), ['tail', 'tail', 'tail'])
  })

  test(
    'units whose items are let go of are gone, and the others as they were',
    async (context) => {
      const filled = copyOfUnits(chat, unitsOf(chat), 12)
      await fillNow(context.store, chat, filled)
      const more = items(chat, 0, 4)
      await context.store.append(chat.key, more, 16)
      const copy = await served(context, chat)
      if (copy === undefined) return
      const units = [...Array(3).fill(PAGE), ...Array(2).fill(READ_PAGE), ...Array(8).fill('tail')]
      assert.ok(copy.items.length >= 4 && copy.items.length <= 12)
      assert.deepEqual(unitOfEach(copy), units.slice(-copy.items.length))
      assert.equal(copy.complete, false)
    },
    { maxItemsPerSession: 9 },
  )

  test('all fields of items come back, frozen all the way down', async (context) => {
    const bodies = oddBodies()
    const held = bodies.map((body) => itemWith(chat, body))
    await fillNow(context.store, chat, copyOf(chat, held.slice(0, 4), 4))
    await context.store.append(chat.key, held.slice(4), held.length)
    await servesExactly(context, chat, held, held.length)
    const copy = await served(context, chat)
    for (const one of copy?.items ?? []) assertFrozen(one)
  })
}

function oddBodies(): ItemBody[] {
  const metadata = [
    '{"null":null,"true":true,"numbers":[0,-1.5,1e300,5e-324,9007199254740991],"text":"\\"\\u0000\\ud800","empty":[{},[]]}',
    // Of somebody else's making: ours refuses it, and still nothing may be made of it but what it is.
    '{"__proto__":{"admin":true},"constructor":{"prototype":1},"toString":"x","inner":[{"__proto__":null}]}',
    '{"2":"b","1":"a","\\n":{"\\ud83d\\ude00":[[[[[1]]]]]}}',
    '{}',
  ]
  const base = { content: 'odd', contentType: 'tool_result' }
  const parts: readonly Partial<ItemBody>[] = [
    ...metadata.map((text) => ({ metadata: JSON.parse(text) })),
    { payload: { format: 'openai.chat', data: '{"role":"user"}\n\u2028😀' } },
    { pinned: true, importance: 0 },
    { importance: 0.1 + 0.2, callId: 'call,"1"' },
    { expiresAt: START + 1e10, idempotencyKey: 'key\u00e9' },
  ]
  return parts.map((part, i) => freezeInside({ ...base, createdAt: START + i, ...part }))
}
