import fc from 'fast-check'

const KEYS = [
  ...[
    'a',
    'b',
    '',
    ' ',
    '0',
    '10',
    '-1',
    'constructor',
    'prototype',
    'toString',
    'valueOf',
    'hasOwnProperty',
    'length',
  ],
  ...[
    'toJSON',
    '__defineGetter__',
    'then',
    '\u0000',
    '\ud800',
    '\u00e9',
    'e\u0301',
    '$ref',
    '.',
    'a.b',
    '[0]',
    '__proto',
  ],
]

class Point {
  readonly x = 1
}

// Made once: they take longer to make than to refuse.
const DEEP = deep(200_000)
const WIDE = wide(100_000)

const BROKEN: readonly (() => unknown)[] = [
  ...[-0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 5n, Symbol('s'), undefined].map(
    (value) => () => value,
  ),
  () => () => 'a',
  () => new Date(0),
  () => new Map([['a', 1]]),
  () => new Set([1]),
  () => new Point(),
  () => new Error('e'),
  () => /a/,
  () => Buffer.from('a'),
  () => new Uint8Array(3),
  () => Object('boxed'),
  () => Promise.resolve(1),
  () => new (class extends Array<number> {})(3),
  () => Object.assign([1, 2], { extra: 1 }),
  // biome-ignore lint/suspicious/noSparseArray: a hole is what this is about
  () => [1, , 3],
  () => new Array(4_294_967_295),
  () => ({ toJSON: () => 'other' }),
  () => ({ [Symbol('key')]: 1 }),
  () => JSON.parse('{"__proto__":{"polluted":true}}'),
  () => JSON.parse('{"a":{"b":{"__proto__":{"polluted":true}}}}'),
  () => JSON.parse('{"constructor":{"prototype":{"polluted":true}}}'),
  () => cycle({}),
  () => cycle([]),
  () => deep(17),
  () => DEEP,
  () => wide(65),
  () => WIDE,
  () => ['x'.repeat(9000)],
  () => 'x'.repeat(9000),
]

function cycle(value: object): object {
  return Object.assign(value, { self: value })
}

function deep(levels: number): object {
  let value: object = {}
  for (let i = 1; i < levels; i++) value = i % 2 === 0 ? { a: value } : [value]
  return { value }
}

function wide(keys: number): object {
  return Object.fromEntries(Array.from({ length: keys }, (_, i) => [`k${i}`, i]))
}

/** Values from outside as they should not be, made anew each time; those that JSON keeps exactly among them. */
export const hostileValue: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 6, arbitrary: tie('harmless') },
    { weight: 2, arbitrary: tie('broken') },
    { weight: 3, arbitrary: tie('object') },
    { weight: 1, arbitrary: fc.array(tie('value'), { maxLength: 4 }) },
  ),
  harmless: fc.constantFrom<unknown>(
    ...[null, true, false, 0, 1, -1, 2 ** 53 + 1, Number.MAX_SAFE_INTEGER, 1e308, 5e-324, 1e21, 0.1, '', 'a'],
    ...['\u0000', '\n', '\ud800', '\udc00a', 'a\ud83d', '\ud83d\ude00', '\u2028', '\ufeff', '__proto__', '\u001b[31m'],
    ...['x'.repeat(3000), '\\u0000', '"', "'", '-0', 'NaN', '{"a":1}'],
  ),
  broken: fc.constantFrom<() => unknown>(...BROKEN).map((make) => make()),
  object: fc
    .array(fc.tuple(fc.constantFrom(...KEYS), tie('value')), { maxLength: 5 })
    .map((entries) => Object.fromEntries(entries)),
})).value

/** Whether two values are the same as JSON: also in the order of keys and the sign of zero. */
export function isSameJson(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || a === null || typeof b !== 'object' || b === null) return Object.is(a, b)
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const [keys, others] = [Object.keys(a), Object.keys(b)]
  return (
    keys.length === others.length &&
    keys.every((key, i) => key === others[i] && isSameJson(Reflect.get(a, key), Reflect.get(b, key)))
  )
}
