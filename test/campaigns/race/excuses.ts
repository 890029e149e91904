import { CUT_OFF_MS, IN_PROCESS_MS, MARGIN_MS, MAX_PROOF_AGE_MS, RECOVERY_MS } from './bounds.ts'
import type { Fault, Read } from './journal.ts'
import type { Change, ProcessReads } from './race-log.ts'

const US = 1000
/** A process is not frozen at the very moment at which it is told to. */
const FREEZING_US = 20_000

/** Says which reads have to know of which changes. Outside of faults a strong one knows all that was acknowledged. */
export class Excuses {
  readonly #restores: readonly Fault[]
  readonly #pauses: readonly Fault[]
  /** In which calls of the hot tier may fail. A flush fails none. */
  readonly #outages: readonly Fault[]

  constructor(faults: readonly Fault[]) {
    this.#restores = faults.filter(({ kind }) => kind === 'restore')
    this.#pauses = faults.filter(({ kind }) => kind === 'pause')
    this.#outages = faults.filter(({ kind }) => kind !== 'flush')
  }

  /** Whether a read has to show a change. `isSeen`: its process has seen it before, in a read of the same kind. */
  mustKnow(change: Change, read: Read, process: ProcessReads, isSeen: boolean): boolean {
    if (change.end >= read.from) return false
    const ageUs = read.from - change.end
    // Whatever happened to Redis, and whoever could not tell it.
    if (ageUs > (MAX_PROOF_AGE_MS + MARGIN_MS) * US) return true
    const isUntold = change.isTroubled && this.mayFail(change)
    if (this.#restores.some((fault) => isBroughtBack(fault, change, isUntold, read))) return false
    if (change.process === process.name) return true
    if (isUntold) return false
    if (read.strong || isSeen) return true
    return ageUs > (this.#boundMs(change) + MARGIN_MS) * US + stalledUs(process, read)
  }

  /** Whether something happened by which its process may not have reached Redis then; at first it may not have connected. */
  mayFail({ bornAt, begin, end }: Change): boolean {
    if (begin <= bornAt + RECOVERY_MS * US) return true
    return this.#outages.some(({ from, to }) => from <= end && begin <= to + RECOVERY_MS * US)
  }

  /** How far a copy in a process may be behind. A server that falls silent in between tells one and not the other. */
  #boundMs({ begin, end }: Change): number {
    const isBetween = this.#pauses.some(({ from }) => from + FREEZING_US >= begin && from <= end)
    return isBetween ? CUT_OFF_MS : IN_PROCESS_MS
  }
}

/** Whether Redis may have got a copy back that was made without the change, and that is young enough to be believed. */
function isBroughtBack({ from, to, saved }: Fault, change: Change, isUntold: boolean, read: Read): boolean {
  if (saved === undefined || change.begin > to || read.to < from) return false
  // What was acknowledged before the snapshot was made is in it, if Redis was told of it.
  if (change.end < saved.from && !isUntold) return false
  return read.from < saved.to + (MAX_PROOF_AGE_MS + MARGIN_MS) * US
}

/** For how long the reader could not run, right before it read. */
function stalledUs({ stalls }: ProcessReads, { from }: Read): number {
  const felt = stalls.filter((stall) => stall.from <= from && stall.to >= from - 30 * US)
  return felt.reduce((sum, stall) => sum + stall.to - stall.from, 0)
}
