import { describe, expect, it } from 'vitest'
import { ContextPruner, estimatingTokenCounter, openAITokenCounter } from '../../../src/context/index.ts'
import { item } from '../items.ts'

const PROSE = 'We could meet on Friday evening, if that suits you; otherwise I am free all of next week. '.repeat(20)
const CODE =
  'export function sum(numbers: number[]): number {\n  return numbers.reduce((a, b) => a + b, 0)\n}\n'.repeat(20)
const JSON_TEXT = JSON.stringify(
  Array.from({ length: 40 }, (_, n) => ({ id: n, name: `user ${n}`, active: n % 2 === 0 })),
  null,
  2,
)
const LOG = '2026-01-12T08:30:11.123Z INFO request GET /api/v1/items/42 200 13ms ip=10.0.0.7\n'.repeat(20)

describe('estimatingTokenCounter()', () => {
  const counter = estimatingTokenCounter()

  it('says that it is an estimate, and so does the report of a prune', async () => {
    expect(counter).toMatchObject({ name: 'estimate', exact: false })
    const view = await new ContextPruner({ tokenCounter: counter }).pruneByTokenBudget([item('hello world')])
    expect(view.report).toMatchObject({ counter: 'estimate', exact: false })
  })

  it.each([
    ['prose', PROSE],
    ['code', CODE],
    ['JSON', JSON_TEXT],
    ['a log', LOG],
    ['German', 'Könnten wir uns am Freitagabend treffen, um über den Fortschritt des Projekts zu sprechen? '.repeat(9)],
    ['Chinese', '你好，请问我们周五晚上可以见面吗？我想讨论一下项目的进展情况。'.repeat(9)],
  ])('is within a quarter of the true count for %s', async (_, text) => {
    const estimated = await counter.count(text)
    const exact = await openAITokenCounter().count(text)
    expect(estimated / exact).toBeGreaterThan(0.75)
    expect(estimated / exact).toBeLessThan(1.25)
  })

  it('gives 0 for no text, and an integer of at least 1 for any', () => {
    expect(counter.count('')).toBe(0)
    for (const text of ['a', ' ', '\n', '1', '中', '👍', '\ud800', 'A', '.']) {
      expect(counter.count(text)).toSatisfy((count: number) => Number.isInteger(count) && count >= 1)
    }
  })

  it('refuses what is not text', () => {
    expect(() => counter.count(7 as never)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
  })
})
