import { status } from '@grpc/grpc-js'
import type { Message } from './firestore-protocol.ts'

/** What Firestore bills, in operations of the Standard edition: https://cloud.google.com/firestore/pricing */
export interface Bill {
  readonly reads: number
  readonly writes: number
  readonly deletes: number
  /** Commits and single writes that failed; they cost nothing. */
  readonly failedCommits: number
}

export const NO_BILL: Bill = Object.freeze({ reads: 0, writes: 0, deletes: 0, failedCommits: 0 })

/** What a method costs. Not known of listeners, to whom the emulator sends all again at each change, and of write streams. */
interface Tariff {
  /** For each message of the answer. */
  readonly response?: (response: Message, request: Message) => Bill
  /** At the end of the answer, beside what its messages cost. */
  readonly end?: (end: CallEnd) => Bill
}

interface CallEnd {
  readonly request: Message
  readonly code: status
  /** What the messages of the answer cost. */
  readonly billed: Bill
}

const ENTRIES_PER_READ = 1_000

const READ = bill({ reads: 1 })
const WRITE = bill({ writes: 1 })
const DELETE = bill({ deletes: 1 })
const FAILED = bill({ failedCommits: 1 })

const TARIFFS: Readonly<Record<string, Tariff>> = {
  GetDocument: { end: ({ code }) => (code === status.OK || code === status.NOT_FOUND ? READ : NO_BILL) },
  BatchGetDocuments: { response: ({ found, missing }) => (found || missing ? READ : NO_BILL) },
  ListDocuments: { response: ({ documents }) => bill({ reads: Math.max(1, listOf(documents).length) }) },
  ListCollectionIds: { response: () => READ },
  RunQuery: {
    response: ({ document }) => (document ? READ : NO_BILL),
    end: (end) => sumOf([atLeastOneRead(end), skippedIn(end)]),
  },
  RunAggregationQuery: {
    response: ({ result }, request) => bill({ reads: Math.ceil(countIn(result, request) / ENTRIES_PER_READ) }),
    end: atLeastOneRead,
  },
  Commit: { end: ({ request, code }) => ifDone(code, sumOf(listOf(request.writes).map(costOf))) },
  CreateDocument: { end: ({ code }) => ifDone(code, WRITE) },
  UpdateDocument: { end: ({ code }) => ifDone(code, WRITE) },
  DeleteDocument: { end: ({ code }) => ifDone(code, DELETE) },
  BatchWrite: {
    response: (response, request) => {
      const codes = listOf(response.status).map(({ code }) => numberOf(code))
      return sumOf(listOf(request.writes).map((write, index) => ifDone(codes[index] ?? status.OK, costOf(write))))
    },
  },
}

export function billOfResponse(method: string, response: Message, request: Message): Bill {
  return TARIFFS[method]?.response?.(response, request) ?? NO_BILL
}

export function billOfEnd(method: string, end: CallEnd): Bill {
  return TARIFFS[method]?.end?.(end) ?? NO_BILL
}

export function sumOf(bills: readonly Bill[]): Bill {
  return bills.reduce(
    (sum, { reads, writes, deletes, failedCommits }) => ({
      reads: sum.reads + reads,
      writes: sum.writes + writes,
      deletes: sum.deletes + deletes,
      failedCommits: sum.failedCommits + failedCommits,
    }),
    NO_BILL,
  )
}

function bill(some: Partial<Bill>): Bill {
  return Object.freeze({ ...NO_BILL, ...some })
}

/** Also one that finds nothing. */
function atLeastOneRead({ code, billed }: CallEnd): Bill {
  return code === status.OK && billed.reads === 0 ? READ : NO_BILL
}

/**
 * Asked for rather than told: the emulator names the skipped documents in each message but the last. Where nothing is
 * behind them, it says nothing of how many they were, and they are not counted.
 */
function skippedIn({ request, billed }: CallEnd): Bill {
  return billed.reads > 0 ? bill({ reads: numberOf(messageOf(request.structuredQuery).offset) }) : NO_BILL
}

function ifDone(code: status, cost: Bill): Bill {
  return code === status.OK ? cost : FAILED
}

function costOf(write: Message): Bill {
  if (write.delete !== undefined) return DELETE
  return write.update || write.transform ? WRITE : NO_BILL
}

/** Index entries that a count() went over. Sums and averages alone don't say how many they are of. */
function countIn(result: unknown, request: Message): number {
  const { aggregations } = messageOf(request.structuredAggregationQuery)
  const values = messageOf(messageOf(result).aggregateFields)
  const counted = listOf(aggregations).filter(({ count }) => count)
  return Math.max(0, ...counted.map(({ alias }) => numberOf(messageOf(values[String(alias)]).integerValue)))
}

function messageOf(field: unknown): Message {
  return typeof field === 'object' && field !== null ? (field as Message) : {}
}

function listOf(field: unknown): readonly Message[] {
  return Array.isArray(field) ? field : []
}

function numberOf(field: unknown): number {
  return typeof field === 'number' ? field : 0
}
