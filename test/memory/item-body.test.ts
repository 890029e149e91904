import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { isThermoclineError } from '../../src/errors.ts'
import { decodeBody, encodeNewItem, MAX_ITEM_BYTES, makeItem } from '../../src/memory/item-body.ts'
import type { NewMemoryItem } from '../../src/memory/memory-item.ts'
import { checkMetadata, MAX_METADATA_BYTES, MAX_METADATA_DEPTH, MAX_METADATA_KEYS } from '../../src/memory/metadata.ts'
import { identifySession } from '../../src/memory/session.ts'
import { StampMaker } from '../../src/memory/stamp.ts'

const NOW = Date.UTC(2026, 0, 1)
const PROTOTYPE = Object.getOwnPropertyNames(Object.prototype).sort()

afterAll(() => {
  expect(Object.getOwnPropertyNames(Object.prototype).sort()).toEqual(PROTOTYPE)
})

function newItem(more: object = {}): NewMemoryItem {
  return { userId: 'u', sessionId: 's', content: 'hello', contentType: 'user_message', ...more }
}

/** What a call gives, or the code that it throws with; anything else that is thrown fails the test. */
function outcome<T>(call: () => T): { readonly value: T } | { readonly code: string } {
  try {
    return { value: call() }
  } catch (error) {
    if (isThermoclineError(error)) return { code: error.code }
    throw error
  }
}

const keys = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.constantFrom('__proto__', 'constructor', 'toString', 'toJSON', 'hasOwnProperty', '', '0', '\0', '\ud800'),
)
const leaves = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.double(),
  fc.constantFrom<unknown>(
    null,
    true,
    undefined,
    -0,
    Number.NaN,
    1n,
    Symbol('s'),
    () => 1,
    new Date(0),
    /x/,
    new Map(),
  ),
  fc.constantFrom<unknown>(Object(1), Object('s'), new Uint8Array(2), Object.create({ inherited: 1 }), new Array(3)),
)
const hostile = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: 'medium', withCrossShrink: true }, leaves, tie('object'), tie('array')),
  object: fc.dictionary(keys, tie('value'), { maxKeys: 5, noNullPrototype: false }),
  array: fc.array(tie('value'), { maxLength: 5 }),
}))

describe('metadata', () => {
  it('is refused with a type, or kept exactly', { timeout: 30_000 }, () => {
    let kept = 0
    fc.assert(
      fc.property(fc.dictionary(keys, hostile.value, { maxKeys: 4, noNullPrototype: false }), (metadata) => {
        const result = outcome(() => checkMetadata(metadata))
        if ('code' in result) {
          expect(result.code).toBe('INVALID_ITEM')
          return
        }
        kept += 1
        // Prototypes apart, which JSON has none of.
        expect(structuredClone(result.value)).toEqual(structuredClone(metadata))
        expect(JSON.parse(JSON.stringify(result.value))).toEqual(result.value)
        expect(Object.isFrozen(result.value)).toBe(true)
      }),
      { numRuns: 10_000 },
    )
    expect(kept).toBeGreaterThan(1000)
  })

  it('may be as large as its bounds, and no larger', () => {
    const nested = (levels: number): object => {
      let outer = {}
      for (let level = 1; level < levels; level++) outer = { a: outer }
      return outer
    }
    const flat = (count: number): object => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, i]))
    const filler = (bytes: number): object => ({ a: 'x'.repeat(bytes - '{"a":""}'.length) })
    expect(outcome(() => checkMetadata(nested(MAX_METADATA_DEPTH)))).toHaveProperty('value')
    expect(outcome(() => checkMetadata(flat(MAX_METADATA_KEYS)))).toHaveProperty('value')
    expect(outcome(() => checkMetadata(filler(MAX_METADATA_BYTES)))).toHaveProperty('value')
    const tooMuch = [
      nested(MAX_METADATA_DEPTH + 1),
      nested(10_000),
      flat(MAX_METADATA_KEYS + 1),
      { a: new Array(1e9) },
      { a: Array.from({ length: 1e6 }, () => 1) },
      filler(MAX_METADATA_BYTES + 1),
      { a: 'é'.repeat(MAX_METADATA_BYTES / 2) },
    ]
    for (const metadata of tooMuch) expect(outcome(() => checkMetadata(metadata))).toEqual({ code: 'INVALID_ITEM' })
  })

  const cyclic: Record<string, unknown> = {}
  cyclic.self = cyclic

  it.each<[string, unknown]>([
    ['a cycle', cyclic],
    ['an array', []],
    ['null', null],
    ['text', 'a'],
    ['a class', new (class Point {})()],
    ['a symbol key', { [Symbol('s')]: 1 }],
    ['__proto__ as a key', JSON.parse('{"__proto__":{"polluted":true}}')],
    ['toJSON', { toJSON: () => ({}) }],
    ['a hidden toJSON', Object.defineProperty({ a: 1 }, 'toJSON', { value: () => 1 })],
    ['an array with toJSON', { a: Object.assign([1], { toJSON: () => 'other' }) }],
    ['an array with more than elements', { a: 'abc'.match(/b/) }],
  ])('is refused for %s', (_, metadata) => {
    expect(outcome(() => checkMetadata(metadata))).toEqual({ code: 'INVALID_ITEM' })
  })

  it('is a copy: what the caller does with its own changes nothing', () => {
    const metadata = { a: { b: [1] } }
    const checked = checkMetadata(metadata)
    metadata.a.b.push(2)
    expect(checked).toEqual({ a: { b: [1] } })
    expect(() => (checked.a as { b: number[] }).b.push(3)).toThrow(TypeError)
  })
})

describe('a new item', () => {
  it('comes back as it was', () => {
    const given = newItem({
      content: 'nul \0, quote ", lone \ud800, 😀',
      createdAt: new Date(NOW - 5),
      payload: { format: 'openai.chat', data: '{"role":"user"}' },
      metadata: { a: [1, { b: null }] },
      importance: 0.5,
      pinned: true,
      callId: 'call 1',
      expiresAt: '2030-01-01T00:00:00Z',
      idempotencyKey: 'k',
    })
    const { text, bytes } = encodeNewItem(given, NOW)
    const { tenantId, userId, sessionId, ...rest } = given
    expect(Buffer.byteLength(text)).toBe(bytes)
    expect(decodeBody(text)).toEqual({ ...rest, createdAt: NOW - 5, expiresAt: Date.UTC(2030, 0, 1) })
  })

  it('holds what was given and nothing else', () => {
    expect(JSON.parse(encodeNewItem(newItem(), NOW + 0.7).text)).toEqual({
      content: 'hello',
      contentType: 'user_message',
      createdAt: NOW,
    })
    expect(JSON.parse(encodeNewItem(newItem({ pinned: false, importance: -0 }), NOW).text)).toEqual({
      content: 'hello',
      contentType: 'user_message',
      createdAt: NOW,
      importance: 0,
    })
  })

  it.each<[string, object, string]>([
    ['content of another type', { content: 5 }, 'INVALID_ITEM'],
    ['no content', { content: undefined }, 'INVALID_ITEM'],
    ['an empty type', { contentType: '' }, 'INVALID_ITEM'],
    ['a long type', { contentType: 'x'.repeat(65) }, 'INVALID_ITEM'],
    ['no type', { contentType: undefined }, 'INVALID_ITEM'],
    ['a time that is none', { createdAt: 'yesterday' }, 'INVALID_ITEM'],
    ['an invalid Date', { createdAt: new Date(Number.NaN) }, 'INVALID_ITEM'],
    ['a time before 1970', { createdAt: -1 }, 'INVALID_ITEM'],
    ['a time of too far ahead', { createdAt: NOW + 300_001 }, 'INVALID_ITEM'],
    ['a time without end', { expiresAt: Number.POSITIVE_INFINITY }, 'INVALID_ITEM'],
    ['an importance above 1', { importance: 1.01 }, 'INVALID_ITEM'],
    ['an importance of NaN', { importance: Number.NaN }, 'INVALID_ITEM'],
    ['an importance of null', { importance: null }, 'INVALID_ITEM'],
    ['pinned as text', { pinned: 'yes' }, 'INVALID_ITEM'],
    ['a payload as text', { payload: 'x' }, 'INVALID_ITEM'],
    ['a payload without a format', { payload: { data: '' } }, 'INVALID_ITEM'],
    ['a callId with a nul', { callId: '\0' }, 'INVALID_ITEM'],
    ['a key without a time', { idempotencyKey: 'k' }, 'INVALID_ITEM'],
    ['an empty key', { idempotencyKey: '', createdAt: NOW }, 'INVALID_ITEM'],
    ['metadata of too many keys', { metadata: { a: new Array(65).fill(1) } }, 'INVALID_ITEM'],
    ['content that is too large', { content: 'x'.repeat(MAX_ITEM_BYTES) }, 'ITEM_TOO_LARGE'],
    ['content that is too large in bytes', { content: 'é'.repeat(MAX_ITEM_BYTES / 2) }, 'ITEM_TOO_LARGE'],
    ['content that is too large as JSON', { content: '\0'.repeat(MAX_ITEM_BYTES / 6) }, 'ITEM_TOO_LARGE'],
    [
      'a payload that is too large',
      { payload: { format: 'f', data: 'x'.repeat(MAX_ITEM_BYTES + 1) } },
      'ITEM_TOO_LARGE',
    ],
  ])('with %s is refused', (_, more, code) => {
    expect(outcome(() => encodeNewItem(newItem(more), NOW))).toEqual({ code })
  })

  it('may fill its bound to the last byte', () => {
    const around = encodeNewItem(newItem({ content: '' }), NOW).bytes
    expect(encodeNewItem(newItem({ content: 'x'.repeat(MAX_ITEM_BYTES - around) }), NOW).bytes).toBe(MAX_ITEM_BYTES)
  })

  it('is refused with a type, or kept exactly', { timeout: 30_000 }, () => {
    fc.assert(
      fc.property(
        fc.record(
          Object.fromEntries(
            ['content', 'contentType', 'createdAt', 'payload', 'importance', 'pinned', 'callId', 'expiresAt'].map(
              (name) => [name, fc.oneof(hostile.value, fc.string(), fc.double({ min: 0, max: NOW, noNaN: true }))],
            ),
          ),
        ),
        (more) => {
          const result = outcome(() => encodeNewItem(newItem(more), NOW))
          if ('code' in result) expect(['INVALID_ITEM', 'ITEM_TOO_LARGE']).toContain(result.code)
          else expect(decodeBody(result.value.text)).toEqual(result.value.body)
        },
      ),
      { numRuns: 2000 },
    )
  })
})

describe('an item', () => {
  const session = identifySession({ tenantId: 't', userId: 'u', sessionId: 's' })
  const stamp = new StampMaker().next(NOW)
  const state = { tier: 'warm', cached: false, lastAccessedAt: 7, accessCount: 2 } as const

  it('is its body with where it belongs, frozen all the way down', () => {
    const { text } = encodeNewItem(
      newItem({
        metadata: { a: { b: [1] } },
        payload: { format: 'f', data: 'd' },
        importance: 1,
        pinned: true,
        callId: 'c',
      }),
      NOW,
    )
    const item = makeItem(session, stamp, decodeBody(text), state)
    const { key, ...owner } = session
    expect(item).toEqual({ ...JSON.parse(text), ...owner, ...state, id: `${key}.${stamp}` })
    const { a } = item.metadata as { a: { b: unknown } }
    const parts = [item, item.metadata, a, a.b, item.payload]
    expect(parts.every((part) => Object.isFrozen(part))).toBe(true)
  })

  it('does not take its place or owner from a body', () => {
    const body = decodeBody(
      '{"content":"c","contentType":"note","createdAt":1,"id":"x","userId":"mallory","tier":"hot"}',
    )
    expect(makeItem(session, stamp, body, state)).toMatchObject({
      userId: 'u',
      tier: 'warm',
      id: `${session.key}.${stamp}`,
    })
  })

  it('has no lastAccessedAt where nobody read it', () => {
    const item = makeItem(session, stamp, decodeBody('{"content":"","contentType":"note","createdAt":1}'), {
      ...state,
      lastAccessedAt: undefined,
    })
    expect('lastAccessedAt' in item).toBe(false)
  })
})
