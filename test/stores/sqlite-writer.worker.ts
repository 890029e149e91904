import { workerData } from 'node:worker_threads'
import { COLD_HEAT } from '../../src/memory/heat.ts'
import { identifySession } from '../../src/memory/session.ts'
import { StampMaker } from '../../src/memory/stamp.ts'
import { sqliteDurableStore } from '../../src/stores/sqlite/durable-store.ts'
import { newFence } from '../../src/tiers/rewriting/fence.ts'

/** Appends, and every few appends seals the tail into one inline segment of as many bytes as it has items. */
const { path, seed, rounds } = workerData as { path: string; seed: number; rounds: number }
const chat = identifySession({ tenantId: 't', userId: 'u', sessionId: 'chat' })
const stamps = new StampMaker()
const now = Date.UTC(2026, 0, 1)

const store = sqliteDurableStore({ path, synchronous: 'normal' })
await store.open()
for (let round = 0; round < rounds; round++) {
  const body = JSON.stringify({ content: 'x'.repeat((round * 37) % 300) })
  await store.append(chat, [{ stamp: stamps.next(now), body, createdAt: now }], { reviewAt: now })
  if (round % 4 !== 3) continue
  const record = (await store.load(chat.key, { withFence: true }))!
  const first = record.tail[0]
  if (first === undefined) continue
  const items = record.tail.length
  const sealed = {
    id: `${seed}${round}`.padStart(13, '0'),
    kind: 'archive' as const,
    first: first.stamp,
    last: record.tail.at(-1)!.stamp,
    items,
    rawBytes: items,
    bytes: items,
    newestAt: now,
    heat: COLD_HEAT,
    inline: new Uint8Array(items),
  }
  await store.commit(chat.key, record.fence!, {
    n: record.n,
    nextFence: newFence(),
    reviewAt: now,
    dropTail: record.tail,
    segments: [...record.segments, sealed],
  })
}
await store.close()
