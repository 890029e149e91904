import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { FirestoreEmulator } from '../../emulators/firestore-emulator.ts'
import { type RedisServer, startRedis } from '../../emulators/redis.ts'
import { TieredStorageManager } from '../../src/index.ts'
import { bodies, prunerWith, SESSION, storedSummaries, told, words } from '../context/telling-summarizer.ts'
import { freshPrefix, PATIENT_CALLS, startFirestoreForTests, TEST_PROJECT } from '../support/firestore.ts'

let emulator: FirestoreEmulator
let redis: RedisServer
beforeAll(async () => {
  ;[emulator, redis] = await Promise.all([startFirestoreForTests(), startRedis()])
})
afterAll(async () => {
  await Promise.all([emulator?.stop(), redis?.stop()])
})

/** A manager and a pruner of one process of several, on the same data. */
function processOf(prefix: string) {
  const memory = new TieredStorageManager({
    tierMigrationInterval: 0,
    projectId: TEST_PROJECT,
    firestore: { collectionPrefix: prefix },
    durableCalls: PATIENT_CALLS,
    redisHost: redis.host,
    redisPort: redis.port,
    redis: { keyPrefix: prefix },
  })
  onTestFinished(() => memory.close())
  return { memory, ...prunerWith({ memory }) }
}

describe('summaries in Firestore, under a Redis that processes share', () => {
  it('are gone on with by another process, and made anew where that finds something deleted', async () => {
    const prefix = freshPrefix()
    const one = processOf(prefix)
    const two = processOf(prefix)
    const ids = await one.memory.addMemoryItems(bodies(1, 30))
    const first = await one.pruner.pruneConversationHistory(SESSION)
    expect(first.report.summary).toMatchObject({ isStored: true })

    await one.memory.addMemoryItems(bodies(31, 45))
    const second = await two.pruner.pruneConversationHistory(SESSION)
    const covered = first.report.summary?.coveredItems ?? 0
    const coveredThen = second.report.summary?.coveredItems ?? 0
    expect(two.summarizer.itemsAsked).toEqual([coveredThen - covered])
    expect(told(second)).toEqual(words(1, coveredThen))

    await two.memory.deleteMemoryItem(ids[6] as string)
    await expect.poll(async () => told(await one.pruner.pruneConversationHistory(SESSION))).not.toContain('m7')
    const stored = await storedSummaries(two.memory)
    expect(stored).toHaveLength(1)
    expect(told(stored)).toEqual(words(1, coveredThen).filter((word) => word !== 'm7'))
  })

  it('are not left behind by a process that writes while another one erases the session', async () => {
    const prefix = freshPrefix()
    const one = processOf(prefix)
    const two = processOf(prefix)
    await one.memory.addMemoryItems(bodies(1, 30))
    one.summarizer.instead = async (answer) => {
      await two.memory.deleteSession(SESSION)
      return answer
    }
    const view = await one.pruner.pruneConversationHistory(SESSION)
    expect(view.report.summary?.isStored).toBe(false)
    expect(await two.memory.getConversationHistory({ ...SESSION, read: 'strong' })).toEqual([])
  })
})
