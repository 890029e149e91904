/** Items are known by the number of the add that made them, and what they say by that of the add or update that wrote it. */
export type Op = number

/** What a process did. Times are microseconds of the machine's clock that never steps, the same for all processes. */
export type JournalLine =
  /** From now on the change may be seen. An item with an idempotency key may be added several times, under one `item`. */
  | {
      readonly kind: 'begin'
      readonly what: 'add' | 'update' | 'delete'
      readonly at: number
      readonly op: Op
      readonly session: string
      readonly item: Op
      /** Of an add of an item with an idempotency key. */
      readonly keyed?: { readonly createdAt: number; readonly size: number }
    }
  /** The change is acknowledged, or found to have nothing to change. */
  | {
      readonly kind: 'end'
      readonly at: number
      readonly op: Op
      readonly did: boolean
      /** A call of the hot tier failed in this process meanwhile, so that it may not have been told. */
      readonly isTroubled: boolean
      /** Of an add: the item's id. */
      readonly id?: string
    }
  | Read
  /** The process could not run from then to then. */
  | { readonly kind: 'stall'; readonly from: number; readonly to: number }
  /** How many reads were answered from where so far; the rest came from the durable store. */
  | { readonly kind: 'served'; readonly inProcess: number; readonly shared: number }
  | { readonly kind: 'error'; readonly at: number; readonly message: string }

/** A history, or a single item. */
export interface Read {
  readonly kind: 'read'
  readonly from: number
  readonly to: number
  readonly session: string
  readonly strong: boolean
  readonly query: ReadQuery
  /** Item and what it says, item and what it says, and so on, in the order given. */
  readonly found: readonly Op[]
  /** Of items whose id this process has not written down, or that have another one now. */
  readonly ids?: Readonly<Record<Op, string>>
  /** After all is over: has to be just what the durable store has. */
  readonly isLast?: true
}

export interface ReadQuery {
  /** By id alone, nothing else. */
  readonly item?: Op
  readonly limit?: number
  /** Which end the limit counts from. @default "newest" */
  readonly from?: 'newest' | 'oldest'
  readonly after?: Op
  readonly before?: Op
}

/** All lines of one process, from its start to its death. */
export interface ProcessLog {
  readonly name: string
  readonly lines: readonly JournalLine[]
}

/** What was done to the servers; in microseconds of the same clock. */
export interface Fault {
  readonly kind: 'flush' | 'cut' | 'pause' | 'restart' | 'restore' | 'move'
  /** Just before it, and when the server answered again. */
  readonly from: number
  readonly to: number
  /** Of `restore`: between these two the snapshot was made. */
  readonly saved?: { readonly from: number; readonly to: number }
}

export function textOf(item: Op, wrote: Op, size: number): string {
  const head = `#${item}/${wrote} `
  return head + 'all quiet on the lake tonight '.repeat(Math.ceil(size / 30)).slice(0, Math.max(0, size - head.length))
}

export function readText(content: string): readonly [item: Op, wrote: Op] {
  const [, item, wrote] = /^#(\d+)\/(\d+) /.exec(content) ?? []
  return [Number(item), Number(wrote)]
}
