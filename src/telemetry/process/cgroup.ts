import { existsSync, readFileSync } from 'node:fs'
import { totalmem } from 'node:os'
import { posix } from 'node:path'
import type { ContainerMemory } from './process-sample.ts'

/** Where the kernel shows control groups. */
export interface CgroupPlaces {
  /** @default "/sys/fs/cgroup" */
  readonly root: string
  /** @default "/proc/self/cgroup" */
  readonly membership: string
}

export const CGROUP_PLACES: CgroupPlaces = Object.freeze({ root: '/sys/fs/cgroup', membership: '/proc/self/cgroup' })

/** Names of the files, https://docs.kernel.org/admin-guide/cgroup-v2.html and cgroup-v1/memory.html. */
const MEMORY_FILES = Object.freeze({
  'cgroup-v2': { limit: 'memory.max', used: 'memory.current', droppable: 'inactive_file' },
  'cgroup-v1': { limit: 'memory.limit_in_bytes', used: 'memory.usage_in_bytes', droppable: 'total_inactive_file' },
})

interface Level {
  readonly folder: string
  readonly source: 'cgroup-v2' | 'cgroup-v1'
}

/**
 * The control groups that this process is in: its own and all above it, since the kernel holds it to the limit of each.
 * They are looked for once, their limits each time: a limit may be changed while the process runs.
 */
export class Cgroup {
  readonly #memoryLevels: readonly Level[]
  readonly #cpuFolders: readonly string[]

  constructor({ root, membership }: CgroupPlaces = CGROUP_PLACES) {
    const groups = (readText(membership) ?? '').split('\n').map(parseMembership)
    const v2 = groups.find(({ controllers }) => controllers === '')?.path
    const v1 = (name: string): string | undefined =>
      groups.find(({ controllers }) => controllers?.split(',').includes(name))?.path
    const unified = v2 === undefined ? [] : foldersUpTo(root, v2)
    const legacy = (name: string): string[] => {
      const path = v1(name)
      return path === undefined ? [] : foldersUpTo(posix.join(root, name), path)
    }
    this.#memoryLevels = [
      ...unified.map((folder) => ({ folder, source: 'cgroup-v2' as const })),
      ...legacy('memory').map((folder) => ({ folder, source: 'cgroup-v1' as const })),
    ].filter(({ folder, source }) => existsSync(posix.join(folder, MEMORY_FILES[source].limit)))
    this.#cpuFolders = [...unified, ...legacy('cpu')]
  }

  /** Of the group that is nearest to its limit; undefined where none has one below the memory of the machine. */
  memory(): ContainerMemory | undefined {
    let nearest: ContainerMemory | undefined
    for (const level of this.#memoryLevels) {
      const memory = readMemory(level)
      if (memory !== undefined && (nearest === undefined || share(memory) > share(nearest))) nearest = memory
    }
    return nearest
  }

  /** How many processors' worth of time the groups get, such as 0.5; undefined where that has no limit. */
  cores(): number | undefined {
    const quotas = this.#cpuFolders.flatMap((folder) => {
      const [quota, period] = (
        readText(posix.join(folder, 'cpu.max')) ??
        `${readText(posix.join(folder, 'cpu.cfs_quota_us'))} ${readText(posix.join(folder, 'cpu.cfs_period_us'))}`
      )
        .split(/\s+/)
        .map(Number)
      // No limit reads "max" in version 2 and -1 in version 1.
      return quota !== undefined && period !== undefined && quota > 0 && period > 0 ? [quota / period] : []
    })
    return quotas.length === 0 ? undefined : Math.min(...quotas)
  }
}

function readMemory({ folder, source }: Level): ContainerMemory | undefined {
  const { limit, used, droppable } = MEMORY_FILES[source]
  const limitBytes = readNumber(posix.join(folder, limit))
  // Version 1 writes "none" as about 2^63.
  if (limitBytes === undefined || limitBytes <= 0 || limitBytes >= MACHINE_BYTES) return undefined
  const allBytes = readNumber(posix.join(folder, used))
  if (allBytes === undefined) return undefined
  const stat = readText(posix.join(folder, 'memory.stat')) ?? ''
  const droppableBytes = Number(new RegExp(`^${droppable} (\\d+)$`, 'm').exec(stat)?.[1] ?? 0)
  return Object.freeze({ limitBytes, usedBytes: Math.max(0, allBytes - droppableBytes), source })
}

const MACHINE_BYTES = totalmem()

function share({ usedBytes, limitBytes }: ContainerMemory): number {
  return usedBytes / limitBytes
}

/** A line is "hierarchy:controllers:path"; version 2 has no controllers in it. */
function parseMembership(line: string): { readonly controllers?: string; readonly path?: string } {
  const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? []
  return controllers === undefined || path === undefined ? {} : { controllers, path }
}

/**
 * From the root down. Inside a container the path may be that of the machine, of which nothing is to be seen, and the
 * root is the container's own group: folders that are not there are left out where files are read.
 */
function foldersUpTo(root: string, path: string): string[] {
  const names = path.split('/').filter((name) => name !== '' && name !== '..')
  return [root, ...names.map((_, i) => posix.join(root, ...names.slice(0, i + 1)))]
}

function readNumber(path: string): number | undefined {
  const number = Number(readText(path)?.trim())
  return Number.isFinite(number) ? number : undefined
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
