import { readFileSync } from 'node:fs'
import { type FieldMap, parseFieldMap } from '../../../src/cli/import/field-map.ts'
import type { ImportSource } from '../../../src/cli/import/import-source.ts'
import type { KeyedItem } from '../../../src/cli/import/import-target.ts'
import { ItemReader, type Read, type ReadOptions } from '../../../src/cli/import/read-items.ts'

/** When the sources of these tests were last changed. */
export const FILE_TIME: number = Date.UTC(2025, 5, 1)

/** A source with this text, in chunks of so many bytes. */
export function textSource(
  text: string | Buffer,
  { name = 'talk.jsonl', chunkBytes = 1 << 16 }: { readonly name?: string; readonly chunkBytes?: number } = {},
): ImportSource {
  const bytes = Buffer.from(text)
  return {
    name,
    totalBytes: bytes.length,
    modifiedAt: FILE_TIME,
    async *chunks() {
      for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes)
    },
  }
}

export function fixtureSource(name: string): ImportSource {
  return textSource(readFileSync(new URL(`../../fixtures/import/${name}`, import.meta.url)), { name })
}

export function jsonLines(...values: readonly unknown[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join('')
}

export function fieldMap(map: unknown): FieldMap {
  return parseFieldMap(JSON.stringify(map))
}

export async function readAll(source: ImportSource, options: ReadOptions = {}): Promise<Read[]> {
  const found: Read[] = []
  for await (const read of new ItemReader(source, options).read()) found.push(read)
  return found
}

/** Items of a source in which nothing is refused. */
export async function readItems(source: ImportSource, options: ReadOptions = {}): Promise<KeyedItem[]> {
  return (await readAll(source, options)).map((read) => {
    if (read.kind !== 'item') throw new Error(`expected an item: received ${JSON.stringify(read)}`)
    return read.item
  })
}

/** What is refused of a source. */
export async function refusals(source: ImportSource, options: ReadOptions = {}): Promise<string[]> {
  return (await readAll(source, options)).flatMap((read) => (read.kind === 'refused' ? [read.message] : []))
}
