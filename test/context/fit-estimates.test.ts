import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type EstimatedView, fitEstimates } from '../../src/context/fit-estimates.ts'
import type { ViewCounter } from '../../src/context/token-counter.ts'
import { ThermoclineError } from '../../src/errors.ts'
import type { MemoryItem } from '../../src/memory/memory-item.ts'
import { item } from './items.ts'

/** Twenty items of ten estimated tokens each; a view is as many of the newest as fit. */
const HISTORY = Array.from({ length: 20 }, (_, n) => item(`item ${n}`))
const choose = async (estimatedBudget: number): Promise<EstimatedView> => {
  const kept = Math.min(HISTORY.length, Math.floor(estimatedBudget / 10))
  if (kept === 0) throw new ThermoclineError('BUDGET_TOO_SMALL', 'Cannot prune history: nothing fits')
  return { items: HISTORY.slice(-kept), estimatedTokens: kept * 10, hidesAny: kept < HISTORY.length }
}

/** A service by whose count each item has so many tokens. */
function service(
  perItem: (item: MemoryItem) => number,
  { ratio = 1, margin = 0.1 } = {},
): ViewCounter & { requests: number } {
  return {
    requests: 0,
    ratio,
    margin,
    async count(items: readonly MemoryItem[]): Promise<number> {
      this.requests += 1
      return items.reduce((sum, one) => sum + perItem(one), 0)
    },
  }
}

describe('fitEstimates()', () => {
  it('asks once where the estimate holds', async () => {
    const counter = service(() => 9)
    const fitted = await fitEstimates(counter, 100, choose)
    expect(fitted).toMatchObject({ tokens: 90, exact: true })
    expect(fitted.view.items).toHaveLength(10)
    expect(counter.requests).toBe(1)
    expect(fitted.failure).toBeUndefined()
  })

  it('begins with what earlier answers have shown', async () => {
    const counter = service(() => 20, { ratio: 2 })
    expect(await fitEstimates(counter, 100, choose)).toMatchObject({ tokens: 100, exact: true })
    expect(counter.requests).toBe(1)
  })

  it('goes up again where other conversations have made the estimate too high', async () => {
    const counter = service(() => 10, { ratio: 2 })
    expect(await fitEstimates(counter, 100, choose)).toMatchObject({ tokens: 90, exact: true })
    expect(counter.requests).toBe(2)
    const whole = service(() => 4, { ratio: 2 })
    const fitted = await fitEstimates(whole, 100, choose)
    expect(fitted).toMatchObject({ tokens: 80, exact: true })
    expect(fitted.view.items).toHaveLength(HISTORY.length)
  })

  it('asks first for all there is, where that may fit', async () => {
    const counter = service(() => 7)
    const fitted = await fitEstimates(counter, 150, choose, 200)
    expect(fitted).toMatchObject({ tokens: 140, exact: true })
    expect(fitted.view.items).toHaveLength(HISTORY.length)
    expect(counter.requests).toBe(1)
    await fitEstimates(counter, 99, choose, 200)
    expect(counter.requests).toBe(3)
  })

  it('comes down to the budget where the estimate was too low', async () => {
    const counter = service(() => 15)
    const fitted = await fitEstimates(counter, 100, choose)
    expect(fitted).toMatchObject({ tokens: 90, exact: true })
    expect(counter.requests).toBe(2)
  })

  it('asks four times at most, and then says that it does not know', async () => {
    // However little is kept, the newest is as long as all the budget.
    const counter = service((one) => (one === HISTORY.at(-1) ? 101 : 10))
    const fitted = await fitEstimates(counter, 100, choose)
    expect(fitted.exact).toBe(false)
    expect(counter.requests).toBe(4)
  })

  it('keeps the margin free where the service does not answer, and hands on why', async () => {
    const failure = new ThermoclineError('MODEL_FAILED', 'Cannot count tokens: no answer')
    const counter: ViewCounter = { ratio: 1.25, margin: 0.25, count: () => Promise.reject(failure) }
    // 156 / 1.25 / 1.25 is 99.8 estimated tokens.
    const fitted = await fitEstimates(counter, 156, choose)
    expect(fitted.view.items).toHaveLength(9)
    expect(fitted).toMatchObject({ tokens: 113, exact: false, failure })
  })

  it('does not choose again where the margin is free anyway', async () => {
    let choices = 0
    const counter: ViewCounter = { ratio: 1, margin: 0.1, count: () => Promise.reject(new Error('down')) }
    await fitEstimates(counter, 1000, (budget) => {
      choices += 1
      return choose(budget)
    })
    expect(choices).toBe(1)
  })

  it('passes on an abort, and that nothing fits', async () => {
    const controller = new AbortController()
    const counter: ViewCounter = {
      ratio: 1,
      margin: 0.1,
      async count() {
        controller.abort()
        throw new Error('socket closed')
      },
    }
    await expect(fitEstimates(counter, 100, choose, undefined, controller.signal)).rejects.toMatchObject({
      code: 'ABORTED',
    })
    await expect(
      fitEstimates(
        service(() => 1),
        9,
        choose,
      ),
    ).rejects.toMatchObject({ code: 'BUDGET_TOO_SMALL' })
  })

  it('is never over the budget by an answer that it calls exact', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 10, max: 400 }),
        fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 20, maxLength: 20 }),
        fc.double({ min: 0.5, max: 2, noNaN: true }),
        async (budget, counts, ratio) => {
          const counter = service((one) => counts[HISTORY.indexOf(one)] as number, { ratio })
          const fitted = await fitEstimates(counter, budget, choose).catch((error: unknown) => error)
          if (fitted instanceof ThermoclineError) {
            expect(fitted.code).toBe('BUDGET_TOO_SMALL')
            return
          }
          const { exact, tokens, view } = fitted as Awaited<ReturnType<typeof fitEstimates>>
          expect(counter.requests).toBeLessThanOrEqual(4)
          if (exact) {
            expect(tokens).toBeLessThanOrEqual(budget)
            expect(await counter.count(view.items)).toBe(tokens)
          } else expect(counter.requests).toBe(4)
        },
      ),
      { numRuns: 300 },
    )
  })
})
