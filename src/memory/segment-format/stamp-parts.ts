import type { Stamp } from '../stamp.ts'

const MS_CHARS = 10
const COUNTER_END = 14
const BITS_PER_CHAR = 5
const MAKER_CHARS = 13
const HALF = 2 ** 25

/** Bits of a maker's number as text: its 64, and one that a stamp's last character has to spare. */
export const MAKER_BITS: number = MAKER_CHARS * BITS_PER_CHAR
/** Bits of the milliseconds and of the counter as text. */
export const MS_BITS: number = MS_CHARS * BITS_PER_CHAR
export const COUNTER_BITS: number = (COUNTER_END - MS_CHARS) * BITS_PER_CHAR

/** A stamp taken apart. */
export interface StampParts {
  readonly ms: number
  readonly counter: number
  /** 13 characters of base-32. */
  readonly maker: string
}

export function splitStamp(stamp: Stamp): StampParts {
  return {
    ms: Number.parseInt(stamp.slice(0, MS_CHARS), 32),
    counter: Number.parseInt(stamp.slice(MS_CHARS, COUNTER_END), 32),
    maker: stamp.slice(COUNTER_END),
  }
}

/** `ms` below 2^50, `counter` below 2^20. */
export function joinStamp(ms: number, counter: number, maker: string): Stamp {
  // In halves, because turning numbers beyond 31 bits into text takes several times as long.
  const times = digits(Math.floor(ms / HALF), MS_CHARS / 2) + digits(ms % HALF, MS_CHARS / 2)
  return (times + digits(counter, COUNTER_END - MS_CHARS) + maker) as Stamp
}

function digits(value: number, count: number): string {
  return value.toString(32).padStart(count, '0')
}
