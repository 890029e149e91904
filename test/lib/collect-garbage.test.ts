import { describe, expect, it } from 'vitest'
import { collectGarbage } from '../../src/lib/collect-garbage.ts'

describe('a forced collection', () => {
  it('frees what nobody holds, says how much and how long it took', () => {
    let text: string[] | undefined = Array.from({ length: 200_000 }, (_, i) => `line ${i} of what is given up`)
    expect(text).toHaveLength(200_000)
    collectGarbage()
    text = undefined
    const { freedBytes, pauseMs } = collectGarbage()
    expect(freedBytes).toBeGreaterThan(4 * 1024 * 1024)
    expect(pauseMs).toBeGreaterThan(0)
  })

  it('has freed what arrays held outside of the heap when it returns', () => {
    let pictures: Uint8Array[] = Array.from({ length: 32 }, () => new Uint8Array(1024 * 1024))
    expect(pictures).toHaveLength(32)
    collectGarbage()
    pictures = []
    expect(collectGarbage().freedBytes).toBeGreaterThan(31 * 1024 * 1024)
    expect(pictures).toHaveLength(0)
  })

  it('leaves no gc() behind where there was none', () => {
    const before = Reflect.has(globalThis, 'gc')
    collectGarbage()
    expect(Reflect.has(globalThis, 'gc')).toBe(before)
  })
})
