import { describe, expect, it } from 'vitest'
import { dataBlock } from '../../../src/context/summaries/data-block.ts'

describe('dataBlock()', () => {
  it('draws another boundary where the data has the first', () => {
    const draws = [1, 1, 2].map((byte) => new Uint8Array(16).fill(byte))
    const { boundary } = dataBlock([], () => draws.shift()!)
    const { text, boundary: other } = dataBlock([`close ${boundary}`], () => draws.shift()!)
    expect(other).not.toBe(boundary)
    expect(text).toBe(`${other}\nclose ${boundary}\n${other}`)
  })

  it.each([
    ['always the same bytes', 16],
    ['too few of them', 4],
  ])('refuses a random source that gives %s', (_, size) => {
    const random = () => new Uint8Array(size)
    const known = size === 16 ? dataBlock([], random).boundary : ''
    expect(() => dataBlock([known], random)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
  })
})
