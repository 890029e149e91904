import { describe, expect, it } from 'vitest'
import type { GeminiCalls, GeminiContent } from '../../../src/clients/gemini-calls.ts'
import type { ViewCounter } from '../../../src/context/token-counter.ts'
import { estimatingTokenCounter } from '../../../src/context/token-counters/estimate.ts'
import { type GeminiTokenCounterOptions, geminiTokenCounter } from '../../../src/context/token-counters/gemini.ts'
import { ThermoclineError } from '../../../src/errors.ts'
import { ManualClock } from '../../../src/testing/index.ts'
import { item } from '../items.ts'

const TEXT = 'We could meet on Friday evening, if that suits you; otherwise I am free all of next week. '.repeat(20)
const ESTIMATE = estimatingTokenCounter().count(TEXT) as number

type CountTokens = GeminiCalls['countTokens']

function views(countTokens: CountTokens, options: Partial<GeminiTokenCounterOptions> = {}): ViewCounter {
  return geminiTokenCounter({ calls: { countTokens }, ...options }).views as ViewCounter
}
const times =
  (factor: number): CountTokens =>
  async (contents) =>
    Math.round(contents.length * ESTIMATE * factor)

describe('geminiTokenCounter()', () => {
  it('estimates texts, says so, and gives a text the same count whatever the service has said', async () => {
    const counter = geminiTokenCounter({ calls: { countTokens: times(1.5) } })
    expect(counter).toMatchObject({ name: 'gemini-estimate', exact: false })
    expect(counter.count(TEXT)).toBe(ESTIMATE)
    await counter.views?.count([item(TEXT)])
    expect(counter.count(TEXT)).toBe(ESTIMATE)
  })

  it('counts a view by one request, of what is sent', async () => {
    const requests: (readonly GeminiContent[])[] = []
    const counter = views(async (contents) => requests.push(contents))
    await counter.count([
      item('Be brief.', { contentType: 'system_message' }),
      item('hi'),
      item('hello', { contentType: 'assistant_message' }),
    ])
    expect(requests).toEqual([
      [
        { role: 'user', parts: [{ text: 'Be brief.' }] },
        { role: 'user', parts: [{ text: 'hi' }] },
        { role: 'model', parts: [{ text: 'hello' }] },
      ],
    ])
    expect(await counter.count([])).toBe(0)
    expect(requests).toHaveLength(1)

    const own = [{ role: 'user', parts: [{ text: 'all in one' }] }]
    await views(async (contents) => requests.push(contents), { toContents: () => own }).count([item('hi')])
    expect(requests[1]).toBe(own)
  })

  it('takes the first answer for the ratio, and follows later ones slowly', async () => {
    let factor = 1.5
    const counter = views(async (contents) => times(factor)(contents, AbortSignal.abort()))
    expect(counter.ratio).toBe(1)
    await counter.count([item(TEXT)])
    expect(counter.ratio).toBeCloseTo(1.5, 2)
    factor = 1
    await counter.count([item(TEXT)])
    expect(counter.ratio).toBeCloseTo(1.35, 2)
    for (let n = 0; n < 20; n += 1) await counter.count([item(TEXT)])
    expect(counter.ratio).toBeCloseTo(1, 2)
  })

  it.each([
    ['an absurd one', 100, 2],
    ['none at all', 0, 0.5],
  ])('bounds what an answer may change: %s', async (_, factor, ratio) => {
    const counter = views(times(factor))
    await counter.count([item(TEXT)])
    expect(counter.ratio).toBe(ratio)
  })

  it('learns nothing from a view of a few words', async () => {
    const counter = views(async () => 40)
    expect(await counter.count([item('hello')])).toBe(40)
    expect(counter.ratio).toBe(1)
  })

  it('gives up after the deadline, and aborts the request', async () => {
    const clock = new ManualClock()
    let aborted = false
    const never: CountTokens = (_, signal) => {
      signal.addEventListener('abort', () => {
        aborted = true
      })
      return new Promise(() => {})
    }
    const counting = views(never, { clock, deadlineMs: 500 }).count([item(TEXT)])
    clock.advance(500)
    await expect(counting).rejects.toMatchObject({ code: 'MODEL_FAILED', details: { reason: 'timeout' } })
    expect(aborted).toBe(true)
    expect(clock.pending).toBe(0)
  })

  it.each([
    [
      'as long as it is told',
      90_000,
      new ThermoclineError('MODEL_FAILED', 'quota', { details: { retryAfterMs: 90_000 } }),
    ],
    ['else for half a minute', 30_000, new Error('connection refused')],
  ])('leaves a service alone that failed: %s', async (_, pauseMs, failure) => {
    const clock = new ManualClock()
    let requests = 0
    const counter = views(
      async () => {
        requests += 1
        if (requests === 1) throw failure
        return ESTIMATE
      },
      { clock },
    )
    await expect(counter.count([item(TEXT)])).rejects.toBe(failure)
    clock.advance(pauseMs - 1)
    await expect(counter.count([item(TEXT)])).rejects.toMatchObject({ details: { reason: 'shut-off' } })
    expect(requests).toBe(1)
    clock.advance(1)
    expect(await counter.count([item(TEXT)])).toBe(ESTIMATE)
    expect(clock.pending).toBe(0)
  })

  it('ends at once when the caller aborts, which says nothing of the service', async () => {
    const controller = new AbortController()
    const clock = new ManualClock()
    let hangs = true
    const counter = views(() => (hangs ? new Promise(() => {}) : Promise.resolve(7)), { clock })
    const counting = counter.count([item(TEXT)], controller.signal)
    controller.abort()
    await expect(counting).rejects.toMatchObject({ code: 'ABORTED' })
    await expect(counter.count([item(TEXT)], controller.signal)).rejects.toMatchObject({ code: 'ABORTED' })
    hangs = false
    expect(await counter.count([item(TEXT)])).toBe(7)
    expect(clock.pending).toBe(0)
  })

  it('does not take for a count what is none', async () => {
    for (const answer of [undefined, null, '12', -1, 1.5, Number.NaN]) {
      const counter = views(async () => answer as never)
      await expect(counter.count([item(TEXT)])).rejects.toMatchObject({ details: { reason: 'malformed' } })
      expect(counter.ratio).toBe(1)
    }
  })

  it.each([
    { calls: {} },
    { geminiProject: 'acme', geminiApiKey: 'key' },
    { calls: { countTokens: async () => 1 }, geminiApiKey: 'key' },
    { calls: { countTokens: async () => 1 }, margin: 2 },
    { calls: { countTokens: async () => 1 }, deadlineMs: Number.NaN },
    { calls: { countTokens: async () => 1 }, deadline: 7 },
  ])('refuses %o', (options) => {
    expect(() => geminiTokenCounter(options as never)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
  })
})
