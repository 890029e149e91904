import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { JsonDocument } from '../../../src/cli/import/json-document.ts'

interface Cut {
  readonly elements: readonly unknown[]
  readonly lines: readonly number[]
  readonly around: unknown
}

/** The list at a path, cut out of a text that arrives in pieces of these lengths, over and over. */
function cut(text: string, lengths: readonly number[], path: readonly string[] = []): Cut {
  const document = new JsonDocument((names) => names.join('/') === path.join('/'))
  const bytes = Buffer.from(text)
  const [elements, lines]: [unknown[], number[]] = [[], []]
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const length = lengths[i % lengths.length]!
    for (const piece of document.push(bytes.subarray(at, at + length))) {
      elements.push(JSON.parse(piece.bytes!.toString()))
      lines.push(piece.line)
    }
    at += length
  }
  document.end()
  return { elements, lines, around: JSON.parse(document.around()!.toString()) }
}

const lengths = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 20 })
const indent = fc.constantFrom(undefined, 1, '\t')

describe('a list cut out of a document', () => {
  it('has the same elements however it arrives', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue({ noUnicodeString: false })), lengths, indent, (list, sizes, space) => {
        const text = JSON.stringify(list, null, space)
        expect(cut(text, sizes).elements).toEqual(JSON.parse(text))
      }),
    )
  })

  it('is found by the names that lead to it, and what is around it is kept', () => {
    const document = fc.record({
      a: fc.jsonValue(),
      b: fc.record({ list: fc.array(fc.jsonValue()) }),
      c: fc.jsonValue(),
    })
    fc.assert(
      fc.property(document, lengths, indent, (value, sizes, space) => {
        const text = JSON.stringify(value, null, space)
        const { elements, around } = cut(text, sizes, ['b', 'list'])
        const { a, b, c } = JSON.parse(text)
        expect(elements).toEqual(b.list)
        expect(around).toEqual({ a, b: { list: [] }, c })
      }),
    )
  })

  it('is not taken for another of the same name elsewhere', () => {
    const value = { other: { list: [1] }, text: '"list": [2]', list: [3], also: [{ list: [4] }] }
    expect(cut(JSON.stringify(value), [3], ['list']).elements).toEqual([3])
  })

  it('is found where its name is written with an escape', () => {
    expect(cut('{"l\\u0069st":[1]}', [2], ['list']).elements).toEqual([1])
  })

  it('knows the line on which an element begins', () => {
    expect(cut('[\n  1,\n\n  {\n "a": 2\n},\n"x"]', [4]).lines).toEqual([2, 4, 7])
  })

  it.each(['[1,]', '[,1]', '[1 2]', '[1}', '[1', '[{"a":1]', '["a]', '{"a":[]'])('%s is refused', (text) => {
    expect(() => cut(text, [2])).toThrow()
  })
})
