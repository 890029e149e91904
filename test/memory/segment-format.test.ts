import { deepStrictEqual } from 'node:assert/strict'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ItemBody } from '../../src/memory/memory-item.ts'
import {
  decodeSegment,
  type EncodeOptions,
  encodeSegment,
  MAX_ITEMS,
  MAX_RAW_BYTES,
  type SegmentContent,
  type SegmentEntry,
} from '../../src/memory/segment-format/index.ts'
import { isStamp, keyedStamp, type Stamp, StampMaker } from '../../src/memory/stamp.ts'

const CODECS = ['none', 'lz4', 'zstd'] as const
const LEVELS = ['light', 'strong'] as const
const SOME_TIME = 1_720_000_000_000

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) }),
  fc.constantFrom(
    '',
    '\0',
    '\x01',
    '\x02',
    '\ud800',
    '\udfff\ud800',
    '\x010000',
    'The END of it',
    '\u{10ffff}',
    'ÿ\x7f\x80',
  ),
)
const id = fc.oneof(
  text,
  fc.stringMatching(/^call_[0-9A-Za-z]{24}$/),
  fc.uuid(),
  fc.stringMatching(/^\u{1f600}[0-9a-f]{20}$/u),
  fc.stringMatching(/^[0-9A-Za-z_-]{21}$/),
  fc.ulid(),
  fc.constantFrom('call_1', 'call_2', 'call_aaaaaaaaaaaaaaaaaaaaaaa1', 'toolu_01A09q90qw90lq917835lq9'),
)
const key = fc.oneof(text, fc.constantFrom('constructor', 'toString', 'hasOwnProperty', '7', '07', 'b', 'a'))
const json = fc.jsonValue({ maxDepth: 5 }).map((value) => JSON.parse(JSON.stringify(value)))
const metadata = fc
  .array(fc.tuple(key, fc.oneof(json, text, fc.maxSafeInteger(), fc.constantFrom('gpt', 'gemini', true))), {
    maxLength: 6,
  })
  .map((pairs) => Object.fromEntries(pairs.filter(([name]) => name !== '__proto__')))
const time = fc.oneof(
  fc.integer({ min: SOME_TIME, max: SOME_TIME + 100_000 }),
  fc.integer({ min: 0, max: 8_640_000_000_000_000 }),
)
const body: fc.Arbitrary<ItemBody> = fc.record(
  {
    content: text,
    contentType: fc.oneof(
      fc.constantFrom('user_message', 'assistant_message', 'tool_call', 'tool_result', 'note', 'image', 'constructor'),
      text,
    ),
    createdAt: time,
    payload: fc.record({ format: text, data: text }, { noNullPrototype: true }),
    metadata,
    importance: fc.double({ min: 0, max: 1, noNaN: true }).map((value) => value + 0),
    pinned: fc.boolean(),
    callId: id,
    expiresAt: time,
    idempotencyKey: id,
  },
  { requiredKeys: ['content', 'contentType', 'createdAt'], noNullPrototype: true },
)
const chars = (length: number, last = '0123456789abcdefghijklmnopqrstuv') =>
  fc
    .tuple(
      fc.string({
        unit: fc.constantFrom(...'0123456789abcdefghijklmnopqrstuv'),
        minLength: length - 1,
        maxLength: length - 1,
      }),
      fc.constantFrom(...last),
    )
    .map(([front, end]) => front + end)
const someMaker = new StampMaker(new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]))
const stamp = fc.oneof(
  chars(27).map((all) => all as Stamp),
  fc.integer({ min: 0, max: 5 }).map((more) => someMaker.next(SOME_TIME + more)),
  fc
    .tuple(fc.integer({ min: 0, max: 5000 }), fc.constantFrom('0000', '0001', '1vvv'), chars(13))
    .map(([more, counter, maker]) => ((SOME_TIME + more).toString(32).padStart(10, '0') + counter + maker) as Stamp),
)

/** Items of which some lie where their key says, and deleted ones. */
const content: fc.Arbitrary<SegmentContent> = fc
  .tuple(
    fc.array(fc.record({ stamp, body, keyed: fc.boolean() }), { maxLength: 30 }),
    fc.array(stamp, { maxLength: 5 }),
  )
  .map(([drawn, deleted]) => {
    const bodies = new Map<Stamp, ItemBody>()
    for (const each of drawn) {
      const { createdAt, idempotencyKey } = each.body
      const derived = idempotencyKey === undefined ? each.stamp : keyedStamp(createdAt, idempotencyKey)
      bodies.set(each.keyed && isStamp(derived) ? derived : each.stamp, each.body)
    }
    const entries = [...bodies]
      .map(([at, of]) => ({ stamp: at, body: of }))
      .sort((a, b) => (a.stamp < b.stamp ? -1 : 1))
    return { entries, gone: [...new Set(deleted)].filter((at) => !bodies.has(at)).sort() }
  })

async function roundTrip(given: SegmentContent, options: EncodeOptions): Promise<SegmentContent> {
  const { dictionary } = options
  const bytes = await encodeSegment(given, options)
  return decodeSegment(bytes, dictionary ? { dictionaries: () => dictionary } : {})
}

function chat(length: number, change: (at: number) => Partial<ItemBody> = () => ({})): SegmentEntry[] {
  const maker = new StampMaker()
  return Array.from({ length }, (_, at) => {
    const createdAt = SOME_TIME + at * 12_345
    const contentType = at % 2 === 0 ? 'user_message' : 'assistant_message'
    return {
      stamp: maker.next(createdAt),
      body: { content: `Text number ${at}`, contentType, createdAt, ...change(at) },
    }
  })
}

async function sizeOf(entries: readonly SegmentEntry[]): Promise<number> {
  return (await encodeSegment({ entries, gone: [] }, { codec: 'zstd', level: 'strong' })).length
}

describe('segment', () => {
  for (const codec of CODECS) {
    for (const level of LEVELS) {
      it(`gives back any content exactly, ${codec} ${level}`, async () => {
        await fc.assert(
          fc.asyncProperty(content, async (given) => {
            const back = await roundTrip(given, { codec, level })
            // Not toStrictEqual, which takes a key `constructor` for the class of the object.
            deepStrictEqual(back, given)
            // Neither looks at the order of keys.
            expect(JSON.stringify(back.entries.map(({ body: { metadata: of } }) => of))).toBe(
              JSON.stringify(given.entries.map(({ body: { metadata: of } }) => of)),
            )
          }),
          { numRuns: level === 'strong' ? 150 : 300 },
        )
      })
    }
  }

  it('gives back an empty one, and one of deleted items only', async () => {
    const gone = [new StampMaker().next(SOME_TIME), new StampMaker().next(SOME_TIME + 1)]
    for (const codec of CODECS) {
      expect(await roundTrip({ entries: [], gone: [] }, { codec })).toEqual({ entries: [], gone: [] })
      expect(await roundTrip({ entries: [], gone }, { codec })).toEqual({ entries: [], gone })
    }
  })

  it('gives back long texts and many items', async () => {
    const long = chat(300, (at) => ({ content: at === 7 ? 'ab\ud800c'.repeat(150_000) : `${at} `.repeat(at * 10) }))
    for (const codec of CODECS) expect((await roundTrip({ entries: long, gone: [] }, { codec })).entries).toEqual(long)
  })

  it('gives back metadata that is awkward as an object', async () => {
    const awkward = JSON.parse(
      '{"b":1,"constructor":{"prototype":[]},"2":null,"1":"x","__proto__":{"evil":true},"":-0.5}',
    )
    const [entry] = (await roundTrip({ entries: chat(1, () => ({ metadata: awkward })), gone: [] }, { codec: 'none' }))
      .entries
    expect(JSON.stringify(entry?.body.metadata)).toBe(JSON.stringify(awkward))
    expect(Object.getPrototypeOf(entry?.body.metadata)).toBe(Object.prototype)
  })

  it('freezes what it gives', async () => {
    const given = chat(1, () => ({ metadata: { list: [{ a: 1 }] }, payload: { format: 'f', data: 'd' } }))
    const back = await roundTrip({ entries: given, gone: [] }, { codec: 'none' })
    const of = back.entries[0]?.body
    const inner = (of?.metadata?.list as object[] | undefined)?.[0]
    for (const part of [
      back,
      back.entries,
      back.gone,
      back.entries[0],
      of,
      of?.metadata,
      of?.metadata?.list,
      inner,
      of?.payload,
    ])
      expect(Object.isFrozen(part)).toBe(true)
  })

  it('needs the dictionary that it was written with', async () => {
    const dictionary = Buffer.from(JSON.stringify(chat(40)))
    for (const codec of ['lz4', 'zstd'] as const) {
      const given = { entries: chat(20), gone: [] }
      const bytes = await encodeSegment(given, { codec, dictionary })
      expect(bytes.length).toBeLessThan((await encodeSegment(given, { codec })).length)
      const asked: number[] = []
      const dictionaries = (dictionaryId: number) => {
        asked.push(dictionaryId)
        return dictionary
      }
      expect(await decodeSegment(bytes, { dictionaries })).toEqual(given)
      expect(asked).toEqual([crc32(dictionary)])
      await expect(decodeSegment(bytes)).rejects.toMatchObject({ code: 'CODEC_MISSING' })
      const wrong = { dictionaries: () => Buffer.from('another') }
      await expect(decodeSegment(bytes, wrong)).rejects.toMatchObject({ code: 'CODEC_MISSING' })
    }
  })

  it('refuses what is not in order or could not be read again', async () => {
    const entries = chat(2)
    const [first, second] = entries as [SegmentEntry, SegmentEntry]
    const options = { codec: 'none' } as const
    for (const given of [
      { entries: [second, first], gone: [] },
      { entries: [first, first], gone: [] },
      { entries: [first], gone: [first.stamp] },
      { entries: [], gone: [second.stamp, first.stamp] },
      { entries: [], gone: ['short' as Stamp] },
      { entries: chat(1, () => ({ createdAt: 0.5 })), gone: [] },
      { entries: chat(1, () => ({ expiresAt: Number.NaN })), gone: [] },
      { entries: chat(1, () => ({ metadata: JSON.parse(`{"a":${'['.repeat(65)}${']'.repeat(65)}}`) })), gone: [] },
    ]) {
      await expect(encodeSegment(given, options)).rejects.toThrow(TypeError)
    }
    const large = { entries: chat(1, () => ({ content: 'x'.repeat(MAX_RAW_BYTES) })), gone: [] }
    await expect(encodeSegment(large, options)).rejects.toMatchObject({ code: 'SEGMENT_TOO_LARGE' })
    const many = { entries: new Array(MAX_ITEMS + 1).fill(first), gone: [] }
    await expect(encodeSegment(many, options)).rejects.toMatchObject({ code: 'SEGMENT_TOO_LARGE' })
  })
})

describe('size of a segment', () => {
  it('is little more than its texts', async () => {
    // A header of 5 bytes, a checksum of 4, 16 of maker and first time, one for the end of the text.
    const bytes = await encodeSegment({ entries: chat(1), gone: [] }, { codec: 'none' })
    expect(bytes.length - 'Text number 0'.length).toBeLessThanOrEqual(29)
  })

  it('hardly grows by fields that are the same everywhere', async () => {
    const plain = await sizeOf(chat(50))
    const more = chat(50, () => ({ pinned: true, importance: 0.5, metadata: { model: 'gemini-3-pro', tokens: 12 } }))
    expect((await sizeOf(more)) - plain).toBeLessThanOrEqual(50)
  })

  it('does not hold the stamps of keyed items', async () => {
    const withKey = (at: number) => ({ idempotencyKey: `import-${at}` })
    const made = chat(50, withKey)
    const derived = made.map(({ body: of }) => ({
      stamp: keyedStamp(of.createdAt, of.idempotencyKey as string),
      body: of,
    }))
    expect(await sizeOf(derived)).toBeLessThan(await sizeOf(made))
  })

  it('holds a call id once, and a random one as its bits', async () => {
    const random = 'call_ztbxGlsMpczBygT2okQo2s7W'
    const other = 'call_SJkinxzGu9do9Tv4r7XbOWmO'
    const call = (ids: string[]) =>
      chat(ids.length * 2, (at) => ({
        contentType: at % 2 === 0 ? 'tool_call' : 'tool_result',
        callId: ids[at >> 1] as string,
      }))
    const bare = await sizeOf(
      call([random, other]).map(({ stamp: at, body: { callId: _, ...of } }) => ({ stamp: at, body: of })),
    )
    expect((await sizeOf(call([random, other]))) - bare).toBeLessThanOrEqual(2 * 18 + 14)
  })
})
