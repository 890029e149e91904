import { expect, it } from 'vitest'
import { crowdRound } from './crowd/crowd-round.ts'

it('12 fresh processes write 3 MB into one session at once, and no add fails', { timeout: 240_000 }, async () => {
  const report = await crowdRound({ members: 12, bytes: 3_000_000 })
  expect(report.problems).toEqual([])
  expect(report.acknowledged).toBe(report.bytes / 1024)
  expect(report.segments).toBeGreaterThan(1)
})
