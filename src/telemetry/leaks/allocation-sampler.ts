import { type HeapProfiler, Session } from 'node:inspector'
import type { AllocationSite, SiteBytes } from './leak-report.ts'

/**
 * Samples who allocates, with V8's sampling heap profiler. V8 has one of them: while somebody else samples too (an agent
 * that uploads heap profiles), both read the same samples, and when the other one ends, so do these and begin anew.
 */
export class AllocationSampler {
  readonly #intervalBytes: number
  #session: Session | undefined

  constructor(intervalBytes: number) {
    this.#intervalBytes = intervalBytes
  }

  start(): void {
    if (this.#session !== undefined || this.#intervalBytes === 0) return
    this.#session = new Session()
    this.#session.connect()
    this.#begin()
  }

  /** What is alive of what was allocated since the beginning, most first. V8 makes a full collection for it. */
  read(): readonly SiteBytes[] {
    let sites: readonly SiteBytes[] = []
    // The session belongs to this thread, so the answer comes before `post` returns.
    this.#session?.post('HeapProfiler.getSamplingProfile', (error, answer) => {
      if (error === null) sites = liveBySite(answer.profile.head)
      else this.#begin()
    })
    return sites
  }

  #begin(): void {
    this.#session?.post('HeapProfiler.startSampling', { samplingInterval: this.#intervalBytes })
  }

  stop(): void {
    this.#session?.post('HeapProfiler.stopSampling')
    this.#session?.disconnect()
    this.#session = undefined
  }
}

/** Adds up each sample at the innermost function of the program's own: what Node's and V8's functions allocate, they do for a caller. */
export function liveBySite(head: HeapProfiler.SamplingHeapProfileNode): readonly SiteBytes[] {
  const found = new Map<string, { site: AllocationSite; bytes: number }>()
  const pending = [{ node: head, owner: head.callFrame }]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { node } = next
    const { url } = node.callFrame
    const owner = url === '' || url.startsWith('node:') ? next.owner : node.callFrame
    for (const child of node.children) pending.push({ node: child, owner })
    if (node.selfSize === 0) continue
    const site = { functionName: owner.functionName || '(anonymous)', url: owner.url, line: owner.lineNumber + 1 }
    const key = siteKey(site)
    const known = found.get(key)
    if (known === undefined) found.set(key, { site, bytes: node.selfSize })
    else known.bytes += node.selfSize
  }
  return [...found.values()].toSorted((a, b) => b.bytes - a.bytes)
}

export function siteKey({ functionName, url, line }: AllocationSite): string {
  return `${functionName}\n${url}\n${line}`
}
