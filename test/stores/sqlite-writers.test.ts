import { DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { identifySession } from '../../src/memory/session.ts'
import { newFence } from '../../src/tiers/rewriting/fence.ts'
import { chat, entry, REVIEW, sqliteFolder } from './sqlite-folder.ts'

const OTHER = identifySession({ userId: 'u', sessionId: 'other' })

describe('a SQLite store', () => {
  const { path, open } = sqliteFolder()

  it('waits for the lock of another process, then rejects with STORE_TIMEOUT, and recovers', async () => {
    const store = await open({ lockTimeoutMs: 60 })
    const foreign = new DatabaseSync(path())
    foreign.exec('BEGIN IMMEDIATE')
    const startedAt = performance.now()
    const [one, two] = await Promise.allSettled([
      store.append(chat, [entry('one')], REVIEW),
      store.append(OTHER, [entry('two')], REVIEW),
    ])
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(60)
    for (const outcome of [one, two]) expect(outcome).toMatchObject({ reason: { code: 'STORE_TIMEOUT' } })
    // Reading goes on beside a writer.
    expect(await store.load(chat.key)).toBeUndefined()
    foreign.exec('ROLLBACK')
    foreign.close()
    expect(await store.append(chat, [entry('one')], REVIEW)).toMatchObject({ n: 1 })
  })

  it('gets through once the lock is free, without holding the event loop all the while', async () => {
    const store = await open({ lockTimeoutMs: 5000 })
    const foreign = new DatabaseSync(path())
    foreign.exec('BEGIN IMMEDIATE')
    const appended = store.append(chat, [entry('one')], REVIEW)
    setTimeout(() => foreign.exec('COMMIT'), 30)
    expect(await appended).toMatchObject({ n: 1 })
    foreign.close()
  })

  it('lets only the write fail that cannot be done, of those that share a transaction', async () => {
    const store = await open()
    await store.append(chat, [entry('first')], REVIEW)
    const { fence, tail } = (await store.load(chat.key, { withFence: true }))!
    const twice = { id: '0000000000001', bytes: new Uint8Array(3) }
    const outcomes = await Promise.allSettled([
      store.append(chat, [entry('second')], REVIEW),
      store.commit(chat.key, fence!, { n: 1, nextFence: newFence(), reviewAt: 5, dropTail: tail, put: [twice, twice] }),
      store.append(OTHER, [entry('third')], REVIEW),
      store.append(chat, [{ ...entry('fourth'), body: undefined as never }], REVIEW),
      store.append(OTHER, [entry('fifth')], REVIEW),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
    ])
    expect(outcomes[1]).toMatchObject({ reason: { code: 'STORE_FAILED' } })
    expect(outcomes[3]).toMatchObject({ reason: { name: 'ThermoclineError' } })
    // Of the failed ones nothing is left, of the others everything.
    const record = (await store.load(chat.key, { withFence: true }))!
    expect([record.n, record.tail.length, record.fence]).toEqual([2, 2, fence])
    expect(await store.getSegment(chat.key, twice.id)).toBeUndefined()
    expect(await store.load(OTHER.key)).toMatchObject({ n: 2, tailItems: 2 })
  })

  it('writes what was called before close', async () => {
    const store = await open()
    const appended = store.append(chat, [entry('one')], REVIEW)
    await store.close()
    expect(await appended).toMatchObject({ n: 1 })
    expect(await (await open()).load(chat.key)).toMatchObject({ n: 1 })
  })

  it('loads one instant of a record while other threads write it', { timeout: 20_000 }, async () => {
    const reader = await open()
    await reader.append(chat, [entry('first')], REVIEW)
    const workers = [1, 2].map(
      (seed) =>
        new Worker(new URL('./sqlite-writer.worker.ts', import.meta.url), {
          workerData: { path: path(), seed, rounds: 120 },
        }),
    )
    let running = workers.length
    const ended = workers.map(
      (worker) =>
        new Promise<void>((resolve, reject) => {
          worker.once('error', reject)
          worker.once('exit', (code) => {
            running -= 1
            if (code === 0) resolve()
            else reject(new Error(`a writer ended with ${code}`))
          })
        }),
    )
    let loads = 0
    const seen = new Set<number>()
    while (running > 0) {
      // However it is asked for.
      const record = (await reader.load(chat.key, loads % 3 === 0 ? { withFence: true } : { newest: 1000 }))!
      loads += 1
      seen.add(record.n)
      const bytes = record.tail.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0)
      expect([record.tailItems, record.tailBytes]).toEqual([record.tail.length, bytes])
      // What was dropped from the tail is counted by the segments of the same commit.
      const sealed = record.segments.reduce((sum, { items }) => sum + items, 0)
      expect(record.n).toBe(record.tail.length + sealed)
      for (const { inline, items } of record.segments) expect(inline?.byteLength).toBe(items)
      await new Promise(setImmediate)
    }
    await Promise.all(ended)
    const { n } = (await reader.load(chat.key))!
    expect(n).toBe(1 + 2 * 120)
    expect(loads).toBeGreaterThan(10)
    expect(seen.size).toBeGreaterThan(3)
  })

  it('opens one new file from several threads at once', { timeout: 20_000 }, async () => {
    for (let round = 0; round < 2; round++) {
      const at = path(`new ${round}.db`)
      const workers = [1, 2, 3].map(
        (seed) =>
          new Worker(new URL('./sqlite-writer.worker.ts', import.meta.url), {
            workerData: { path: at, seed, rounds: 3 },
          }),
      )
      const codes = workers.map(
        (worker) =>
          new Promise((resolve, reject) => {
            worker.once('error', reject)
            worker.once('exit', resolve)
          }),
      )
      expect(await Promise.all(codes)).toEqual([0, 0, 0])
      expect(await (await open({ path: at })).load(chat.key)).toMatchObject({ n: 9 })
    }
  })
})
