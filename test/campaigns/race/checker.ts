import { Excuses } from './excuses.ts'
import type { Fault, Op, ProcessLog, Read } from './journal.ts'
import { type Change, gatherLog, type ItemLog, type ProcessReads, type RaceLog } from './race-log.ts'

export interface RaceFindings {
  readonly problems: readonly string[]
  readonly reads: number
  readonly changes: number
  /** Changes during which the hot tier failed, and of these those that no fault explains. */
  readonly troubled: number
  readonly unexplained: number
  /** Reads that were behind, as they may be; and by how long at most, in milliseconds. */
  readonly behind: Behind
  readonly behindStrong: Behind
  /** Reads that lacked what their process had seen before it was acknowledged. Nothing is promised of that. */
  readonly wentBack: number
}

export interface Behind {
  readonly reads: number
  readonly worstMs: number
}

/** Troubles without a fault: of so small a share of the changes a busy machine is the cause. */
const MAX_UNEXPLAINED = 0.01
const MAX_PROBLEMS = 20

/** Holds what processes have read against what they have changed, and against what was done to Redis. */
export function checkRace(logs: readonly ProcessLog[], faults: readonly Fault[]): RaceFindings {
  const log = gatherLog(logs)
  const excuses = new Excuses(faults)
  const check = new Check(log, faults, excuses)
  for (const process of log.processes) check.process(process)
  const troubled = log.changes.filter(({ isTroubled }) => isTroubled)
  const unexplained = troubled.filter((change) => !excuses.mayFail(change)).length
  const problems = [...log.problems, ...check.problems]
  if (unexplained > Math.max(3, log.changes.length * MAX_UNEXPLAINED))
    problems.push(`${unexplained} of ${log.changes.length} changes met a hot tier that failed without a fault`)
  return {
    problems,
    reads: log.processes.reduce((sum, { reads }) => sum + reads.length, 0),
    changes: log.changes.length,
    troubled: troubled.length,
    unexplained,
    behind: check.behind,
    behindStrong: check.behindStrong,
    wentBack: check.wentBack,
  }
}

/** What a process has seen in reads of one kind, and until when the first of them took. */
type Seen = Map<Op, number>

class Check {
  readonly problems: string[] = []
  readonly behind = { reads: 0, worstMs: 0 }
  readonly behindStrong = { reads: 0, worstMs: 0 }
  wentBack = 0
  readonly #log: RaceLog
  readonly #faults: readonly Fault[]
  readonly #excuses: Excuses
  readonly #startedAt: number

  constructor(log: RaceLog, faults: readonly Fault[], excuses: Excuses) {
    this.#log = log
    this.#faults = faults
    this.#excuses = excuses
    this.#startedAt = log.changes.reduce((first, { begin }) => Math.min(first, begin), Number.POSITIVE_INFINITY)
  }

  process(process: ProcessReads): void {
    const seen: Record<'strong' | 'cached', Seen> = { strong: new Map(), cached: new Map() }
    for (const read of process.reads) {
      if (this.problems.length >= MAX_PROBLEMS) return
      this.#read(read, process, seen[read.strong ? 'strong' : 'cached'])
    }
  }

  #read(read: Read, process: ProcessReads, seen: Seen): void {
    const items = this.#log.sessions.get(read.session) ?? NO_ITEMS
    const found = this.#found(read, process, items)
    if (found === undefined) return
    const window = windowOf(read, items)
    let behindUs = 0
    const late = (change: Change): void => {
      behindUs = Math.max(behindUs, read.from - change.end)
    }
    for (const item of items.values()) {
      const wrote = found.get(item.item)
      const isInside = item.id !== undefined && window(item.id, item.item)
      if (wrote !== undefined && !isInside)
        this.#complain(read, process, `has item ${item.item}, which was not asked for`)
      if (!isInside) continue
      const mustKnow = (change: Change): boolean => {
        const seenAt = seen.get(change.op)
        if (this.#excuses.mustKnow(change, read, process, seenAt !== undefined && seenAt < read.from)) return true
        if (change.end < read.from) late(change)
        return false
      }
      if (wrote === undefined) this.#missing(item, read, process, mustKnow, seen)
      else this.#present(item, wrote, read, process, mustKnow)
    }
    for (const op of found.values()) if (!seen.has(op)) seen.set(op, read.to)
    for (const op of found.keys()) if (!seen.has(op)) seen.set(op, read.to)
    if (behindUs === 0) return
    const behind = read.strong ? this.behindStrong : this.behind
    behind.reads += 1
    behind.worstMs = Math.max(behind.worstMs, behindUs / 1000)
  }

  /** What each item says, by item; undefined where it is useless to go on. */
  #found(read: Read, process: ProcessReads, items: ReadonlyMap<Op, ItemLog>): ReadonlyMap<Op, Op> | undefined {
    const found = new Map<Op, Op>()
    let last = ''
    for (let i = 0; i < read.found.length; i += 2) {
      const [op, wrote] = [read.found[i]!, read.found[i + 1]!]
      const item = items.get(op)
      const add = item?.adds.find(({ begin }) => begin < read.to)
      if (item?.id === undefined || add === undefined) {
        this.#complain(read, process, `has item ${op}, which was never added there`)
        return undefined
      }
      if (found.has(op)) this.#complain(read, process, `has item ${op} twice`)
      else if (item.id <= last) this.#complain(read, process, `has item ${op} out of order`)
      found.set(op, wrote)
      last = item.id
    }
    const { limit } = read.query
    if (limit !== undefined && found.size > limit) this.#complain(read, process, `has ${found.size} items`)
    return found
  }

  #missing(item: ItemLog, read: Read, process: ProcessReads, mustKnow: (change: Change) => boolean, seen: Seen): void {
    if (item.deletes.some(({ begin }) => begin < read.to)) return
    const add = item.adds.find(mustKnow)
    if (add !== undefined) this.#complain(read, process, `lacks item ${item.item}`, add)
    else if ((seen.get(item.item) ?? read.to) < read.from) this.wentBack += 1
  }

  #present(item: ItemLog, wrote: Op, read: Read, process: ProcessReads, mustKnow: (change: Change) => boolean): void {
    const deleted = item.deletes.find(mustKnow)
    if (deleted !== undefined) this.#complain(read, process, `has item ${item.item}, which was deleted`, deleted)
    const version = item.updates.find(({ op }) => op === wrote)
    if (version === undefined && wrote !== item.item) {
      this.#complain(read, process, `has item ${item.item} with a text that nobody wrote`)
      return
    }
    // What was sure to come after that version. Which of two at once came first is up to the store.
    const newer = item.updates.find((update) => update.begin > (version?.end ?? 0) && mustKnow(update))
    if (newer !== undefined) this.#complain(read, process, `has an old text of item ${item.item}`, newer)
  }

  #complain(read: Read, { name }: ProcessReads, what: string, change?: Change): void {
    const { session, strong, query, from, to } = read
    const kind = `${read.isLast ? 'last ' : ''}${strong ? 'strong' : 'default'} read ${JSON.stringify(query)}`
    const reason =
      change === undefined
        ? ''
        : `: ${change.process} had that acknowledged ${((from - change.end) / 1000).toFixed(1)} ms before it began` +
          ` (${this.#when(change.begin)} to ${this.#when(change.end)}${change.isTroubled ? ', hot tier failed' : ''})`
    const near = this.#faults.filter((fault) => fault.from < to && fault.to > from - 6_000_000)
    const faults = near.map((fault) => {
      const saved = fault.saved ? `, saved at ${this.#when(fault.saved.from)}` : ''
      return `${fault.kind} ${this.#when(fault.from)} to ${this.#when(fault.to)}${saved}`
    })
    this.problems.push(
      `${session}: a ${kind} of ${name} at ${this.#when(from)} to ${this.#when(to)} ${what}${reason}; faults: ${faults.join(', ') || 'none'}`,
    )
  }

  #when(at: number): string {
    return `${((at - this.#startedAt) / 1000).toFixed(1)} ms`
  }
}

const NO_ITEMS: ReadonlyMap<Op, ItemLog> = new Map()

/** Which items an answer is about: where it is full, none further than it reaches. */
function windowOf(read: Read, items: ReadonlyMap<Op, ItemLog>): (id: string, item: Op) => boolean {
  const { item, limit, from = 'newest', after, before } = read.query
  if (item !== undefined) return (_id, op) => op === item
  const idOf = (op: Op | undefined): string | undefined => (op === undefined ? undefined : items.get(op)?.id)
  const above = idOf(after) ?? ''
  const below = idOf(before) ?? '\uffff'
  const isFull = limit !== undefined && read.found.length / 2 >= limit
  const first = isFull && from === 'newest' ? idOf(read.found[0])! : ''
  const last = isFull && from === 'oldest' ? idOf(read.found.at(-2))! : '\uffff'
  return (id) => id > above && id < below && id >= first && id <= last
}
