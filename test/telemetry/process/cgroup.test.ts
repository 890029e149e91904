import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { Cgroup } from '../../../src/telemetry/process/cgroup.ts'

const MB = 1024 * 1024
const folders: string[] = []

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** The kernel's files as they look to a process. */
function kernel(membership: string, files: Readonly<Record<string, string>>): { cgroup: Cgroup; root: string } {
  const root = mkdtempSync(join(tmpdir(), 'cgroup-'))
  folders.push(root)
  writeFileSync(join(root, 'membership'), membership)
  for (const [path, text] of Object.entries(files)) write(root, path, text)
  return { cgroup: new Cgroup({ root, membership: join(root, 'membership') }), root }
}

function write(root: string, path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}

describe('a container of control groups, version 2', () => {
  const files = {
    'memory.max': `${512 * MB}\n`,
    'memory.current': `${300 * MB}\n`,
    'memory.stat': `anon 1\nfile 2\ninactive_file ${50 * MB}\nactive_file 3\n`,
    'cpu.max': '150000 100000\n',
  }

  it('tells limit and use, without file pages that the kernel drops first', () => {
    const { cgroup } = kernel('0::/\n', files)
    expect(cgroup.memory()).toEqual({ limitBytes: 512 * MB, usedBytes: 250 * MB, source: 'cgroup-v2' })
    expect(cgroup.cores()).toBe(1.5)
  })

  it('that shows the path of the machine is read at its root', () => {
    const { cgroup } = kernel('0::/system.slice/docker-0a1b.scope\n', files)
    expect(cgroup.memory()?.limitBytes).toBe(512 * MB)
  })

  it('follows a limit that changes while the process runs', () => {
    const { cgroup, root } = kernel('0::/\n', { ...files, 'memory.max': 'max\n', 'cpu.max': 'max 100000\n' })
    expect(cgroup.memory()).toBeUndefined()
    expect(cgroup.cores()).toBeUndefined()
    write(root, 'memory.max', `${256 * MB}`)
    expect(cgroup.memory()?.limitBytes).toBe(256 * MB)
  })

  it('is as full as the fullest of the groups around it', () => {
    const { cgroup } = kernel('0::/pod/main\n', {
      'pod/memory.max': `${400 * MB}`,
      'pod/memory.current': `${390 * MB}`,
      'pod/cpu.max': '50000 100000',
      'pod/main/memory.max': `${200 * MB}`,
      'pod/main/memory.current': `${100 * MB}`,
      'pod/main/cpu.max': '200000 100000',
    })
    expect(cgroup.memory()).toEqual({ limitBytes: 400 * MB, usedBytes: 390 * MB, source: 'cgroup-v2' })
    expect(cgroup.cores()).toBe(0.5)
  })
})

describe('a container of control groups, version 1', () => {
  const membership = '4:memory:/docker/0a1b\n3:cpu,cpuacct:/docker/0a1b\n0::/\n'

  it('tells limit and use', () => {
    const { cgroup } = kernel(membership, {
      'memory/memory.limit_in_bytes': `${512 * MB}\n`,
      'memory/memory.usage_in_bytes': `${300 * MB}\n`,
      'memory/memory.stat': `inactive_file 7\ntotal_inactive_file ${100 * MB}\n`,
      'cpu/cpu.cfs_quota_us': '200000\n',
      'cpu/cpu.cfs_period_us': '100000\n',
    })
    expect(cgroup.memory()).toEqual({ limitBytes: 512 * MB, usedBytes: 200 * MB, source: 'cgroup-v1' })
    expect(cgroup.cores()).toBe(2)
  })

  it('has no limit where the kernel writes about 2^63, and no quota at -1', () => {
    const { cgroup } = kernel(membership, {
      'memory/memory.limit_in_bytes': '9223372036854771712\n',
      'memory/memory.usage_in_bytes': `${300 * MB}\n`,
      'cpu/cpu.cfs_quota_us': '-1\n',
      'cpu/cpu.cfs_period_us': '100000\n',
    })
    expect(cgroup.memory()).toBeUndefined()
    expect(cgroup.cores()).toBeUndefined()
  })
})

describe('a system without control groups', () => {
  it.each([
    ['no files at all', '', {}],
    ['files that say something else', 'nonsense\n0::\n', { 'memory.max': 'lots', 'memory.current': '' }],
  ])('has no limit: %s', (_, membership, files) => {
    const { cgroup } = kernel(membership, files)
    expect(cgroup.memory()).toBeUndefined()
    expect(cgroup.cores()).toBeUndefined()
  })
})
