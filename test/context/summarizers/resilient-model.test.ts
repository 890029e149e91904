import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { ModelFailure, SummaryModel, SummaryPrompt } from '../../../src/context/summaries/summary-model.ts'
import { type ModelBounds, resilientModel } from '../../../src/context/summarizers/resilient-model.ts'
import { ThermoclineError } from '../../../src/errors.ts'
import { ManualClock } from '../../../src/testing/manual-clock.ts'

const PROMPT: SummaryPrompt = { instructions: '', data: '', schema: {}, maxOutputTokens: 10 }
const ANSWER = { text: '{}' }

/** What a request comes to. */
type Outcome = 'answer' | 'silence' | ModelFailure | { readonly retryAfterMs: number } | Error

/** A model whose requests come to these outcomes, and then to answers, on a clock that the test moves. */
function setUp(outcomes: readonly Outcome[], bounds: ModelBounds = {}) {
  const clock = new ManualClock()
  const left = [...outcomes]
  const asked: { readonly at: number; readonly signal: AbortSignal }[] = []
  const start = clock.now()
  const model: SummaryModel = {
    name: 'scripted',
    async generate(_, signal) {
      asked.push({ at: clock.now() - start, signal })
      const outcome = left.shift() ?? 'answer'
      if (outcome === 'answer') return ANSWER
      if (outcome === 'silence') return new Promise(() => {})
      if (outcome instanceof Error) throw outcome
      const details = typeof outcome === 'string' ? { reason: outcome } : { reason: 'rate-limited', ...outcome }
      throw new ThermoclineError('MODEL_FAILED', 'Cannot generate', { details })
    },
  }
  const resilient = resilientModel(model, { clock, random: () => 0.5, ...bounds })
  const caller = new AbortController()
  const ask = (signal = caller.signal) => resilient.generate(PROMPT, signal)
  return {
    ...{ clock, caller, asked, ask },
    times: () => asked.map(({ at }) => at),
    /** Asks, and moves the clock on until there is an outcome. */
    async outcome(): Promise<unknown> {
      let outcome: unknown
      const settled = ask().then(
        (answer) => {
          outcome = answer
        },
        (error: unknown) => {
          outcome = error
        },
      )
      for (await turn(); outcome === undefined; await turn()) clock.advance(50)
      await settled
      return outcome
    },
  }
}

const failed = (reason: ModelFailure): object => ({ code: 'MODEL_FAILED', details: { reason } })

describe('a resilient model', () => {
  it('asks once where that gives an answer, and leaves no timer', async () => {
    const { ask, clock, times } = setUp([])
    await expect(ask()).resolves.toBe(ANSWER)
    expect(times()).toEqual([0])
    expect(clock.pending).toBe(0)
  })

  it.each(['unavailable', 'rate-limited', 'timeout'] as const)('tries again after a pause when %s', async (reason) => {
    const { outcome, times, clock } = setUp([reason, reason])
    await expect(outcome()).resolves.toBe(ANSWER)
    // Half of 500 ms, then half of a second.
    expect(times()).toEqual([0, 250, 750])
    expect(clock.pending).toBe(0)
  })

  it('gives up after three attempts', async () => {
    const { outcome, times } = setUp(['unavailable', 'unavailable', 'unavailable'])
    await expect(outcome()).resolves.toMatchObject(failed('unavailable'))
    expect(times()).toHaveLength(3)
  })

  it.each(['malformed', 'empty', 'truncated'] as const)('asks once more when the answer is %s', async (reason) => {
    const { outcome, times } = setUp([reason, reason])
    await expect(outcome()).resolves.toMatchObject(failed(reason))
    expect(times()).toHaveLength(2)
  })

  it.each(['blocked', 'refused'] as const)('never repeats what is %s', async (reason) => {
    const { outcome, times } = setUp([reason])
    await expect(outcome()).resolves.toMatchObject(failed(reason))
    expect(times()).toHaveLength(1)
  })

  it('hands on what is none of the model', async () => {
    const bug = new TypeError('a bug')
    const { outcome, times } = setUp([bug])
    await expect(outcome()).resolves.toBe(bug)
    expect(times()).toHaveLength(1)
  })

  it('waits for as long as the service asks to', async () => {
    const { outcome, times } = setUp([{ retryAfterMs: 4000 }])
    await expect(outcome()).resolves.toBe(ANSWER)
    expect(times()).toEqual([0, 4000])
  })

  it('gives up at once where the service asks to wait beyond the deadline', async () => {
    const { outcome, times, clock } = setUp([{ retryAfterMs: 10_000 }])
    await expect(outcome()).resolves.toMatchObject(failed('rate-limited'))
    expect(times()).toEqual([0])
    expect(clock.pending).toBe(0)
  })

  it('does not ask for others either while the service asks to wait', async () => {
    const { outcome, times, clock } = setUp([{ retryAfterMs: 60_000 }])
    await outcome()
    clock.advance(20_000)
    await expect(outcome()).resolves.toMatchObject({
      details: { reason: 'rate-limited', model: 'scripted', retryAfterMs: 40_000 },
    })
    expect(times()).toEqual([0])
    clock.advance(35_000)
    await expect(outcome()).resolves.toBe(ANSWER)
    expect(times()).toEqual([0, 60_000])
  })

  it('is not held for a day', async () => {
    const { outcome, clock } = setUp([{ retryAfterMs: 86_400_000 }])
    await outcome()
    clock.advance(600_000)
    await expect(outcome()).resolves.toBe(ANSWER)
  })

  it('is not held by a clock that steps back', async () => {
    const { outcome, clock } = setUp([{ retryAfterMs: 60_000 }])
    await outcome()
    clock.set(clock.now() - 3_600_000)
    await expect(outcome()).resolves.toBe(ANSWER)
  })

  it('ends a request that takes too long, and tries again in what time is left', async () => {
    const { outcome, times, asked } = setUp(['silence', 'answer'])
    await expect(outcome()).resolves.toBe(ANSWER)
    expect(times()).toEqual([0, 8250])
    expect(asked[0]!.signal.aborted).toBe(true)
  })

  it('ends at its deadline, whatever it is doing', async () => {
    const { outcome, asked, clock } = setUp(['silence', 'silence', 'silence'])
    const start = clock.now()
    await expect(outcome()).resolves.toMatchObject(failed('timeout'))
    expect(clock.now() - start).toBe(10_000)
    expect(asked.every(({ signal }) => signal.aborted)).toBe(true)
    await turn()
    expect(clock.pending).toBe(0)
  })

  it.each<[string, Outcome, number]>([
    ['during a request', 'silence', 1000],
    ['between two of them', { retryAfterMs: 5000 }, 1000],
  ])('ends at once when it is aborted %s', async (_, first, afterMs) => {
    const { ask, caller, clock, asked } = setUp([first])
    const ended = expect(ask()).rejects.toMatchObject({ code: 'ABORTED', cause: 'enough' })
    await turn()
    clock.advance(afterMs)
    caller.abort('enough')
    await ended
    await turn()
    expect(asked).toHaveLength(1)
    if (first === 'silence') expect(asked[0]!.signal.aborted).toBe(true)
    expect(clock.pending).toBe(0)
  })

  it('asks nothing for a signal that was aborted before', async () => {
    const { ask, caller, asked } = setUp([])
    caller.abort('enough')
    await expect(ask()).rejects.toMatchObject({ code: 'ABORTED', cause: 'enough' })
    expect(asked).toHaveLength(0)
  })

  it('repeats less and less where nothing but failures come', async () => {
    const calls = 50
    const { outcome, asked } = setUp(new Array<Outcome>(1000).fill('unavailable'), { breakerFailures: 1000 })
    for (let i = 0; i < calls; i++) await outcome()
    // The budget has ten tokens and stops repeats at half of them.
    expect(asked.length - calls).toBeLessThan(5)
  })
})

describe('its breaker', () => {
  const DOWN = new Array<Outcome>(5).fill('unavailable')
  const ONCE: ModelBounds = { maxAttempts: 1 }

  async function shutOff(outcomes: readonly Outcome[]): Promise<ReturnType<typeof setUp>> {
    const place = setUp([...DOWN, ...outcomes], ONCE)
    for (const _ of DOWN) await place.outcome()
    return place
  }

  it('shuts the model off after five failures in a row', async () => {
    const { outcome, asked } = await shutOff([])
    await expect(outcome()).resolves.toMatchObject({
      code: 'MODEL_FAILED',
      details: { reason: 'shut-off', model: 'scripted', retryAfterMs: 30_000 },
    })
    expect(asked).toHaveLength(5)
  })

  it('lets one request try it after the pause, which opens it for all', async () => {
    const { ask, outcome, asked, clock } = await shutOff(['silence'])
    clock.advance(30_000)
    const trial = ask()
    await expect(ask()).rejects.toMatchObject(failed('shut-off'))
    expect(asked).toHaveLength(6)
    const ended = expect(trial).rejects.toMatchObject(failed('timeout'))
    clock.advance(8_000)
    await ended
    await expect(outcome()).resolves.toMatchObject(failed('shut-off'))
    clock.advance(30_000)
    await expect(outcome()).resolves.toBe(ANSWER)
    await expect(outcome()).resolves.toBe(ANSWER)
  })

  it('lets the next one try it where the caller gave the trial up', async () => {
    const { ask, clock } = await shutOff(['silence'])
    clock.advance(30_000)
    const impatient = new AbortController()
    const ended = expect(ask(impatient.signal)).rejects.toMatchObject({ code: 'ABORTED' })
    await turn()
    impatient.abort()
    await ended
    await turn()
    await expect(ask()).resolves.toBe(ANSWER)
  })

  it('is not kept open by a clock that steps back', async () => {
    const { ask, clock } = await shutOff([])
    clock.set(clock.now() - 3_600_000)
    await expect(ask()).resolves.toBe(ANSWER)
  })

  it('is not moved by what the model says to single prompts', async () => {
    const { outcome, asked } = setUp(new Array<Outcome>(20).fill('blocked'), ONCE)
    for (let i = 0; i < 20; i++) await outcome()
    expect(asked).toHaveLength(20)
  })

  it('is closed by an answer', async () => {
    const four = DOWN.slice(1)
    const { outcome, asked } = setUp([...four, 'answer', ...four, 'answer'], ONCE)
    for (let i = 0; i < 10; i++) await outcome()
    expect(asked).toHaveLength(10)
  })
})

describe('bounds', () => {
  it.each<[string, object]>([
    ['a misspelt name', { deadline: 5 }],
    ['no time at all', { deadlineMs: 0 }],
    ['half an attempt', { maxAttempts: 0.5 }],
  ])('refuse %s', (_, bounds) => {
    const model: SummaryModel = { name: 'none', generate: () => Promise.reject(new Error('unused')) }
    expect(() => resilientModel(model, bounds)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
  })
})
