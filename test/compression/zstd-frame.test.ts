import { randomBytes } from 'node:crypto'
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { restoreFrame, stripFrame } from '../../src/compression/codecs/zstd-frame.ts'

const bare = {
  [constants.ZSTD_c_contentSizeFlag]: 0,
  [constants.ZSTD_c_checksumFlag]: 0,
  [constants.ZSTD_c_dictIDFlag]: 0,
}

describe('stripFrame()', () => {
  const words = Buffer.from(Array.from({ length: 60_000 }, (_, at) => `word${(at * 7919) % 4001} `).join(''))
  const inputs = {
    'one raw block': Buffer.from('abc'),
    'one compressed block': Buffer.from('some text, '.repeat(40)),
    'a repeated byte': Buffer.alloc(100_000),
    'several blocks': words,
    'more blocks than the lead byte counts': Buffer.concat(Array.from({ length: 25 }, () => words)),
  }
  for (const [name, raw] of Object.entries(inputs)) {
    it(`takes off what restoreFrame() puts back: ${name}`, () => {
      const frame = zstdCompressSync(raw, { params: bare })
      const stripped = stripFrame(frame)
      expect(stripped.length).toBeLessThanOrEqual(frame.length - 5)
      expect(zstdDecompressSync(restoreFrame(stripped, raw.length)).equals(raw)).toBe(true)
    })
  }

  it.each([16_384, 32_768])('leaves out the empty frame that follows one of just %i bytes', (bytes) => {
    // Random bytes become one raw block, after 9 bytes of headers.
    const raw = randomBytes(bytes - 9)
    const frames = zstdCompressSync(raw, { params: bare })
    expect(frames.length).toBe(bytes + 9)
    const stripped = stripFrame(frames)
    expect(stripped.length).toBe(bytes - 8)
    expect(zstdDecompressSync(restoreFrame(stripped, raw.length)).equals(raw)).toBe(true)
  })

  it('saves 8 bytes of a short text', () => {
    const frame = zstdCompressSync(Buffer.from('some text, '.repeat(40)), { params: bare })
    expect(stripFrame(frame).length).toBe(frame.length - 8)
  })

  it('refuses a frame with more header than it would put back', () => {
    expect(() => stripFrame(zstdCompressSync(Buffer.from('some text')))).toThrow(TypeError)
    expect(() => stripFrame(Buffer.from('no frame at all'))).toThrow(TypeError)
  })
})

describe('restoreFrame()', () => {
  it('refuses blocks that reach past the end', () => {
    for (const stripped of [[], [0x04], [0x06, 0xff, 0xff, 0xff], [0xfc, 1, 2, 3]]) {
      expect(() => restoreFrame(Uint8Array.from(stripped), 10)).toThrow(
        expect.objectContaining({ code: 'SEGMENT_CORRUPT' }),
      )
    }
  })
})
