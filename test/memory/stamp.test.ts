import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  firstStampAt,
  isStamp,
  keyedStamp,
  MAX_STAMP_LEAD_MS,
  STAMP_CHARS,
  type Stamp,
  StampMaker,
  stampMs,
} from '../../src/memory/stamp.ts'

const NOW = Date.UTC(2026, 0, 1)
const times = fc.integer({ min: 1, max: 2 ** 48 - 1 })

function maker(byte = 1): StampMaker {
  return new StampMaker(new Uint8Array(8).fill(byte))
}

/** A stamp of someone else's, with a counter. */
function foreign(ms: number, counter = 0): Stamp {
  return (firstStampAt(ms).slice(0, 10) + counter.toString(32).padStart(4, '0') + 'v'.repeat(13)) as Stamp
}

describe('a stamp', () => {
  it('tells when it was made', () => {
    fc.assert(
      fc.property(times, (ms) => {
        const stamp = maker().next(ms)
        expect(isStamp(stamp)).toBe(true)
        expect(stampMs(stamp)).toBe(ms)
      }),
    )
  })

  it('is ordered as text like the times', () => {
    fc.assert(
      fc.property(times, times, (a, b) => {
        const [one, two] = [maker(200).next(a), maker(1).next(b)]
        if (a !== b) expect(one < two).toBe(a < b)
      }),
    )
  })

  it('differs between makers in the same millisecond', () => {
    const made = Array.from({ length: 1000 }, () => new StampMaker().next(NOW))
    expect(new Set(made).size).toBe(1000)
  })

  it.each([0, 1, 999, NOW, 2 ** 48 - 1])('is well-formed at %i', (now) => {
    const stamp = maker().next(now)
    expect(stamp).toHaveLength(STAMP_CHARS)
    expect(isStamp(stamp)).toBe(true)
  })

  it.each(['', '0'.repeat(26), '0'.repeat(28), 'w'.repeat(27), `${'0'.repeat(26)}A`, `${'0'.repeat(26)}\n`])(
    'is not %j',
    (text) => expect(isStamp(text)).toBe(false),
  )
})

describe('a maker of stamps', () => {
  it('makes rising ones whatever the clock does', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: NOW - 86_400_000, max: NOW + 86_400_000 }), { minLength: 2 }), (clock) => {
        const stamps = maker()
        const made = clock.map((now) => stamps.next(now))
        expect([...made].sort()).toEqual(made)
        expect(new Set(made).size).toBe(made.length)
      }),
    )
  })

  it('goes on rising where one millisecond is not enough for its counter', () => {
    const stamps = maker()
    let last = stamps.next(NOW)
    for (let i = 0; i < 70_000; i++) {
      const next = stamps.next(NOW)
      if (next <= last || next.length !== STAMP_CHARS) expect.fail(`${next} after ${last}`)
      last = next
    }
    expect(stampMs(last)).toBe(NOW + 1)
  })

  it('sorts what it makes after what it observed', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -1e6, max: MAX_STAMP_LEAD_MS }),
        fc.integer({ min: 0, max: 0xffff }),
        fc.integer({ min: -1000, max: 1000 }),
        (lead, counter, step) => {
          const stamps = maker()
          const before = stamps.next(NOW)
          const seen = foreign(NOW + lead, counter)
          stamps.observe(seen, NOW)
          const next = stamps.next(NOW + step)
          expect(next > seen && next > before).toBe(true)
          expect(isStamp(next)).toBe(true)
        },
      ),
    )
  })

  it('does not follow a stamp more than 5 minutes ahead of its clock', () => {
    expect(MAX_STAMP_LEAD_MS).toBe(300_000)
    for (const [lead, followed] of [
      [300_000, true],
      [300_001, false],
      [1e12, false],
    ] as const) {
      const stamps = maker()
      stamps.observe(foreign(NOW + lead), NOW)
      expect(stampMs(stamps.next(NOW)) === NOW + lead).toBe(followed)
    }
  })

  it('follows a counter that no maker would have reached', () => {
    const stamps = maker()
    const seen = `${firstStampAt(NOW).slice(0, 10)}${'v'.repeat(17)}` as Stamp
    stamps.observe(seen, NOW)
    const next = stamps.next(NOW)
    expect(next > seen && isStamp(next)).toBe(true)
  })
})

describe('firstStampAt', () => {
  it('is at most every stamp of its millisecond, and above all before', () => {
    fc.assert(
      fc.property(times, (ms) => {
        const first = firstStampAt(ms)
        expect(isStamp(first)).toBe(true)
        expect(first <= maker(0).next(ms)).toBe(true)
        expect(first > foreign(ms - 1, 0xffff)).toBe(true)
      }),
    )
  })

  it('stays a stamp outside the range', () => {
    for (const ms of [-1, Number.NEGATIVE_INFINITY, 2 ** 60, Number.POSITIVE_INFINITY, 0.5])
      expect(isStamp(firstStampAt(ms))).toBe(true)
    expect(firstStampAt(10.2)).toBe(firstStampAt(11))
  })
})

describe('a keyed stamp', () => {
  it('is the same for the same key and time, and another for any other', () => {
    const made = [NOW, NOW + 1].flatMap((at) => ['a', 'b', 'A', 'ab', 'é', 'e\u0301'].map((key) => keyedStamp(at, key)))
    expect(made.every(isStamp)).toBe(true)
    expect(new Set(made).size).toBe(made.length)
    expect(keyedStamp(NOW, 'a')).toBe(made[0])
    expect(stampMs(made[0]!)).toBe(NOW)
  })

  it('is as it always was: it is stored', () => {
    expect(keyedStamp(1_767_225_600_000, 'import 1')).toMatchInlineSnapshot(`"01jdrdla0007qeva61irbm4u23u"`)
  })
})
