import type { JournalLine } from './journal.ts'

/**
 * What has become of an item: `kept` has to be there if it was acknowledged, `gone` must not, and of `open` ones nobody
 * can say, as they were added while their session was removed, or by a process that died, or its removal has no answer.
 */
export type Fate = 'kept' | 'gone' | 'open'

interface Removal {
  readonly session: string
  readonly from: number
  to: number
}

/** By `op`, for all that was ever sent. */
export function fatesOf(lines: readonly JournalLine[]): ReadonlyMap<number, Fate> {
  const removals: Removal[] = []
  const refused = new Set<number>()
  const acknowledgedAt = new Map<number, number>()
  for (const [at, line] of lines.entries()) {
    if (line.kind === 'ack' && !acknowledgedAt.has(line.op)) acknowledgedAt.set(line.op, at)
    if (line.kind === 'refused') refused.add(line.op)
    if (line.kind === 'remove') removals.push({ session: line.session, from: at, to: Number.POSITIVE_INFINITY })
    if (line.kind === 'removed') removals.findLast(({ session }) => session === line.session)!.to = at
  }
  const fates = new Map<number, Fate>()
  for (const [sentAt, line] of lines.entries()) {
    if (line.kind !== 'intent' || fates.has(line.op)) continue
    const ofIt = removals.filter(({ session, to }) => session === line.session && to > sentAt)
    const ackAt = acknowledgedAt.get(line.op) ?? Number.POSITIVE_INFINITY
    const isGone = refused.has(line.op) || ofIt.some(({ from, to }) => ackAt < from && to < Number.POSITIVE_INFINITY)
    fates.set(line.op, isGone ? 'gone' : ofIt.length > 0 ? 'open' : 'kept')
  }
  return fates
}
