import { describe, expect, it } from 'vitest'
import { readSnapshotCounts } from '../../../src/telemetry/leaks/snapshot-counts.ts'

const NODES = [
  [0, 0, 1, 100],
  [1, 1, 3, 20],
  [1, 1, 5, 22],
  [2, 2, 7, 1000],
  [1, 3, 9, 8],
]
const SNAPSHOT = JSON.stringify({
  snapshot: {
    meta: {
      node_fields: ['type', 'name', 'id', 'self_size'],
      node_types: [['hidden', 'object', 'string'], 'string', 'number', 'number'],
    },
    node_count: NODES.length,
  },
  nodes: NODES.flat(),
  edges: [1, 2, 3],
  strings: ['', 'Cache', 'a secret, "nodes":[ and \\ ]', 'Odd "name"]\\'],
})

async function* inChunks(text: string, length: number): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += length) yield text.slice(at, at + length)
}

describe('a heap snapshot', () => {
  it.each([1, 2, 3, 7, 64, 10_000])('is added up by constructor, in chunks of %i', async (length) => {
    expect(await readSnapshotCounts(inChunks(SNAPSHOT, length))).toEqual([
      { name: '(string)', count: 1, bytes: 1000 },
      { name: '(hidden)', count: 1, bytes: 100 },
      { name: 'Cache', count: 2, bytes: 42 },
      { name: 'Odd "name"]\\', count: 1, bytes: 8 },
    ])
  })

  it('that ends too early is refused', async () => {
    await expect(readSnapshotCounts(inChunks('{"snapshot":{}', 5))).rejects.toThrow(SyntaxError)
  })
})
