import fc from 'fast-check'

/** What names of others have broken somewhere: keys, paths, globs, markup, queries and prototypes. */
const PIECES = [
  ...[':', '{', '}', '/', '\\', '*', '?', '[', ']', '.', '..', '../', '%00', '%2e', '|', '#', '~', '~1', '$', '`', '"'],
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '__x__', 'default', 'null', 'undefined'],
  ...[
    "'; DROP TABLE session; --",
    "' OR '1'='1",
    '{"a":1}',
    '[object Object]',
    '$' + '{x}',
    '{{x}}',
    '<b>',
    'NaN',
    '-0',
  ],
  ...[
    '\u00e9',
    'e\u0301',
    '\ufb01',
    'fi',
    '\u212b',
    '\u00c5',
    'A',
    'a',
    '\u0131',
    '\u200b',
    '\u202e',
    '\u2066',
    '\ufeff',
  ],
  ...['\ud83d\ude00', '\u{10ffff}', '\ufffd', '\u2028', '\u00a0', ' ', '1', 'jobs', 'thermocline', 'grave'],
]
/** And what is no name at all. */
const BROKEN_PIECES = [
  '\u0000',
  '\n',
  '\r',
  '\t',
  '\u0001',
  '\u007f',
  '\u0085',
  '\u009f',
  '\ud800',
  '\udc00',
  '\u001b[2J',
]

const text = fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join(''))
const broken = fc
  .tuple(text, fc.constantFrom(...BROKEN_PIECES), text)
  .map(([before, piece, after]) => `${before}${piece}${after}`)
/** Around the limit of 512 bytes, and far beyond it. */
const long = fc
  .tuple(fc.constantFrom('x', '\u00e9', '\u20ac', '\ud83d\ude00'), fc.integer({ min: 100, max: 2000 }))
  .map(([piece, bytes]) => piece.repeat(Math.max(1, Math.floor(bytes / Buffer.byteLength(piece)))))
const noText: fc.Arbitrary<unknown> = fc.constantFrom<unknown>(
  ...[null, 0, -0, 1, Number.NaN, true, false, 5n, Symbol('id'), {}, [], ['a'], () => 'a', new Date(0), new Map()],
  ...[
    { toString: () => 'a' },
    { [Symbol.toPrimitive]: () => 'a' },
    Object.create(null),
    Object('a'),
    Promise.resolve('a'),
  ],
)

/** Ids of a tenant, a user or a session as nobody should choose them; about two of three can be used all the same. */
export const hostileId: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 20, arbitrary: text },
  { weight: 2, arbitrary: long },
  { weight: 1, arbitrary: broken },
  { weight: 1, arbitrary: noText },
  { weight: 1, arbitrary: fc.constantFrom<unknown>('', undefined) },
)

/** Whether the rule of ids allows it, written down once more. */
export function isId(value: unknown): value is string {
  if (typeof value !== 'string' || value === '' || Buffer.byteLength(value) > 512) return false
  return [...value].every((character) => {
    const code = character.codePointAt(0)!
    return code >= 0x20 && !(code >= 0x7f && code <= 0x9f) && !(code >= 0xd800 && code <= 0xdfff)
  })
}

/** Spoilt ids of items: none of them can lead anywhere. */
export function spoiltItemIds(id: string): readonly unknown[] {
  return [
    ...['', ' ', id.slice(1), id.slice(0, -1), `${id}0`, ` ${id}`, `${id}\n`, id.toUpperCase(), id.replace('.', '_')],
    ...[
      id.replace('.', ''),
      id.slice(27),
      id.slice(0, 26),
      `${id}.${id}`,
      id.repeat(50_000),
      `${id}\u0000`,
      `w${id.slice(1)}`,
    ],
    ...['__proto__', 'constructor', '..', 'x'.repeat(54), '\ud800'.repeat(54), 'é'.repeat(54)],
    ...[
      null,
      undefined,
      0,
      5n,
      true,
      Symbol('id'),
      {},
      [],
      [id],
      { toString: () => id },
      Object(id),
      Promise.resolve(id),
    ],
  ]
}
