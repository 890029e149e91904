import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const program = fileURLToPath(new URL('./text-in-heap.ts', import.meta.url))

it.each(['user', 'session'])(
  'what a pruner keeps of a %s that is erased goes from the memory of the process',
  async (what) => {
    const { stdout } = await promisify(execFile)(process.execPath, ['--no-warnings', program, what])
    const { before, after } = JSON.parse(stdout) as { before: number; after: number }
    expect(before).toBeGreaterThan(0)
    expect(after).toBe(0)
  },
)
