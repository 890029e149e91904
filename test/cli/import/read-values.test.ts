import { describe, expect, it } from 'vitest'
import { isOfAll } from '../../../src/cli/import/conversation.ts'
import { readValues, type SourceValue } from '../../../src/cli/import/read-values.ts'
import { Refusal } from '../../../src/cli/import/refusal.ts'
import { textSource } from './read-text.ts'

const MIB = 1024 * 1024

async function read(text: string | Buffer, chunkBytes = 7): Promise<SourceValue[]> {
  const values: SourceValue[] = []
  const isList = (path: readonly string[]): boolean => path.length === 0 || path.join('.') === 'messages'
  const { chunks } = textSource(text, { chunkBytes })
  for await (const value of readValues(chunks(), { isList, isNeeded: isOfAll })) values.push(value)
  return values
}

function briefly(values: readonly SourceValue[]): unknown[] {
  return values.map(({ where, value }) => [where, value instanceof Refusal ? value.message : value])
}

describe('values of a file', () => {
  it('are its lines, where each is JSON by itself', async () => {
    const values = briefly(await read('\n{"a":1}\r\n\r\n  {"a":"é\\n"}\n[3]\n4'))
    expect(values).toEqual([
      ['line 2', { a: 1 }],
      ['line 4', { a: 'é\n' }],
      ['line 5', [3]],
      ['line 6', 4],
    ])
  })

  it.each([
    ['a list over several lines', '[\n1,\n{"b":2}\n]\n', ['element 1 (line 2)', 'element 2 (line 3)']],
    ['a list in one line', '[1,{"b":2}]\n', ['element 1 (line 1)', 'element 2 (line 1)']],
  ])('are the elements of %s', async (_, text, wheres) => {
    const values = await read(text)
    expect(values.map(({ value }) => value)).toEqual([1, { b: 2 }])
    expect(values.map(({ where }) => where)).toEqual(wheres)
  })

  it.each(['{"messages":[1]}', '{\n"messages":\n[1]\n}\n', '{"messages":[1]}\n\n'])('is all of %j', async (text) => {
    expect(briefly(await read(text))).toEqual([['', { messages: [1] }]])
  })

  it('are read past a byte order mark', async () => {
    expect(briefly(await read('\ufeff{"a":1}\n{"a":2}\n'))).toEqual([
      ['line 1', { a: 1 }],
      ['line 2', { a: 2 }],
    ])
    expect(briefly(await read('\ufeff[1]'))).toEqual([['element 1 (line 1)', 1]])
  })

  it('are none in an empty file', async () => {
    expect(await read(' \n\n')).toEqual([])
  })

  it('go on after a line that is refused', async () => {
    const bad = Buffer.concat([
      Buffer.from('{"a":1}\n{"a":"'),
      Buffer.from([0xc3, 0x28]),
      Buffer.from('"}\n{"a":\n{"a":4}'),
    ])
    expect(briefly(await read(bad))).toEqual([
      ['line 1', { a: 1 }],
      ['line 2', 'it is not UTF-8'],
      ['line 3', expect.stringContaining('it is not JSON: ')],
      ['line 4', { a: 4 }],
    ])
  })

  it('come before what is broken in a list', async () => {
    expect(briefly(await read('[1,\n2,,3]', 100))).toEqual([
      ['element 1 (line 1)', 1],
      ['element 2 (line 2)', 2],
      ['line 2', 'it is not JSON: a list goes on with ","'],
    ])
    expect(briefly(await read('[1,\n2'))).toEqual([
      ['element 1 (line 1)', 1],
      ['line 2', 'it is not JSON: it ends in the middle'],
    ])
  })
})

describe('of a line of more than 16 MiB', () => {
  it('only that is told', async () => {
    const text = `{"a":1}\n{"a":"${'x'.repeat(17 * MIB)}"}\n{"a":3}\n`
    expect(briefly(await read(text, MIB))).toEqual([
      ['line 1', { a: 1 }],
      ['line 2', 'it is too long: expected at most 16 MiB'],
      ['line 3', { a: 3 }],
    ])
  })
})

describe('a document of more than 16 MiB', () => {
  const message = { role: 'user', content: 'x'.repeat(MIB) }
  const messages = Array.from({ length: 18 }, () => message)

  it('is read element by element, with what stands before its list', async () => {
    const values = await read(JSON.stringify({ user: 'ada', messages, model: 'm' }), MIB)
    expect(values.map(({ value }) => value)).toEqual(messages)
    expect(values[0]!.around).toEqual({ user: 'ada', messages: [] })
  })

  it('is refused where a name that counts comes after the list', async () => {
    const values = await read(JSON.stringify({ messages, user: 'ada' }), MIB)
    expect(briefly(values).at(-1)).toEqual(['line 1', 'user: expected it before the list, as the file is large'])
  })

  it('is refused where it has no list', async () => {
    const [value] = await read(JSON.stringify({ other: messages }), MIB)
    expect((value!.value as Refusal).message).toBe('it is too long: expected at most 16 MiB')
  })
})
