import { readFile } from 'node:fs/promises'
import { zstdDecompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { decodeSegment, encodeSegment, type SegmentContent } from '../../src/memory/segment-format/index.ts'
import * as limits from '../../src/memory/segment-format/limits.ts'

const doc = await readFile(new URL('../../docs/segment-format.md', import.meta.url), 'utf8')
const blocks = (language: string): string[] =>
  [...doc.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'))].map((match) => match[1] as string)
const [plain, zstd, frame] = blocks('hex').map((hex) => Buffer.from(hex.replaceAll(/\s/g, ''), 'hex')) as [
  Buffer,
  Buffer,
  Buffer,
]
const content = JSON.parse(blocks('json')[0] as string) as SegmentContent

describe('docs/segment-format.md', () => {
  it('shows the bytes that the encoder writes', async () => {
    expect(Buffer.from(await encodeSegment(content, { codec: 'none' })).toString('hex')).toBe(plain.toString('hex'))
    expect(await decodeSegment(plain)).toEqual(content)
  })

  it('shows bits that are those of the bytes', () => {
    const table = doc.slice(doc.indexOf('| bits | column | meaning |')).split('\n\n')[0] as string
    const bits = [...table.matchAll(/^\| ([`01 ]*) \|/gm)].map((match) => match[1]?.replaceAll(/[` ]/g, '')).join('')
    const line = [...plain.subarray(4, 27)].map((byte) => byte.toString(2).padStart(8, '0')).join('')
    expect(bits).toBe(line)
  })

  it('shows a zstd segment, and the frame in it', async () => {
    const { entries } = await decodeSegment(zstd)
    const text = 'La la la la la la la la la la la la la la la la.'
    expect(doc).toContain(text)
    const body = { content: text, contentType: 'note', createdAt: 1_720_000_000_000 }
    expect(entries).toEqual([{ stamp: content.entries[0]?.stamp, body }])
    expect(zstdDecompressSync(frame).toString()).toBe(`${text.toLowerCase()}\0`)
  })

  it('names the limits', () => {
    for (const limit of [limits.MAX_ITEMS, limits.MAX_METADATA_VALUES, limits.MAX_VALUE_DEPTH])
      expect(doc).toContain(`| ${limit.toLocaleString('en')}`)
    expect(doc).toContain(`| raw size | ${limits.MAX_RAW_BYTES / 2 ** 20} MiB`)
  })
})
