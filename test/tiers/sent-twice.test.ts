import { describe, expect, it } from 'vitest'
import type { TieredStorageManager } from '../../src/thermocline.ts'
import type { DurableStore } from '../../src/tiers/durable-store.ts'
import { addAll, CHAT, contents } from '../support/items.ts'
import { emptyPlace, PLACES } from '../support/memories.ts'
import { withCalls } from '../support/watched-store.ts'

describe.each(PLACES)('a commit that a client sends twice, on %s', (kind) => {
  async function doubled(): Promise<TieredStorageManager> {
    const place = emptyPlace(kind)
    const durable = withCalls(place.store(), (store) => ({
      async commit(...args: Parameters<DurableStore['commit']>) {
        await store.commit(...args)
        return store.commit(...args)
      },
    }))
    return place.open({ stores: { durable, hot: place.hot() } })
  }

  it('is done once', async () => {
    const memory = await doubled()
    const [id] = await addAll(memory, ['1', '2', '3'])
    expect(await memory.popMemoryItem(CHAT)).toMatchObject({ content: '3' })
    const added = (content: string): string => `${Number(content) + 1}`
    expect(await memory.updateMemoryItem(id!, ({ content }) => ({ content: added(content) }))).toMatchObject({
      content: '2',
    })
    expect(await memory.deleteMemoryItem(id!)).toBe(true)
    expect(contents(await memory.getConversationHistory(CHAT))).toEqual(['2'])
    expect(await memory.deleteSession(CHAT)).toBe(true)
    expect(await memory.getConversationHistory(CHAT)).toEqual([])
  })
})
