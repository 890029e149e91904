import { expect, it } from 'vitest'
import { inProcessHotStore } from '../../src/index.ts'
import { identifySession } from '../../src/memory/session.ts'

it('a segment that is part of a larger buffer does not keep all of that in the process', async () => {
  const store = inProcessHotStore()
  const { key } = identifySession({ userId: 'ada', sessionId: 's1' })
  const answer = new Uint8Array(1_000_000).fill(7)
  store.putSegment(key, '0000000000001', answer.subarray(500, 600))
  const kept = await store.getSegment(key, '0000000000001')
  expect(kept).toEqual(answer.slice(500, 600))
  expect(kept?.buffer.byteLength).toBe(100)
  await store.close()
})
