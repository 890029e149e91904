import { describe, expect, it } from 'vitest'
import { eachAsciiToken } from '../../src/search/ascii-tokens.ts'
import { seededRandom } from '../../src/testing/seeded-random.ts'

// What it does by hand.
const PATTERN = /[a-z0-9]+(?:(?:'|(?<=[0-9])[.,](?=[0-9]))[a-z0-9]+)*/gi

function tokens(text: string): string[] {
  const found: string[] = []
  eachAsciiToken(text, (start, end) => found.push(text.slice(start, end)))
  return found
}

describe('words of ASCII', () => {
  it.each<[string, string[]]>([
    ['', []],
    ["Don't pay 1,250.50, now.", ["Don't", 'pay', '1,250.50', 'now']],
    ["'quoted' rock'n'roll' 5'", ['quoted', "rock'n'roll", '5']],
    ['v1.2.3 a.b 3.x x.3 1..2', ['v1.2.3', 'a', 'b', '3', 'x', 'x', '3', '1', '2']],
    ['a_b-c', ['a', 'b', 'c']],
  ])('of %j', (text, words) => {
    expect(tokens(text)).toEqual(words)
  })

  it('are those of the pattern', () => {
    const random = seededRandom(7)
    const alphabet = "aZ09'.,_ -\n"
    for (let i = 0; i < 2000; i++) {
      const text = Array.from({ length: 12 }, () => alphabet[Math.floor(random() * alphabet.length)]).join('')
      expect(tokens(text), text).toEqual(text.match(PATTERN) ?? [])
    }
  })
})
