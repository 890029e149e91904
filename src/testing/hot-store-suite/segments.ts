import assert from 'node:assert/strict'
import { copyOf, fillNow, items, servesExactly, session } from './fixtures.ts'
import type { HotTest, HotTestContext } from './store-under-test.ts'

export function segmentTests(test: HotTest): void {
  const chat = session('chat')
  const [id, otherId] = ['0000000000001', '0000000000002']

  /** A shared store may leave segments to the processes. */
  const mayLack = ({ store, mayForget }: HotTestContext): boolean => mayForget || store.isShared === true

  test('a segment is found by its session and id, byte for byte', async (context) => {
    const { store } = context
    assert.equal(await store.getSegment(chat.key, id), undefined)
    const bytes = Uint8Array.from({ length: 5000 }, (_, i) => (i * 7 + (i >> 8)) & 0xff)
    await store.putSegment(chat.key, id, bytes)
    const found = await store.getSegment(chat.key, id)
    if (found === undefined) assert.ok(mayLack(context), 'the segment is gone')
    else assert.ok(Buffer.compare(found, bytes) === 0, 'segment bytes differ')
    assert.equal(await store.getSegment(chat.key, otherId), undefined)
    assert.equal(await store.getSegment(session('another').key, id), undefined)
  })

  test('a segment needs no copy and leaves a copy alone', async (context) => {
    const held = items(chat, 0, 2)
    await fillNow(context.store, chat, copyOf(chat, held, 2))
    await context.store.putSegment(chat.key, id, new Uint8Array([1, 2, 3]))
    await servesExactly(context, chat, held, 2)
  })

  test('segments that are dropped are gone, and no others', async (context) => {
    const { store } = context
    const another = session('another').key
    for (const key of [chat.key, another]) await store.putSegment(key, id, new Uint8Array([1]))
    await store.putSegment(chat.key, otherId, new Uint8Array([2]))
    await store.dropSegments(chat.key, [id, '0000000000003'])
    assert.equal(await store.getSegment(chat.key, id), undefined)
    if (mayLack(context)) return
    assert.deepEqual([...(await store.getSegment(chat.key, otherId))!], [2])
    assert.deepEqual([...(await store.getSegment(another, id))!], [1])
  })

  test(
    'a segment larger than the whole is not kept, and not half of it',
    async ({ store }) => {
      await store.putSegment(chat.key, id, new Uint8Array(50_000).fill(7))
      const found = await store.getSegment(chat.key, id)
      assert.ok(found === undefined || found.byteLength === 50_000)
    },
    { maxBytes: 20_000 },
  )
}
