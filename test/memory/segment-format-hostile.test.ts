import { constants, crc32, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isThermoclineError } from '../../src/errors.ts'
import { BitWriter } from '../../src/memory/segment-format/bit-writer.ts'
import { type Envelope, sealEnvelope } from '../../src/memory/segment-format/envelope.ts'
import {
  decodeSegment,
  encodeSegment,
  MAX_ITEMS,
  MAX_RAW_BYTES,
  type SegmentContent,
} from '../../src/memory/segment-format/index.ts'
import { writeVarint } from '../../src/memory/segment-format/varint.ts'
import { StampMaker } from '../../src/memory/stamp.ts'

const CODECS = ['none', 'lz4', 'zstd'] as const

const maker = new StampMaker(new Uint8Array(8).fill(7))
const sample: SegmentContent = {
  entries: Array.from({ length: 12 }, (_, at) => {
    const createdAt = 1_720_000_000_000 + at * 7_777
    return {
      stamp: maker.next(createdAt),
      body: {
        content: `The ${at} of it, and then the rest of it, again and again${at === 3 ? '\0' : ''}`,
        contentType: ['user_message', 'assistant_message', 'tool_call', 'tool_result', 'image'][at % 5] as string,
        createdAt: createdAt - (at % 3),
        ...(at % 5 >= 2 &&
          at % 5 < 4 && { callId: `call_${'0123456789abcdefABCDEF'.repeat(2).slice(at >> 2, (at >> 2) + 24)}` }),
        ...(at % 2 === 0 && { metadata: { model: 'm', n: at, deep: { list: [at] } }, expiresAt: createdAt + 1000 }),
        ...(at % 4 === 0 && {
          idempotencyKey: `key-${at}`,
          payload: { format: 'f', data: `{"at":${at}}` },
          pinned: true,
        }),
      },
    }
  }),
  gone: [maker.next(1_720_000_100_000), maker.next(1_720_000_100_000)],
}

function withChecksum(bytes: Uint8Array): Uint8Array {
  const sealed = Buffer.from(bytes)
  sealed.writeUInt32LE(crc32(sealed.subarray(0, -4)), sealed.length - 4)
  return sealed
}

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'decoded',
    (error: unknown) => (isThermoclineError(error) ? error.code : String(error)),
  )

/** What an attacker can make: any claims with any parts, checksum right. */
const forge = (claims: Partial<Envelope>): Uint8Array =>
  sealEnvelope({
    codec: 'none',
    items: 0,
    gone: 0,
    rawBytes: 0,
    escaped: false,
    bits: new Uint8Array(1),
    texts: new Uint8Array(0),
    ...claims,
  })

/** Time and growth of the process's memory while something runs. */
async function costOf(run: () => Promise<unknown>): Promise<{ ms: number; mebibytes: number }> {
  const before = process.memoryUsage()
  const started = performance.now()
  await run()
  const ms = performance.now() - started
  const after = process.memoryUsage()
  return { ms, mebibytes: (after.rss - before.rss) / 2 ** 20 }
}

describe('decodeSegment() of damaged bytes', () => {
  for (const codec of CODECS) {
    it(`finds every flipped bit, ${codec}`, async () => {
      const bytes = await encodeSegment(sample, { codec })
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const flipped = Uint8Array.from(bytes)
        flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
        expect(await codeOf(decodeSegment(flipped))).toBe('SEGMENT_CORRUPT')
      }
    })

    it(`finds every truncation and any addition, ${codec}`, async () => {
      const bytes = await encodeSegment(sample, { codec })
      for (let length = 0; length < bytes.length; length++)
        expect(await codeOf(decodeSegment(bytes.subarray(0, length)))).toBe('SEGMENT_CORRUPT')
      expect(await codeOf(decodeSegment(Buffer.concat([bytes, Buffer.of(0)])))).toBe('SEGMENT_CORRUPT')
    })

    it(`answers any change with a right checksum by a typed error or by items, ${codec}`, async () => {
      const bytes = await encodeSegment(sample, { codec })
      const change = fc.record({
        at: fc.nat({ max: bytes.length - 5 }),
        drop: fc.nat({ max: 3 }),
        put: fc.uint8Array({ maxLength: 4 }),
      })
      await fc.assert(
        fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
          let changed = Buffer.from(bytes)
          for (const { at, drop, put } of changes)
            changed = Buffer.concat([changed.subarray(0, at), put, changed.subarray(at + drop)])
          if (changed.length < 4) return
          expect(await codeOf(decodeSegment(withChecksum(changed)))).toMatch(
            /^(decoded|SEGMENT_CORRUPT|SEGMENT_TOO_LARGE|SEGMENT_VERSION|CODEC_MISSING)$/,
          )
        }),
        { numRuns: 1500 },
      )
    })
  }

  it('answers random bytes with a right checksum by a typed error or by items', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 8, maxLength: 200 }),
        fc.constantFrom(0, 1, 2),
        async (bytes, codec) => {
          bytes[0] = ((bytes[0] as number) & 0x1c) | 0x20 | codec
          expect(await codeOf(decodeSegment(withChecksum(bytes)))).toMatch(
            /^(decoded|SEGMENT_CORRUPT|SEGMENT_TOO_LARGE|CODEC_MISSING)$/,
          )
        },
      ),
      { numRuns: 3000 },
    )
  })

  it('leaves the bytes it was given as they were', async () => {
    const bytes = await encodeSegment(sample, { codec: 'none' })
    const before = Uint8Array.from(bytes)
    await decodeSegment(bytes)
    expect(Uint8Array.from(bytes)).toEqual(before)
  })
})

describe('decodeSegment() of lies', () => {
  it('tells a newer version, an unknown codec and a missing dictionary apart', async () => {
    const bytes = Buffer.from(await encodeSegment(sample, { codec: 'zstd' }))
    const first = bytes[0] as number
    const withFirst = (byte: number) =>
      codeOf(decodeSegment(withChecksum(Buffer.concat([Buffer.of(byte), bytes.subarray(1)]))))
    expect(await withFirst((first & 0x1f) | (2 << 5))).toBe('SEGMENT_VERSION')
    expect(await withFirst(first | 3)).toBe('CODEC_MISSING')
    expect(await codeOf(decodeSegment(forge({ dictionaryId: 5, texts: Buffer.of(1) })))).toBe('CODEC_MISSING')
  })

  it('refuses declared sizes before it decompresses', async () => {
    const texts = Buffer.from('\0')
    expect(await codeOf(decodeSegment(forge({ rawBytes: MAX_RAW_BYTES + 1, texts })))).toBe('SEGMENT_TOO_LARGE')
    expect(await codeOf(decodeSegment(forge({ items: MAX_ITEMS + 1, rawBytes: 1, texts })))).toBe('SEGMENT_TOO_LARGE')
    expect(await codeOf(decodeSegment(forge({ gone: 2 ** 52, rawBytes: 1, texts })))).toBe('SEGMENT_TOO_LARGE')
    expect(await codeOf(decodeSegment(forge({ items: 2, rawBytes: 1, texts })))).toBe('SEGMENT_CORRUPT')
    const bytes = await encodeSegment(sample, { codec: 'zstd' })
    expect(await codeOf(decodeSegment(bytes, { maxRawBytes: 100 }))).toBe('SEGMENT_TOO_LARGE')
  })

  it('refuses a size that is not the true one', async () => {
    for (const codec of CODECS) {
      for (const rawBytes of [1, 99, 101, 5000, MAX_RAW_BYTES]) {
        const raw = Buffer.alloc(100)
        const packed = await encodeSegment({ entries: sample.entries, gone: [] }, { codec })
        const texts = codec === 'none' ? raw : packed.subarray(60, -4)
        expect(await codeOf(decodeSegment(forge({ codec, rawBytes, texts })))).toBe('SEGMENT_CORRUPT')
      }
    }
  })

  it('refuses numbers that are cut short, too large or longer than need be', async () => {
    const number: number[] = []
    writeVarint(number, Number.MAX_SAFE_INTEGER)
    for (const varint of [
      [0x80],
      [0x80, 0x00],
      [...number.slice(0, -1), 0x1f],
      new Array(40).fill(0xff),
      [0x81, 0x80, 0x00],
    ]) {
      const bytes = Buffer.from([0x20, ...varint, 0, 0, 0, 0, 0, 0, 0])
      expect(await codeOf(decodeSegment(withChecksum(bytes)))).toBe('SEGMENT_CORRUPT')
    }
  })

  it('stops a bomb within its declared size', async () => {
    const bomb = zstdCompressSync(Buffer.alloc(256 * 2 ** 20), {
      params: { [constants.ZSTD_c_contentSizeFlag]: 0, [constants.ZSTD_c_checksumFlag]: 0 },
    })
    // Lead byte: the last block has its header. The frame's own header is 6 bytes.
    const texts = Buffer.concat([Buffer.of(3), bomb.subarray(6)])
    for (const rawBytes of [1, 1000, MAX_RAW_BYTES]) {
      const forged = forge({ codec: 'zstd', items: 1, rawBytes, texts })
      let code = ''
      const { ms, mebibytes } = await costOf(async () => {
        code = await codeOf(decodeSegment(forged))
      })
      expect(code).toBe('SEGMENT_CORRUPT')
      expect(ms).toBeLessThan(250)
      expect(mebibytes).toBeLessThan(64)
    }
  })

  it('stops items that cost nothing', async () => {
    // 8 MiB of empty texts in a few hundred bytes, and bits that say yes to everything.
    const packed = zstdCompressSync(Buffer.alloc(MAX_RAW_BYTES), {
      params: { [constants.ZSTD_c_contentSizeFlag]: 0, [constants.ZSTD_c_checksumFlag]: 0 },
    })
    const texts = Buffer.concat([Buffer.of(3), packed.subarray(6)])
    for (const fill of [0x00, 0x55, 0xaa, 0xff]) {
      const bits = new Uint8Array(2000).fill(fill)
      const forged = forge({ codec: 'zstd', items: MAX_ITEMS, gone: MAX_ITEMS, rawBytes: MAX_RAW_BYTES, bits, texts })
      let code = ''
      const { ms } = await costOf(async () => {
        code = await codeOf(decodeSegment(forged))
      })
      expect(code).toBe('SEGMENT_CORRUPT')
      expect(ms).toBeLessThan(2_000)
    }
  })

  it('stops metadata that multiplies', async () => {
    const bits = new BitWriter()
    const items = 60_000
    bits.count(0) // no other content types
    bits.flag(false) // the usual types
    bits.write(2 ** 40, 50) // first stamp
    bits.flag(false) // differences of times are not all 0
    bits.write(1, 6)
    bits.write(1, 1)
    bits.write(63, 6) // each of them is 1
    bits.flag(false) // createdAt: none before its stamp
    bits.flag(true) // and none after
    bits.flag(false) // no idempotency keys
    bits.count(1) // one maker
    bits.write(0, 65)
    bits.flag(true) // counters are 0
    bits.flag(false)
    bits.flag(true) // the same for the deleted, of which there are none
    bits.flag(false)
    bits.flag(false) // no call ids
    for (let field = 0; field < 4; field++) bits.flag(false) // no importance, pins, ends, payloads
    bits.flag(true) // metadata
    bits.count(64)
    bits.count(1)
    bits.count(64)
    for (let key = 0; key < 64; key++) bits.write(key, 6)
    bits.flag(true) // not all items without
    bits.flag(true) // as runs
    bits.count(0)
    bits.count(0)
    bits.count(items - 2)
    const raw = Buffer.alloc(items + 64)
    const forged = forge({ items, rawBytes: raw.length, bits: bits.finish(), texts: raw })
    await expect(decodeSegment(forged)).rejects.toMatchObject({
      code: 'SEGMENT_TOO_LARGE',
      details: { name: 'metadata values' },
    })
  })

  it('refuses a value that is nested too deep', async () => {
    const [entry] = sample.entries
    const deep = JSON.parse(`${'['.repeat(64)}${']'.repeat(64)}`)
    const entries = [
      { stamp: entry!.stamp, body: { content: '', contentType: 'note', createdAt: 0, metadata: { deep } } },
    ]
    const bytes = Buffer.from(await encodeSegment({ entries, gone: [] }, { codec: 'none' }))
    await decodeSegment(bytes)
    const at = bytes.indexOf('[')
    for (const levels of [65, 100_000]) {
      const value = Buffer.from('['.repeat(levels) + ']'.repeat(levels))
      const texts = Buffer.concat([Buffer.from('Deep\0'), value, Buffer.alloc(2)])
      // In front of the texts: first byte, items, raw size in two bytes, size of the bits, the bits.
      const bits = bytes.subarray(5, at - 'deep\0'.length)
      const forged = forge({ items: 1, rawBytes: texts.length, bits, texts })
      await expect(decodeSegment(forged)).rejects.toThrow('nested too deep')
    }
  })
})
