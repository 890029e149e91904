import type { Stamp } from '../stamp.ts'

const MS_CHARS = 10
const COUNTER_END = 14
const BITS_PER_CHAR = 5
const MAKER_CHARS = 13

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
  const counterText = counter === 0 ? '0000' : counter.toString(32).padStart(COUNTER_END - MS_CHARS, '0')
  return (ms.toString(32).padStart(MS_CHARS, '0') + counterText + maker) as Stamp
}
