import type { JournalLine, Op, ProcessLog, Read } from './journal.ts'

/** An add, an update or a deletion. */
export interface Change {
  readonly op: Op
  readonly process: string
  /** When its process did anything for the first time, in microseconds. */
  readonly bornAt: number
  /** Microseconds; never, where nobody was told of its end. */
  readonly begin: number
  end: number
  isTroubled: boolean
}

/** All that was ever done to an item. */
export interface ItemLog {
  readonly item: Op
  readonly session: string
  id: string | undefined
  readonly adds: Change[]
  readonly updates: Change[]
  readonly deletes: Change[]
}

export interface ProcessReads {
  readonly name: string
  /** In the order in which they ended. */
  readonly reads: readonly Read[]
  readonly stalls: readonly { readonly from: number; readonly to: number }[]
}

/** The logs of all processes, by what they are about. */
export interface RaceLog {
  readonly sessions: ReadonlyMap<string, ReadonlyMap<Op, ItemLog>>
  readonly processes: readonly ProcessReads[]
  readonly changes: readonly Change[]
  readonly problems: readonly string[]
}

export function gatherLog(logs: readonly ProcessLog[]): RaceLog {
  const gathering = new Gathering()
  for (const { name, lines } of logs) {
    const bornAt = lines.reduce((first, line) => Math.min(first, startOf(line)), Number.POSITIVE_INFINITY)
    for (const line of lines) gathering.takeChange(name, bornAt, line)
  }
  // After all changes: a process may read an item before its maker has written down that it is there.
  for (const log of logs) for (const line of log.lines) gathering.takeIds(log.name, line)
  const { sessions, changes, problems } = gathering
  const processes = logs.map(({ name, lines }) => ({
    name,
    reads: lines.filter((line): line is Read => line.kind === 'read'),
    stalls: lines.filter((line) => line.kind === 'stall'),
  }))
  return { sessions, processes, changes, problems }
}

function startOf(line: JournalLine): number {
  if (line.kind === 'served') return Number.POSITIVE_INFINITY
  return 'from' in line ? line.from : line.at
}

class Gathering {
  readonly sessions = new Map<string, Map<Op, ItemLog>>()
  readonly changes: Change[] = []
  readonly problems: string[] = []
  readonly #byOp = new Map<Op, readonly [Change, ItemLog]>()

  takeChange(process: string, bornAt: number, line: JournalLine): void {
    if (line.kind === 'error') this.problems.push(`${process}: a call failed: ${line.message}`)
    if (line.kind === 'begin') {
      const { op, what, at } = line
      const change = { op, process, bornAt, begin: at, end: Number.POSITIVE_INFINITY, isTroubled: false }
      const item = this.#item(line.session, line.item)
      this.#byOp.set(op, [change, item])
      this.changes.push(change)
      if (what === 'add') item.adds.push(change)
      else if (what === 'update') item.updates.push(change)
      else item.deletes.push(change)
    }
    if (line.kind !== 'end') return
    const [change, item] = this.#byOp.get(line.op)!
    change.isTroubled = line.isTroubled
    if (!line.did) {
      // It was gone already. Whoever deleted it has to tell of that, and may have failed to.
      drop(item.updates, change)
      drop(item.deletes, change)
    }
    change.end = line.at
    if (line.id !== undefined) this.#named(process, item, line.id)
  }

  takeIds(process: string, line: JournalLine): void {
    if (line.kind !== 'read') return
    for (const [op, id] of Object.entries(line.ids ?? {})) {
      const item = this.sessions.get(line.session)?.get(Number(op))
      if (item !== undefined) this.#named(process, item, id)
    }
  }

  #named(process: string, item: ItemLog, id: string): void {
    item.id ??= id
    if (item.id !== id) this.problems.push(`${process}: item ${item.item} is there twice: as ${item.id} and as ${id}`)
  }

  #item(session: string, item: Op): ItemLog {
    const items = this.sessions.get(session) ?? new Map<Op, ItemLog>()
    this.sessions.set(session, items)
    const log = items.get(item) ?? { item, session, id: undefined, adds: [], updates: [], deletes: [] }
    items.set(item, log)
    return log
  }
}

function drop(changes: Change[], change: Change): void {
  const i = changes.indexOf(change)
  if (i >= 0) changes.splice(i, 1)
}
