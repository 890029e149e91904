import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import type { Kept } from './heap-bytes/kept.ts'

/** Caches are bounded by estimates: of each of them with texts of several kinds, what it lets go of is measured. */
it('caches hold about what they say they hold', { timeout: 240_000 }, async () => {
  const program = fileURLToPath(new URL('heap-bytes/measure-heap.ts', import.meta.url))
  // V8 lets go of code that wasn't used lately, which would count as held by whatever is measured just then.
  const flags = ['--expose-gc', '--no-warnings', '--no-flush-bytecode']
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, program])
  const kept = JSON.parse(stdout) as Kept[]
  // Of less than that, the noise of a heap is too large a part.
  const measured = kept.filter(({ heldMb, estimatedMb }) => Math.max(heldMb, estimatedMb) > 0.2)
  const caches = new Set(measured.map(({ what }) => what.split(': ')[1]))
  expect([...caches].sort()).toEqual([
    'copies',
    'copies, by id',
    'counts',
    'hashes',
    'history indexes',
    'searches',
    'segments',
    'segments decoded',
    'vectors',
  ])
  // Keys of metadata that no other item has are the one thing that isn't counted.
  const [keyed, others] = [true, false].map((isKeyed) =>
    measured.filter(({ what }) => what.startsWith('keyed') === isKeyed),
  )
  expect(others?.filter(({ ratio }) => ratio < 0.7 || ratio > 1.5)).toEqual([])
  expect(keyed?.filter(({ ratio }) => ratio < 0.3 || ratio > 1.5)).toEqual([])
})
