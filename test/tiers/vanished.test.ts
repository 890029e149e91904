import { describe, expect, it } from 'vitest'
import type { TieredStorageManager } from '../../src/thermocline.ts'
import type { DurableStore } from '../../src/tiers/durable-store.ts'
import { addAll, CHAT, contents, numbered } from '../support/items.ts'
import { emptyPlace, PLACES } from '../support/memories.ts'
import { withCalls } from '../support/watched-store.ts'

describe.each(PLACES)('a session that is deleted between the look at it and the commit, on %s', (kind) => {
  async function raced(): Promise<{ readonly memory: TieredStorageManager; readonly ids: readonly string[] }> {
    const place = emptyPlace(kind)
    const other = place.open()
    const ids = await addAll(other, numbered(3))
    let isFirst = true
    const durable = withCalls(place.store(), (store) => ({
      async commit(...args: Parameters<DurableStore['commit']>) {
        if (isFirst) {
          isFirst = false
          await other.deleteSession(CHAT)
        }
        return store.commit(...args)
      },
    }))
    return { memory: place.open({ stores: { durable, hot: place.hot() } }), ids }
  }

  it('ends otherwise than expected: nothing is said to be in its place', async () => {
    const { memory, ids } = await raced()
    const items = [{ content: 'summary', contentType: 'summary' }]
    expect(await memory.replaceConversationEnd({ ...CHAT, expected: ids, items })).toBeUndefined()
    expect(contents(await memory.getConversationHistory({ ...CHAT, read: 'strong' }))).toEqual([])
  })

  it('has no item to change, to delete or to take off', async () => {
    const updating = await raced()
    expect(await updating.memory.updateMemoryItem(updating.ids[0]!, { content: 'x' })).toBeUndefined()
    const deleting = await raced()
    expect(await deleting.memory.deleteMemoryItem(deleting.ids[0]!)).toBe(false)
    const popping = await raced()
    expect(await popping.memory.popMemoryItem(CHAT)).toBeUndefined()
  })
})
