import { describe, expect, it } from 'vitest'
import { makeItem } from '../../../src/memory/item-body.ts'
import type { MemoryItem } from '../../../src/memory/memory-item.ts'
import { identifySession } from '../../../src/memory/session.ts'
import { firstStampAt } from '../../../src/memory/stamp.ts'
import { checkOutage } from './checker.ts'
import { type Fault, type JournalLine, textOf, USER } from './journal.ts'

const BOUNDS = { errorMs: 6000, recoveryMs: 2000 }
const SECOND = 1_000_000

/** The item of an op, made at its own millisecond. */
function itemOf(op: number, at = op, content = textOf(op)): MemoryItem {
  const session = identifySession({ userId: USER, sessionId: 'lake' })
  const body = { content, contentType: 'user_message', createdAt: at, metadata: { op } } as const
  const place = { tier: 'warm', cached: false, lastAccessedAt: undefined, accessCount: 0 } as const
  return makeItem(session, firstStampAt(at), body, place)
}

function add(op: number, at: number): JournalLine {
  return { kind: 'add', at, op, session: 'lake' }
}

function ack(op: number, at: number): JournalLine {
  return { kind: 'ack', at, op, id: itemOf(op).id }
}

function failed(op: number, at: number, code = 'STORE_UNAVAILABLE', tookMs = 10): JournalLine {
  return { kind: 'failed', at, op, code, message: 'Cannot add', tookMs }
}

function check(lines: readonly JournalLine[], items: readonly MemoryItem[], faults: readonly Fault[] = []): string {
  return checkOutage([{ name: 'writer', lines }], faults, new Map([['lake', items]]), BOUNDS).problems.join('\n')
}

const LINES = [add(1, 1 * SECOND), ack(1, 2 * SECOND), add(2, 3 * SECOND), failed(2, 4 * SECOND), add(3, 5 * SECOND)]
const GOOD: readonly JournalLine[] = [...LINES, ack(3, 6 * SECOND)]

describe('the checker of the outage campaign', () => {
  it('finds nothing wrong where what failed is not there, or is there once', () => {
    expect(check(GOOD, [itemOf(1), itemOf(3)])).toBe('')
    expect(check(GOOD, [itemOf(1), itemOf(2), itemOf(3)])).toBe('')
  })

  it.each<[string, readonly JournalLine[], readonly MemoryItem[], RegExp]>([
    ['an acknowledged item is lost', GOOD, [itemOf(3)], /item 1 was acknowledged and is lost/],
    ['an item is there twice', GOOD, [itemOf(1), itemOf(3), itemOf(3, 9)], /item 3 is there twice/],
    ['what failed is there twice', GOOD, [itemOf(1), itemOf(2), itemOf(2, 4), itemOf(3, 5)], /item 2 is there twice/],
    ['an item has another id', GOOD, [itemOf(1), itemOf(3, 7)], /item 3 was acknowledged as/],
    ['a content is another one', GOOD, [itemOf(1, 1, 'other'), itemOf(3)], /item 1 is not as it was sent/],
    ['a history is out of order', GOOD, [itemOf(3), itemOf(1)], /is not in order/],
    ['items have changed places', GOOD, [itemOf(1), itemOf(3), itemOf(2, 8)], /item 3 is not in its place/],
    ['nobody sent an item', GOOD, [itemOf(1), itemOf(3), itemOf(44)], /item 44 was never sent/],
    ['an error is none of ours', [...GOOD, failed(4, 7 * SECOND, '')], [itemOf(1), itemOf(3)], /was answered with/],
    ['an error is of another kind', [...GOOD, failed(4, 7, 'STORE_FAILED')], [itemOf(1), itemOf(3)], /STORE_FAILED/],
    ['an error comes late', [...GOOD, failed(4, 7, 'STORE_TIMEOUT', 6001)], [itemOf(1), itemOf(3)], /6001 ms to fail/],
  ])('finds out that %s', (_, lines, items, complaint) => {
    expect(check(lines, items)).toMatch(complaint)
  })

  it('finds out that a process did not come back after a fault', () => {
    const fault = { kind: 'restart', from: 2.5 * SECOND, to: 3 * SECOND } as const
    expect(check(GOOD, [itemOf(1), itemOf(3)], [fault])).toMatch(/nothing acknowledged for 3000 ms after a fault/)
    const soon = { kind: 'restart', from: 4 * SECOND, to: 4.5 * SECOND } as const
    expect(check(GOOD, [itemOf(1), itemOf(3)], [soon])).toBe('')
  })
})
