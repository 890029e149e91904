import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { encodeBody } from '../../src/memory/item-body.ts'
import { NEVER } from '../../src/memory/record.ts'
import { identifySession, itemId } from '../../src/memory/session.ts'
import { keyedStamp } from '../../src/memory/stamp.ts'
import type { AppendEntry } from '../../src/tiers/durable-store.ts'
import { addAll, CHAT, contents, MINUTE_MS } from '../support/items.ts'
import { emptyPlace } from '../support/memories.ts'
import { withCalls } from '../support/watched-store.ts'

const ITEMS = 24
const ITEM_BYTES = 360_000
const EDITED = 20

it.each(['in-process', 'sqlite'] as const)(
  'on %s large items that come late are packed by commits that every store takes, with what was edited of them',
  async (kind) => {
    const written: number[] = []
    const place = emptyPlace(kind, (store) =>
      withCalls(store, (target) => ({
        commit(key, fence, change) {
          written.push((change.put ?? []).reduce((sum, { bytes }) => sum + bytes.byteLength, 0))
          return target.commit(key, fence, change)
        },
      })),
    )
    const memory = place.open()
    const session = identifySession(CHAT)
    const startedAt = place.clock.now()
    place.clock.advance(ITEMS * MINUTE_MS)
    await addAll(memory, ['first', 'last'])
    await memory.demote(CHAT, 'warm')
    const texts = Array.from({ length: ITEMS }, () => randomBytes(ITEM_BYTES).toString('base64'))
    const late = texts.map((content, i): AppendEntry => {
      const createdAt = startedAt + i * MINUTE_MS
      const { text } = encodeBody({ content, contentType: 'user_message', createdAt })
      return { stamp: keyedStamp(createdAt, `k${i}`), body: text, createdAt }
    })
    // By a process that ends before it has packed any of them.
    const store = place.store()
    await store.open()
    await store.append(session, late, { reviewAt: NEVER })
    if (kind === 'sqlite') await store.close()
    await place.open().updateMemoryItem(itemId(session.key, late[EDITED]!.stamp), { content: 'edited' })
    written.length = 0
    expect(await place.open().demote(CHAT, 'warm')).toBe(true)
    expect(Math.max(...written)).toBeLessThan(3_500_000)
    const history = await place.open().getConversationHistory({ ...CHAT, limit: 100, read: 'strong' })
    expect(contents(history)).toEqual([...texts.with(EDITED, 'edited'), 'first', 'last'])
  },
)
