import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LruBytes } from '../../src/lib/lru-bytes.ts'

const MAX = 100

/** The same, as plain as can be: entries from the longest unused to the newest. */
class Model {
  entries: { key: number; value: number; bytes: number }[] = []
  evictions = 0
  removed: number[] = []
  limitBytes = MAX

  get bytes(): number {
    return this.entries.reduce((sum, { bytes }) => sum + bytes, 0)
  }

  get(key: number): number | undefined {
    const entry = this.entries.find((candidate) => candidate.key === key)
    if (entry !== undefined) this.entries = [...this.entries.filter((other) => other !== entry), entry]
    return entry?.value
  }

  delete(key: number): boolean {
    const entry = this.entries.find((candidate) => candidate.key === key)
    if (entry === undefined) return false
    this.entries = this.entries.filter((other) => other !== entry)
    this.removed.push(entry.value)
    return true
  }

  set(key: number, value: number, bytes: number): boolean {
    this.delete(key)
    if (bytes > this.limitBytes) return false
    this.entries.push({ key, value, bytes })
    this.evict()
    return true
  }

  resize(key: number, bytes: number): void {
    const entry = this.entries.find((candidate) => candidate.key === key)
    if (entry === undefined) return
    entry.bytes = bytes
    this.evict()
  }

  limit(bytes: number): void {
    this.limitBytes = Math.min(MAX, bytes)
    this.evict()
  }

  clear(): void {
    this.removed.push(...this.entries.map(({ value }) => value))
    this.entries = []
  }

  evict(): void {
    while (this.bytes > this.limitBytes) {
      this.delete(this.entries[0]!.key)
      this.evictions += 1
    }
  }
}

const key = fc.integer({ min: 0, max: 7 })
const bytes = fc.integer({ min: 0, max: 120 })
const operation = fc.oneof(
  fc.record({ kind: fc.constant('get' as const), key }),
  fc.record({ kind: fc.constant('peek' as const), key }),
  fc.record({ kind: fc.constant('touch' as const), key }),
  fc.record({ kind: fc.constant('set' as const), key, bytes }),
  fc.record({ kind: fc.constant('resize' as const), key, bytes }),
  fc.record({ kind: fc.constant('delete' as const), key }),
  fc.record({ kind: fc.constant('limit' as const), bytes }),
  fc.record({ kind: fc.constant('oldest' as const), count: fc.integer({ min: 0, max: 9 }) }),
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('clear' as const) }) },
)

describe('LruBytes', () => {
  it('does what a plain list does', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 100, size: 'max' }), (operations) => {
        const model = new Model()
        const removed: number[] = []
        const lru = new LruBytes<number, number>(MAX, (_key, value) => removed.push(value))
        for (const [value, step] of operations.entries()) {
          if (step.kind === 'get') expect(lru.get(step.key)).toBe(model.get(step.key))
          else if (step.kind === 'peek')
            expect(lru.peek(step.key)).toBe(model.entries.find((entry) => entry.key === step.key)?.value)
          else if (step.kind === 'touch') {
            const handle = lru.handleOf(step.key)
            expect(handle?.value).toBe(model.get(step.key))
            if (handle !== undefined) lru.touch(handle)
          } else if (step.kind === 'set')
            expect(lru.set(step.key, value, step.bytes)).toBe(model.set(step.key, value, step.bytes))
          else if (step.kind === 'resize') {
            lru.resize(step.key, step.bytes)
            model.resize(step.key, step.bytes)
          } else if (step.kind === 'limit') {
            lru.limit(step.bytes)
            model.limit(step.bytes)
            expect(lru.limitBytes).toBe(model.limitBytes)
          } else if (step.kind === 'oldest')
            expect(lru.oldest(step.count)).toEqual(model.entries.slice(0, step.count).map((entry) => entry.key))
          else if (step.kind === 'delete') expect(lru.delete(step.key)).toBe(model.delete(step.key))
          else {
            lru.clear()
            model.clear()
          }
          expect([lru.size, lru.bytes, lru.evictions]).toEqual([model.entries.length, model.bytes, model.evictions])
          expect([...removed].sort()).toEqual([...model.removed].sort())
        }
      }),
      { numRuns: 500 },
    )
  })

  it('refuses what alone is larger than the whole, and drops what it replaces', () => {
    const lru = new LruBytes<string, number>(10)
    expect([lru.set('a', 1, 10), lru.set('a', 2, 11), lru.peek('a'), lru.bytes]).toEqual([true, false, undefined, 0])
  })
})
