import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RedisServer, startRedis } from '../../emulators/redis.ts'
import { ask } from '../../emulators/resp.ts'
import type { TieredStorageManager } from '../../src/thermocline.ts'
import { addAll, CHAT, contents, message, numbered } from '../support/items.ts'
import { keysOf, redisPlace, sharedStats, timed, untilUsed } from '../support/redis-place.ts'

const MAX_PROOF_AGE_MS = 1_500

let server: RedisServer

beforeAll(async () => {
  server = await startRedis()
})

afterAll(() => server?.stop())

async function strong(memory: TieredStorageManager): Promise<string[]> {
  return contents(await memory.getConversationHistory({ ...CHAT, read: 'strong' }))
}

/** Reads and writes of a file are done at once; timers and sockets need a turn of their own. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Kills and restarts, with what was saved last, and waits until both are connected again. */
async function restart(...memories: readonly TieredStorageManager[]): Promise<void> {
  await server.kill()
  // They have to find out.
  for (const memory of memories) await strong(memory)
  server = await server.restart()
  await untilUsed(memories)
}

/** Writes by one, reads by the other, which leaves copies in Redis. */
async function two() {
  const place = redisPlace(server)
  const options = { maxProofAgeMs: MAX_PROOF_AGE_MS }
  const [writer, reader] = await Promise.all([place.open(options), place.open(options)])
  const ids = await addAll(writer, numbered(5))
  await strong(reader)
  return { place, writer, reader, ids }
}

describe('a Redis that is killed', () => {
  it('and is back empty is filled again, and nothing is missing at any time', async () => {
    const { writer, reader, place } = await two()
    let truth = numbered(5)
    await server.kill()
    for (const content of numbered(5, 6)) {
      await addAll(writer, [content])
      truth = [...truth, content]
      expect(await strong(reader)).toEqual(truth)
      expect(contents(await writer.getConversationHistory(CHAT))).toEqual(truth)
    }
    expect(sharedStats(reader).isReachable).toBe(false)
    server = await server.restart()
    const { ms } = await timed(() => untilUsed([writer, reader]))
    expect(ms).toBeLessThan(2_000)
    expect(await strong(reader)).toEqual(truth)
    expect(await keysOf(server, place.keyPrefix)).not.toEqual([])
    await addAll(writer, ['last'])
    expect(await strong(reader)).toEqual([...truth, 'last'])
  })

  it('under load rejects nothing, loses nothing, and shows nothing out of order', async () => {
    const { writer, reader } = await two()
    let truth = numbered(5)
    let isOver = false
    const adding = (async () => {
      for (let i = 1; !isOver; i++) {
        await addAll(writer, [`under load ${i}`])
        truth = [...truth, `under load ${i}`]
        await turn()
      }
    })()
    let shown: string[] = []
    const reading = (async () => {
      for (; !isOver; await turn()) {
        shown = await strong(reader)
        // An add may be there before its call has ended.
        const begun = [...truth, `under load ${truth.length - 4}`]
        if (shown.some((content, i) => content !== begun[i])) expect(begun).toEqual(shown)
      }
    })()
    try {
      for (let kills = 0; kills < 3; kills++) {
        server = await server.restart()
        const before = truth.length
        await untilUsed([writer, reader])
        // As soon as the writer has told Redis of what it could not, nothing is missing.
        await expect.poll(() => shown.length, { timeout: 500, interval: 1 }).toBeGreaterThan(before)
      }
    } finally {
      isOver = true
      await Promise.all([adding, reading])
    }
    expect(await strong(reader)).toEqual(truth)
  })

  it('and is back with an older snapshot is believed for as long as promised, and shows what was once so', async () => {
    const { writer, reader, ids } = await two()
    await ask(server, 'SAVE')
    await addAll(writer, numbered(5, 6))
    await writer.deleteMemoryItem(ids[0]!)
    const truth = numbered(9, 2)
    expect(await strong(reader)).toEqual(truth)
    await restart(writer, reader)
    const backAt = Date.now()
    // As it was when it was saved, or as it is: nothing between them, nothing double, nothing out of order.
    const then = JSON.stringify(numbered(5))
    const now = JSON.stringify(truth)
    let seenOld = 0
    for (; Date.now() < backAt + MAX_PROOF_AGE_MS; await turn()) {
      const found = JSON.stringify(await strong(reader))
      if (found === then) seenOld += 1
      else if (found !== now) expect(found).toBe(now)
    }
    // Otherwise this test has shown nothing.
    expect(seenOld).toBeGreaterThan(0)
    expect(await strong(reader)).toEqual(truth)
    expect(contents(await reader.getConversationHistory(CHAT))).toEqual(truth)
  })

  it('and is back with an older snapshot is put right by the next add, whoever makes it', async () => {
    const { writer, reader } = await two()
    await ask(server, 'SAVE')
    await addAll(writer, numbered(5, 6))
    await restart(writer, reader)
    await addAll(writer, ['next'])
    expect(await strong(reader)).toEqual([...numbered(10), 'next'])
  })

  it('between two adds leaves no gap that anybody sees', async () => {
    const { writer, reader } = await two()
    for (let round = 0; round < 2; round++) {
      const before = await strong(reader)
      await ask(server, 'SAVE')
      await writer.addMemoryItem(message(`lost ${round}`))
      await restart(writer, reader)
      await writer.addMemoryItem(message(`kept ${round}`))
      expect(await strong(reader)).toEqual([...before, `lost ${round}`, `kept ${round}`])
    }
  })
})

describe('a Redis that is emptied', () => {
  it.each(['FLUSHALL', 'FLUSHDB'])('by %s is filled again, and no copy of before is served', async (command) => {
    const { place, writer, reader } = await two()
    for (const memory of [writer, reader]) await memory.getConversationHistory(CHAT)
    await ask(server, command)
    expect(await strong(reader)).toEqual(numbered(5))
    await addAll(writer, ['more'])
    expect(await strong(reader)).toEqual([...numbered(5), 'more'])
    expect(contents(await writer.getConversationHistory(CHAT))).toEqual([...numbered(5), 'more'])
    expect(await keysOf(server, place.keyPrefix)).toHaveLength(1)
  })
})
