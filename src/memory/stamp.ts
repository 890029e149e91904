import { createHash, randomBytes } from 'node:crypto'
import { base32 } from '../lib/base32.ts'

/**
 * Position of an item in its session: a hybrid logical clock reading, written so that text order is time order.
 * 27 characters of base-32 (0-9a-v): 10 of milliseconds, 4 of a counter, 13 of the maker's random number.
 * Hybrid logical clocks: Kulkarni et al., "Logical Physical Clocks", OPODIS 2014.
 */
export type Stamp = string & { readonly __stamp: never }

/** How far another maker's stamp may lie ahead of our clock and still be adopted, in milliseconds. */
export const MAX_STAMP_LEAD_MS: number = 5 * 60_000

const MS_CHARS = 10
const COUNTER_CHARS = 4
const MAKER_CHARS = 13
export const STAMP_CHARS: number = MS_CHARS + COUNTER_CHARS + MAKER_CHARS
/** Highest counter of a stamp. */
export const MAX_COUNTER = 0xffff
const MAX_MS = 2 ** 48 - 1
const STAMP_PATTERN = /^[0-9a-v]{27}$/

export function isStamp(text: string): text is Stamp {
  return STAMP_PATTERN.test(text)
}

/** Milliseconds since 1970 that the stamp was made at. */
export function stampMs(stamp: Stamp): number {
  return Number.parseInt(stamp.slice(0, MS_CHARS), 32)
}

/** Whether what was made at a stamp is gone for good; an `erasedTo` of 0 erases nothing, not even what is of time 0. */
export function isErased(stamp: Stamp, erasedTo: number): boolean {
  return erasedTo > 0 && stampMs(stamp) <= erasedTo
}

/** The lowest stamp of that millisecond, for windows by time: `stamp >= firstStampAt(t)` means "made at t or later". */
export function firstStampAt(ms: number): Stamp {
  const clamped = Math.min(Math.max(Math.ceil(ms), 0), MAX_MS)
  return clamped.toString(32).padStart(MS_CHARS, '0').padEnd(STAMP_CHARS, '0') as Stamp
}

/** Makes stamps that rise, also when the wall clock steps back, and that no other maker makes. */
export class StampMaker {
  readonly #maker: string
  #ms = 0
  #counter = 0
  #msText = ''

  /** `random`: 8 bytes, drawn once; two makers alive at once must never share them. */
  constructor(random: Uint8Array = randomBytes(8)) {
    this.#maker = base32(random).padEnd(MAKER_CHARS, '0').slice(0, MAKER_CHARS)
    this.#set(0, 0)
  }

  /** Of the latest stamp that it has made or learnt of, in milliseconds since 1970. */
  get ms(): number {
    return this.#ms
  }

  next(now: number): Stamp {
    const ms = Math.trunc(now)
    if (ms > this.#ms) this.#set(ms, 0)
    else if (this.#counter < MAX_COUNTER) this.#counter += 1
    else this.#set(this.#ms + 1, 0)
    return (this.#msText + this.#counter.toString(32).padStart(COUNTER_CHARS, '0') + this.#maker) as Stamp
  }

  /** What is made next is of this millisecond or later, whatever the clock says. */
  reach(ms: number): void {
    if (ms > this.#ms) this.#set(ms, 0)
  }

  /** Learns of a stamp that was read or acknowledged, so that what is made next sorts after it. */
  observe(stamp: Stamp, now: number): void {
    const ms = stampMs(stamp)
    if (ms < this.#ms || ms > now + MAX_STAMP_LEAD_MS) return
    const counter = Number.parseInt(stamp.slice(MS_CHARS, MS_CHARS + COUNTER_CHARS), 32)
    if (ms > this.#ms) this.#set(ms, counter)
    else if (counter > this.#counter) this.#counter = counter
  }

  #set(ms: number, counter: number): void {
    this.#ms = ms
    this.#counter = counter
    this.#msText = ms.toString(32).padStart(MS_CHARS, '0')
  }
}

/**
 * The stamp of an item with an idempotency key: the same key and time give the same stamp in every process. Of items of
 * one millisecond, `sequence` says the order; without it, it is that of a hash.
 */
export function keyedStamp(createdAt: number, idempotencyKey: string, sequence?: number): Stamp {
  const digest = createHash('sha256').update(idempotencyKey).digest()
  const ms = Math.trunc(createdAt).toString(32).padStart(MS_CHARS, '0')
  const counter = (sequence ?? digest.readUInt16BE(0)).toString(32).padStart(COUNTER_CHARS, '0')
  return (ms + counter + base32(digest.subarray(2, 10)).padEnd(MAKER_CHARS, '0')) as Stamp
}
