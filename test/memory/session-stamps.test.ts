import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { identifySession } from '../../src/memory/session.ts'
import { SessionStamps } from '../../src/memory/session-stamps.ts'
import { keyedStamp, MAX_STAMP_LEAD_MS, type Stamp, stampMs } from '../../src/memory/stamp.ts'

const KEYS = ['a', 'b', 'c'].map((sessionId) => identifySession({ userId: 'ada', sessionId }).key)
const [A, B] = KEYS as [(typeof KEYS)[number], (typeof KEYS)[number]]
const NOW = Date.UTC(2026, 0, 1)

describe('stamps of many sessions', () => {
  it('run ahead only for the session that has something ahead of the clock', () => {
    const stamps = new SessionStamps()
    const ahead = keyedStamp(NOW + 60_000, 'key')
    stamps.observe(A, ahead, NOW)
    expect(stamps.next(A, NOW) > ahead).toBe(true)
    expect(stampMs(stamps.next(B, NOW))).toBe(NOW)
    expect(stamps.latest(A.slice(0, 10), NOW)).toBe(NOW + 60_000)
    expect(stamps.latest('somebody else', NOW)).toBe(NOW)
  })

  it('come back to the clock once it has caught up', () => {
    const stamps = new SessionStamps()
    stamps.observe(A, keyedStamp(NOW + 1000, 'key'), NOW)
    const before = stamps.next(A, NOW + 1000)
    const after = stamps.next(A, NOW + 1001)
    expect(after > before).toBe(true)
    expect(stampMs(after)).toBe(NOW + 1001)
  })

  it('come after an erase, however far ahead its clock was, in that session alone', () => {
    const stamps = new SessionStamps()
    const far = NOW + 3650 * 86_400_000
    const first = stamps.next(A, NOW, far + 1)
    expect(stampMs(first)).toBe(far + 1)
    expect(stamps.next(A, NOW + 5) > first).toBe(true)
    expect(stampMs(stamps.next(B, NOW + 5))).toBe(NOW + 5)
  })

  it('do not follow what is more than five minutes ahead', () => {
    const stamps = new SessionStamps()
    stamps.observe(A, keyedStamp(NOW + MAX_STAMP_LEAD_MS + 1, 'key'), NOW)
    expect(stampMs(stamps.next(A, NOW))).toBe(NOW)
  })

  it('rise within each session and never repeat, whatever is read and however the clock steps', () => {
    const step = fc.record({
      session: fc.nat(2),
      makes: fc.boolean(),
      // Often close together, where only counters tell stamps apart.
      clock: fc.oneof(fc.integer({ min: -2, max: 2 }), fc.integer({ min: -60_000, max: 60_000 })),
      seen: fc.option(fc.oneof(fc.integer({ min: -2, max: 2 }), fc.integer({ min: -10_000, max: 400_000 })), {
        nil: undefined,
      }),
      sequence: fc.nat(60_000),
      notBefore: fc.option(fc.oneof(fc.nat(2), fc.nat(1_000_000)), { nil: undefined, freq: 8 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const stamps = new SessionStamps()
        const newest = new Map<string, Stamp>()
        let now = NOW
        for (const { session, makes, clock, seen, sequence, notBefore } of steps) {
          const key = KEYS[session]!
          now += clock
          if (seen !== undefined) {
            const read = keyedStamp(now + seen, 'key', sequence)
            stamps.observe(key, read, now)
            const isFollowed = seen <= MAX_STAMP_LEAD_MS
            if (isFollowed && read > (newest.get(key) ?? '')) newest.set(key, read)
          }
          if (!makes) continue
          const made = stamps.next(key, now, notBefore === undefined ? 0 : now + notBefore)
          expect(made > (newest.get(key) ?? '')).toBe(true)
          if (notBefore !== undefined) expect(stampMs(made)).toBeGreaterThanOrEqual(now + notBefore)
          newest.set(key, made)
        }
      }),
      { numRuns: 2000 },
    )
  })
})
