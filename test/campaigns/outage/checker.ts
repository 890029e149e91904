import type { MemoryItem } from '../../../src/memory/memory-item.ts'
import { type Fault, type JournalLine, textOf, type WriterLog } from './journal.ts'

export interface OutageFindings {
  /** What is wrong, in words. */
  readonly problems: readonly string[]
  readonly acknowledged: number
  /** Adds that were answered with an error, and those of them that are there all the same. */
  readonly failed: number
  readonly failedAndThere: number
  /** By code of the error. */
  readonly errors: Readonly<Record<string, number>>
  /** The longest that any call took to fail. */
  readonly slowestErrorMs: number
  /** The longest from the end of a fault to what a process next had acknowledged. */
  readonly slowestRecoveryMs: number
}

export interface OutageBounds {
  /** Any call has failed after so long. */
  readonly errorMs: number
  /** After a fault, every process has something acknowledged so soon. */
  readonly recoveryMs: number
}

/** What may be said of a service that is away. */
const TYPED: ReadonlySet<string> = new Set(['STORE_TIMEOUT', 'STORE_UNAVAILABLE', 'OVERLOADED'])

/** Holds what there is, by session, against what writers were told. */
export function checkOutage(
  logs: readonly WriterLog[],
  faults: readonly Fault[],
  histories: ReadonlyMap<string, readonly MemoryItem[]>,
  bounds: OutageBounds,
): OutageFindings {
  const problems: string[] = []
  const found = foundIn(histories, problems)
  const errors: Record<string, number> = {}
  let [acknowledged, failed, failedAndThere, slowestErrorMs, slowestRecoveryMs] = [0, 0, 0, 0, 0]
  for (const { name, lines } of logs) {
    const sessionOf = new Map<number, string>()
    const newest = new Map<string, string>()
    for (const line of lines) {
      if (line.kind === 'add') {
        sessionOf.set(line.op, line.session)
        const item = found.get(line.op)
        if (item === undefined) continue
        if (item.sessionId !== line.session || item.content !== textOf(line.op))
          problems.push(`${name}: item ${line.op} is not as it was sent`)
        // One after another, so that this is their order.
        if (item.id < (newest.get(line.session) ?? '')) problems.push(`${name}: item ${line.op} is not in its place`)
        newest.set(line.session, item.id)
      } else if (line.kind === 'ack') {
        acknowledged += 1
        const id = found.get(line.op)?.id
        if (id === undefined) problems.push(`${name}: item ${line.op} was acknowledged and is lost`)
        else if (id !== line.id) problems.push(`${name}: item ${line.op} was acknowledged as ${line.id} and is ${id}`)
      } else {
        errors[line.code] = (errors[line.code] ?? 0) + 1
        slowestErrorMs = Math.max(slowestErrorMs, line.tookMs)
        if (!TYPED.has(line.code)) problems.push(`${name}: a call was answered with ${line.code} ${line.message}`)
        if (line.tookMs > bounds.errorMs)
          problems.push(`${name}: a call took ${line.tookMs.toFixed(0)} ms to fail: ${line.message}`)
        if (line.op === undefined) continue
        failed += 1
        if (found.has(line.op)) failedAndThere += 1
      }
    }
    for (const op of sessionOf.keys()) found.delete(op)
    const recoveryMs = slowestRecovery(lines, faults)
    slowestRecoveryMs = Math.max(slowestRecoveryMs, recoveryMs)
    if (recoveryMs > bounds.recoveryMs)
      problems.push(`${name}: had nothing acknowledged for ${recoveryMs.toFixed(0)} ms after a fault`)
  }
  for (const op of found.keys()) problems.push(`item ${op} was never sent`)
  return { problems, acknowledged, failed, failedAndThere, errors, slowestErrorMs, slowestRecoveryMs }
}

function foundIn(histories: ReadonlyMap<string, readonly MemoryItem[]>, problems: string[]): Map<number, MemoryItem> {
  const found = new Map<number, MemoryItem>()
  for (const [session, items] of histories) {
    for (const [i, item] of items.entries()) {
      const op = item.metadata?.op as number
      if (found.has(op)) problems.push(`${session}: item ${op} is there twice`)
      found.set(op, item)
      if (i > 0 && items[i - 1]!.id >= item.id) problems.push(`${session}: ${item.id} is not in order`)
    }
  }
  return found
}

/** Only where it had the time: the next fault had not begun, and it was not at its end. */
function slowestRecovery(lines: readonly JournalLine[], faults: readonly Fault[]): number {
  const ends = lines.at(-1)?.at ?? 0
  let slowest = 0
  for (const [i, { to }] of faults.entries()) {
    const next = lines.find(({ kind, at }) => kind === 'ack' && at > to)?.at ?? ends
    const until = Math.min(next, faults[i + 1]?.from ?? Number.POSITIVE_INFINITY)
    if (lines[0] !== undefined && lines[0].at < to) slowest = Math.max(slowest, (until - to) / 1000)
  }
  return slowest
}
