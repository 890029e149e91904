import { bodyOf, freezeInside } from '../../memory/item-body.ts'
import type { ItemBody, MemoryItem } from '../../memory/memory-item.ts'
import type { SessionIdentity, SessionKey } from '../../memory/session.ts'
import { stampOf } from '../../memory/session.ts'
import { STAMP_CHARS, type Stamp } from '../../memory/stamp.ts'
import type { SessionCopy, StoredCopy, StoredEntry, StoredUnit } from '../../tiers/hot/session-copy.ts'

/*
 * One session, one Redis string:
 *
 *     "<stamp>",{body},\n   one record per item, rising by stamp
 *     [owner, fence, units] one line of ASCII JSON, the head
 *     footer                of fixed width, ASCII: n, newest stamp, items, proven at, complete, length of the head, "C"
 *
 * A reader takes as many bytes from the end as it needs, and the records it finds are JSON once brackets are put around
 * them. What must be known of the whole lies at the end, so that one GETRANGE brings it too; an append writes over head
 * and footer and puts them back behind the new records.
 *
 * A lease is a string too: a token, the server's time at which it was left, "L".
 */

const N_CHARS = 16
const COUNT_CHARS = 8
const TIME_CHARS = 14
const HEAD_LENGTH_CHARS = 6

/** Where the fields of a footer begin, and how long they are. Lua counts from 1. */
export const FOOTER: {
  readonly n: Field
  readonly newest: Field
  readonly items: Field
  readonly provenAt: Field
  readonly complete: Field
  readonly headLength: Field
  readonly chars: number
} = Object.freeze(footerFields())

interface Field {
  readonly at: number
  readonly chars: number
}

/** Bytes beside the records that a read has to reckon with; a longer head is met by reading once more. */
export const ROOM_FOR_HEAD = 512

/** No item has this stamp, and every one sorts after it. */
const NO_STAMP = '0'.repeat(STAMP_CHARS)

export interface CopyLog {
  readonly kind: 'copy'
  readonly n: number
  /** By the server's clock, milliseconds since 1970. */
  readonly provenAt: number
  readonly complete: boolean
  /** As many of the newest as were wanted, or as there are. */
  readonly entries: readonly StoredEntry[]
  readonly head: DecodedHead
  /** How long a record is, on average. */
  readonly itemChars: number
}

export interface LeaseText {
  readonly kind: 'lease'
  readonly text: string
}

export type LogText = CopyLog | LeaseText | { readonly kind: 'nothing' } | { readonly kind: 'cut' }

const NOTHING = Object.freeze({ kind: 'nothing' })
/** There is more than the text shows. */
export const CUT: { readonly kind: 'cut' } = Object.freeze({ kind: 'cut' })

/** The records of items, as they stand in a log. */
export function encodeRecords(items: readonly MemoryItem[]): string {
  let text = ''
  for (const item of items) text += `"${stampOf(item.id)}",${JSON.stringify(bodyOf(item))},\n`
  return text
}

/** A copy without the time at which it was proven: that is the server's to say. */
export function encodeCopy(copy: SessionCopy): { readonly records: string; readonly head: string } {
  const { tenantId, userId, sessionId } = copy.session
  const units = copy
    .storedUnits()
    .map(({ facts: { id, isArchive, newestAt, heat }, after }) => [
      id,
      after,
      isArchive ? 1 : 0,
      newestAt,
      heat.reads,
      heat.recent,
    ])
  const head = JSON.stringify([[tenantId, userId, sessionId], copy.shownFence ?? null, units])
  return { records: encodeRecords(copy.items), head: toAscii(head) }
}

/** The footer of a copy, apart from {@link FOOTER.provenAt}, which stands between the two parts. */
export function encodeFooter(copy: SessionCopy, headChars: number): readonly [before: string, after: string] {
  const newest = copy.items.at(-1)
  return [
    pad(copy.n, N_CHARS) + (newest === undefined ? NO_STAMP : stampOf(newest.id)) + pad(copy.items.length, COUNT_CHARS),
    `${copy.complete ? 1 : 0}${pad(headChars, HEAD_LENGTH_CHARS)}C`,
  ]
}

/** A counter as text of the width that it has in a footer: Lua's numbers would lose digits, and text compares as well. */
export function encodeCount(n: number): string {
  return pad(n, N_CHARS)
}

/** What a reader knows of the text, or remembers of the key. */
export interface Reading {
  /** So many of the newest items are wanted. */
  readonly newest: number
  /** False: it is only the end of the string. */
  readonly mayBeWhole: boolean
  /** Of the last reading: it seldom changes. */
  readonly head?: DecodedHead | undefined
}

/**
 * What the end of a string says. `cut` where the text has too little of it to tell, or fewer items than are wanted
 * though there are more.
 * @throws SyntaxError where it is no text of ours
 */
export function decodeLog(key: SessionKey, text: string, { newest, mayBeWhole, head: known }: Reading): LogText {
  const kind = text.charCodeAt(text.length - 1)
  if (kind === LEASE) return { kind: 'lease', text }
  if (kind !== COPY) return NOTHING
  const footerAt = text.length - FOOTER.chars
  if (footerAt < 0) return CUT
  const field = ({ at, chars }: Field): string => text.slice(footerAt + at, footerAt + at + chars)
  const headAt = footerAt - Number(field(FOOTER.headLength))
  if (headAt < 0) return CUT
  const items = Number(field(FOOTER.items))
  const wanted = Math.min(newest, items)
  const records = mayBeWhole ? wholeRecords(text, headAt, items) : undefined
  const start = records === undefined ? text.indexOf('\n') + 1 : 0
  // A text that is cut begins with a part of a record.
  const flat = records ?? (start === 0 || start > headAt ? [] : parseRecords(text.slice(start, headAt)))
  const found = flat.length / 2
  if (found < wanted) return CUT
  const headText = text.slice(headAt, footerAt)
  return {
    kind: 'copy',
    n: Number(field(FOOTER.n)),
    provenAt: Number(field(FOOTER.provenAt)),
    complete: wanted === items && field(FOOTER.complete) === '1',
    entries: entriesOf(flat, found - wanted),
    head: known?.text === headText ? known : decodeHead(key, headText),
    itemChars: found === 0 ? 0 : (headAt - start) / found,
  }
}

/** All records, if the text begins with the first of them: otherwise it can't be read, or has not as many. */
function wholeRecords(text: string, end: number, items: number): FlatRecords | undefined {
  try {
    const records = parseRecords(text.slice(0, end))
    return records.length === 2 * items ? records : undefined
  } catch {
    return undefined
  }
}

/** The part of a copy that appends leave as it is. */
export interface DecodedHead {
  readonly text: string
  readonly session: SessionIdentity
  readonly shownFence: string | undefined
  readonly units: readonly StoredUnit[]
}

function decodeHead(key: SessionKey, text: string): DecodedHead {
  const [[tenantId, userId, sessionId], fence, units] = JSON.parse(text) as Head
  return {
    // A copy: a slice would keep all that it was cut out of alive, for as long as it is remembered.
    text: Buffer.from(text, 'latin1').toString('latin1'),
    session: Object.freeze({ key, tenantId, userId, sessionId }),
    shownFence: fence ?? undefined,
    units: units.map(([id, after, isArchive, newestAt, reads, recent]) => ({
      facts: { id, isArchive: isArchive === 1, newestAt, heat: { reads, recent } },
      after,
    })),
  }
}

type Head = readonly [
  owner: readonly [tenantId: string, userId: string, sessionId: string],
  fence: string | null,
  units: readonly (readonly [
    id: string,
    after: Stamp | '',
    isArchive: number,
    newestAt: number,
    reads: number,
    recent: readonly number[],
  ])[],
]

/** Stamp, body, stamp, body and so on. */
type FlatRecords = readonly (string | ItemBody)[]

function parseRecords(text: string): FlatRecords {
  return text === '' ? [] : (JSON.parse(`[${text.slice(0, -2)}]`) as FlatRecords)
}

function entriesOf(flat: FlatRecords, from: number): readonly StoredEntry[] {
  const entries: StoredEntry[] = new Array(flat.length / 2 - from)
  for (let i = 0; i < entries.length; i++) {
    const at = 2 * (from + i)
    entries[i] = { stamp: flat[at] as Stamp, body: freezeInside(flat[at + 1] as ItemBody) }
  }
  return entries
}

/** A log as what the tiers read, `provenForMs` of it left. */
export function toStoredCopy({ n, complete, entries, head }: CopyLog, provenForMs: number): StoredCopy {
  const { session, shownFence, units } = head
  return { session, n, shownFence, complete, entries, units, provenForMs }
}

const LEASE = 'L'.charCodeAt(0)
const COPY = 'C'.charCodeAt(0)

function pad(value: number, chars: number): string {
  return String(value).padStart(chars, '0')
}

/** So that bytes and characters are the same, wherever the head is cut out. */
function toAscii(json: string): string {
  return json.replace(/[\u007f-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function footerFields() {
  const fields = { n: N_CHARS, newest: STAMP_CHARS, items: COUNT_CHARS, provenAt: TIME_CHARS, complete: 1 }
  let at = 0
  const placed = (chars: number): Field => {
    at += chars
    return Object.freeze({ at: at - chars, chars })
  }
  return {
    n: placed(fields.n),
    newest: placed(fields.newest),
    items: placed(fields.items),
    provenAt: placed(fields.provenAt),
    complete: placed(fields.complete),
    headLength: placed(HEAD_LENGTH_CHARS),
    // And one that says what kind of string it is.
    chars: at + 1,
  }
}
