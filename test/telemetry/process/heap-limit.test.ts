import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const MB = 1024 * 1024
const HEAP_LIMIT = fileURLToPath(new URL('../../../src/telemetry/process/heap-limit.ts', import.meta.url))

/** What a process that was started so says of itself. */
function limitMb(args: readonly string[], nodeOptions = ''): number {
  const code = `const { readHeapLimit } = await import(${JSON.stringify(HEAP_LIMIT)}); console.log(readHeapLimit())`
  const { stdout, stderr } = spawnSync(process.execPath, [...args, '--input-type=module', '-e', code], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: nodeOptions },
  })
  if (stdout === '') throw new Error(stderr)
  return Number(stdout) / MB
}

describe('the limit of the heap', () => {
  it.each<[string, readonly string[], string, number]>([
    ['an argument', ['--max-old-space-size=256'], '', 256],
    ['another spelling', ['--max_old_space_size=300'], '', 300],
    ['the last of two', ['--max-old-space-size=256', '--max-old-space-size=512'], '', 512],
    ['NODE_OPTIONS', [], '--no-warnings --max-old-space-size=200', 200],
    ['an argument rather than NODE_OPTIONS', ['--max-old-space-size=256'], '--max-old-space-size=200', 256],
  ])('is what %s says', (_, args, nodeOptions, expected) => {
    expect(limitMb(args, nodeOptions)).toBe(expected)
  })

  it('leaves out the young generation where V8 chose the rest, whatever its size', () => {
    const byDefault = limitMb([])
    expect(limitMb(['--max-semi-space-size=16'])).toBe(byDefault)
    expect(limitMb(['--max-semi-space-size=128'])).toBe(byDefault)
  })

  it('is where the process ends: at its death nearly all of it is used', () => {
    const code = `
      import { ProcessSampler } from ${JSON.stringify(HEAP_LIMIT.replace('heap-limit', 'process-sampler'))}
      import { writeSync } from 'node:fs'
      const sampler = new ProcessSampler()
      const kept = []
      for (;;) {
        // In pieces: one array of all would need half as much again whenever it grows.
        kept.push(Array.from({ length: 1_000 }, (_, i) => ({ i, text: 'kept '.repeat(4) + i })))
        writeSync(1, sampler.sample().percentUsed + '\\n')
      }`
    // With a young generation of the usual size, half of such a heap may come into it at once.
    const flags = ['--max-old-space-size=64', '--max-semi-space-size=1']
    const run = spawnSync(process.execPath, [...flags, '--input-type=module', '-e', code], {
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '' },
    })
    expect(run.stderr).toContain('heap out of memory')
    const percents = run.stdout.trim().split('\n').map(Number)
    expect(Math.max(...percents)).toBeGreaterThan(85)
    expect(percents.at(0)).toBeLessThan(30)
  })
})
