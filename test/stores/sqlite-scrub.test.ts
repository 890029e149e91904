import { describe, expect, it } from 'vitest'
import { identifySession } from '../../src/memory/session.ts'
import { firstStampAt } from '../../src/memory/stamp.ts'
import { newFence } from '../../src/tiers/rewriting/fence.ts'
import { foundInFile } from '../support/found-in-file.ts'
import { Chance } from '../support/random.ts'
import { REVIEW, sqliteFolder } from './sqlite-folder.ts'

const START = Date.UTC(2026, 0, 1)
const SESSIONS = 40

describe('a SQLite file that was scrubbed', () => {
  const { path, open } = sqliteFolder()

  // Pages split and join at other places for each seed: nearly every one leaves copies of rows in their gaps.
  it.each([1, 2, 3, 4])('holds no byte of what was removed, and all that was not (seed %i)', async (seed) => {
    const store = await open({ synchronous: 'normal' })
    const chance = new Chance(seed)
    const sessions = Array.from({ length: SESSIONS }, (_, i) =>
      identifySession({ userId: `user ${i}`, sessionId: `${seed}` }),
    )
    for (let i = 0; i < 1500; i++) {
      const at = chance.between(0, SESSIONS - 1)
      const mark = `<${at < SESSIONS / 2 ? 'gone' : 'kept'} ${i}>`
      const stamp = firstStampAt(START + i)
      const body = JSON.stringify({ content: mark + 'x'.repeat(chance.between(0, chance.between(10, 4000))) + mark })
      await store.append(sessions[at]!, [{ stamp, body, createdAt: START + i }], REVIEW)
      if (chance.of(0.3)) await drop(store, chance.pick(sessions).key, chance)
    }
    expect(foundInFile(path(), /<gone \d+>/).size).toBeGreaterThan(100)
    const kept = foundInFile(path(), /<kept \d+>/).size
    for (const { key } of sessions.slice(0, SESSIONS / 2)) {
      const record = (await store.load(key, { withFence: true }))!
      const end = { n: record.n, nextFence: newFence(), reviewAt: 1, erasedTo: START + 10_000, bury: true }
      expect(await store.commit(key, record.fence!, end)).toEqual({ kind: 'committed' })
    }
    await store.scrub!()
    expect([...foundInFile(path(), /<gone \d+>/)]).toEqual([])
    expect(foundInFile(path(), /<kept \d+>/).size).toBeGreaterThan(kept / 2)
  })

  async function drop(store: Awaited<ReturnType<typeof open>>, key: Parameters<typeof store.load>[0], chance: Chance) {
    const record = await store.load(key, { withFence: true })
    if (record === undefined || record.tail.length === 0) return
    const dropTail = [chance.pick(record.tail)]
    await store.commit(key, record.fence!, { n: record.n, nextFence: newFence(), reviewAt: 1, dropTail })
  }

  it('says so while another process reads what lies in its log, and goes on when it has ended', async () => {
    const store = await open({ lockTimeoutMs: 20 })
    const session = identifySession({ userId: 'ada', sessionId: 'chat' })
    await store.append(session, [{ stamp: firstStampAt(START), body: '{"content":"one"}', createdAt: START }], REVIEW)
    const { DatabaseSync } = await import('node:sqlite')
    using reader = new DatabaseSync(path())
    reader.exec('BEGIN; SELECT * FROM tail')
    await expect(store.scrub!()).rejects.toMatchObject({ code: 'STORE_TIMEOUT' })
    reader.exec('COMMIT')
    await store.scrub!()
    expect(await store.load(session.key)).toMatchObject({ n: 1 })
  })
})
