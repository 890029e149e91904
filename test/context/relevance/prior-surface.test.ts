import { describe, expect, it } from 'vitest'
import { surfaceOf } from '../../../src/context/relevance/prior-surface.ts'

describe('surfaceOf()', () => {
  it.each<[string, number]>([
    ['We met.', 0],
    ['Did we meet?', 1],
    ['Really?! Yes.', 7 / 13],
    ['We met. Did we?', 8 / 15],
    ['https://example.com/?page=2', 0],
    ['你好吗？很好。', 4 / 7],
    ['كيف حالك؟', 1],
    ['', 0],
  ])('tells how much of %j is asked', (text, asking) => {
    expect(surfaceOf(text).asking).toBeCloseTo(asking)
  })

  it.each<[string, number]>([
    ['Then we went home. Later I slept.', 0],
    ['Then Carla and I went to New York.', 3],
    ['It costs 40 or 3', 2],
    ['ask aarav_garcia_1177 for XKTGH4', 2],
    ['Мы видели Анну в Москве', 2],
    ['ALL OF IT', 2],
    ['我们去了里斯本', 0],
  ])('counts names and numbers of %j', (text, names) => {
    expect(surfaceOf(text).names).toBe(names)
  })

  it('measures the whole text, and looks at the beginning of a long one', () => {
    const long = `é${' Anna'.repeat(100_000)}`
    expect(surfaceOf(long).bytes).toBe(500_002)
    expect(surfaceOf(long).names).toBeLessThan(1000)
  })
})
