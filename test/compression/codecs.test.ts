import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadLz4 } from '../../src/clients/lz4.ts'
import { findCodec } from '../../src/compression/find-codec.ts'

const texts = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 3000, size: 'max' }),
  fc.string({ minLength: 1 }).map((text) => Buffer.from(text.repeat(50))),
)

for (const name of ['none', 'lz4', 'zstd'] as const) {
  const codec = findCodec(name)

  describe(`codec ${name}`, () => {
    for (const level of ['light', 'strong'] as const) {
      it(`gives back any bytes, ${level}`, async () => {
        await fc.assert(
          fc.asyncProperty(texts, async (raw) => {
            const packed = await codec.compress(raw, { level })
            expect(Buffer.from(await codec.decompress(packed, { rawBytes: raw.length })).equals(raw)).toBe(true)
          }),
          { numRuns: 100 },
        )
      })

      it(`gives back large ones, of one byte, of noise and of text, ${level}`, async () => {
        const noise = Buffer.alloc(700_000).map((_, at) => (Math.imul(at ^ (at >>> 7), 2_654_435_761) >>> 13) & 0xff)
        const text = Buffer.from(Array.from({ length: 40_000 }, (_, at) => `item ${at % 977} `).join(''))
        for (const raw of [Buffer.alloc(1_000_000, 65), noise, text, Buffer.concat([noise, text])]) {
          const packed = await codec.compress(raw, { level })
          expect(Buffer.from(await codec.decompress(packed, { rawBytes: raw.length })).equals(raw)).toBe(true)
        }
      })
    }

    it('gives nothing but exactly the declared size', async () => {
      for (const length of [1, 50, 100_000]) {
        const raw = Buffer.alloc(length, 'some text ')
        const packed = await codec.compress(raw, { level: 'light' })
        for (const rawBytes of [length - 1, length + 1, length + 100_000]) {
          await expect(codec.decompress(packed, { rawBytes })).rejects.toMatchObject({ code: 'SEGMENT_CORRUPT' })
        }
      }
    })

    it('answers noise with a typed error', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.uint8Array({ maxLength: 100 }),
          fc.integer({ min: 101, max: 100_000 }),
          async (packed, rawBytes) => {
            const outcome = await codec.decompress(packed, { rawBytes }).then(
              (raw) => (raw.length === rawBytes ? 'SEGMENT_CORRUPT' : raw.length),
              (error) => error.code,
            )
            expect(outcome).toBe('SEGMENT_CORRUPT')
          },
        ),
        { numRuns: 1000 },
      )
    })

    it('gives bytes of its own', async () => {
      const raw = Buffer.from('some text, some text, some text')
      const packed = await codec.compress(raw, { level: 'light' })
      const before = Uint8Array.from(packed)
      ;(await codec.decompress(packed, { rawBytes: raw.length })).fill(0)
      expect(Uint8Array.from(packed)).toEqual(before)
    })
  })
}

describe('loadLz4()', () => {
  it('says what to install where lz4-napi is absent', async () => {
    await expect(loadLz4(() => Promise.reject(new Error('not found')))).rejects.toMatchObject({
      code: 'PEER_MISSING',
      message: expect.stringContaining('npm install lz4-napi'),
    })
  })
})
