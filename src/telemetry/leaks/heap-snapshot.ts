import { siteKey } from './allocation-sampler.ts'
import { HEAP_KINDS, type HeapGrowth, type HeapKind, type SiteBytes } from './leak-report.ts'

/** What the process held at one time. Holds names of functions, files and constructors; never contents. */
export interface HeapSnapshot {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly kinds: Readonly<Record<HeapKind, number>>
  /** Live bytes by allocation site, since sampling began. */
  readonly sites: readonly SiteBytes[]
  /** Live objects by constructor, where they were counted. */
  readonly objects?: readonly ObjectCount[]
}

/** Objects of one constructor, with the bytes of their own (not of what they hold). */
export interface ObjectCount {
  readonly name: string
  readonly count: number
  readonly bytes: number
}

const MAX_SITES = 10
const MAX_OBJECTS = 20

/** What grew between two snapshots of one process, most first. */
export function compareSnapshots(before: HeapSnapshot, after: HeapSnapshot): HeapGrowth {
  const kinds = HEAP_KINDS.map((kind) => ({ kind, growthBytes: after.kinds[kind] - before.kinds[kind] }))
  const siteBefore = new Map(before.sites.map(({ site, bytes }) => [siteKey(site), bytes]))
  const sites = after.sites.map(({ site, bytes }) => ({
    site,
    growthBytes: bytes - (siteBefore.get(siteKey(site)) ?? 0),
  }))
  return Object.freeze({
    overMs: after.at - before.at,
    growthBytes: kinds.reduce((sum, { growthBytes }) => sum + growthBytes, 0),
    kinds: mostFirst(kinds),
    sites: mostFirst(sites.filter(({ growthBytes }) => growthBytes > 0)).slice(0, MAX_SITES),
    objects: objectGrowth(before.objects, after.objects),
  })
}

function objectGrowth(before: HeapSnapshot['objects'], after: HeapSnapshot['objects']): HeapGrowth['objects'] {
  if (before === undefined || after === undefined) return []
  const counted = new Map(before.map((entry) => [entry.name, entry]))
  const growth = after.map(({ name, bytes, count }) => ({
    name,
    growthBytes: bytes - (counted.get(name)?.bytes ?? 0),
    growthCount: count - (counted.get(name)?.count ?? 0),
  }))
  return mostFirst(growth.filter(({ growthBytes }) => growthBytes > 0)).slice(0, MAX_OBJECTS)
}

function mostFirst<T extends { readonly growthBytes: number }>(growths: readonly T[]): readonly T[] {
  return growths.toSorted((a, b) => b.growthBytes - a.growthBytes)
}
