import { describe, expect, it } from 'vitest'
import {
  box,
  clip,
  displayWidth,
  formatBytes,
  formatMs,
  median,
  oneLine,
  padEnd,
  shares,
} from '../../src/cli/text-layout.ts'

describe('displayWidth()', () => {
  it.each([
    ['', 0],
    ['Förde', 5],
    ['e\u0301a', 2],
    ['日本語', 6],
    ['👨‍👩‍👧 ok', 5],
    ['\u001b[31mred\u001b[39m', 3],
  ])('%j takes %i columns', (text, columns) => {
    expect(displayWidth(text)).toBe(columns)
  })
})

describe('clip()', () => {
  it.each([
    ['short', 10, 'short'],
    ['exactly ten', 11, 'exactly ten'],
    ['one more than fits', 10, 'one more…'],
    ['two\n  lines\tand tabs', 30, 'two lines and tabs'],
    ['日本語のテキスト', 7, '日本語…'],
    ['a'.repeat(1000), 5, 'aaaa…'],
  ])('%j in %i columns is %j', (text, columns, expected) => {
    const clipped = clip(text, columns)
    expect(clipped).toBe(expected)
    expect(displayWidth(clipped)).toBeLessThanOrEqual(columns)
  })

  it('lets no command through to the terminal', () => {
    expect(clip('\u001b]0;title\u0007\u001b[2Jx\u009b31m', 40)).toBe(']0;title[2Jx31m')
    expect(oneLine('a\r\nb\u0000c')).toBe('a bc')
  })
})

describe('shares()', () => {
  it.each([
    [[10, 10, 10], 30, 30, [10, 10, 10]],
    [[1, 0, 999], 1000, 20, [1, 0, 19]],
    [[1, 1, 1], 3000, 30, [1, 1, 1]],
    [[0, 0, 0], 10, 20, [0, 0, 0]],
    [[500, 500, 0], 2000, 20, [5, 5, 0]],
  ])('%j of %i in %i columns are %j', (values, total, columns, expected) => {
    expect(shares(values, total, columns)).toEqual(expected)
  })
})

it('box() draws all lines as wide as asked for, whatever is in them', () => {
  expect(box(['日本', 'abc'], 12).map(displayWidth)).toEqual([12, 12, 12, 12])
})

it('padEnd() counts columns, not characters', () => {
  expect(padEnd('日本', 6)).toBe('日本  ')
})

it('formats sizes and times with three figures or so', () => {
  expect([0, 999, 1000, 12_345, 999_949, 999_950, 4_496_290_000].map(formatBytes)).toEqual([
    '0 B',
    '999 B',
    '1.0 kB',
    '12.3 kB',
    '999.9 kB',
    '1.00 MB',
    '4.50 GB',
  ])
  expect([0.0042, 0.42, 4.2, 42, 4200].map(formatMs)).toEqual(['4.2 µs', '420 µs', '4.20 ms', '42 ms', '4.2 s'])
  expect([[], [3, 1, 2], [4, 1]].map(median)).toEqual([0, 2, 2.5])
})
