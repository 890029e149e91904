import { corrupt } from './segment-error.ts'

/** Appends a whole number from 0 to 2^53 - 1: seven bits a byte, lowest first, the top bit set on all but the last. */
export function writeVarint(to: number[], value: number): void {
  let rest = value
  while (rest >= 0x80) {
    to.push((rest % 0x80) | 0x80)
    rest = Math.floor(rest / 0x80)
  }
  to.push(rest)
}

/** Where a reader of single bytes stands. */
export interface ByteCursor {
  readonly bytes: Uint8Array
  at: number
}

/** @throws ThermoclineError `SEGMENT_CORRUPT` for one that is cut short, above 2^53 - 1, or longer than need be. */
export function readVarint(from: ByteCursor): number {
  let value = 0
  let weight = 1
  for (;;) {
    const byte = from.bytes[from.at]
    if (byte === undefined) throw corrupt('a number is cut short')
    from.at += 1
    value += (byte & 0x7f) * weight
    if (value > Number.MAX_SAFE_INTEGER) throw corrupt('a number is too large')
    if (byte < 0x80) {
      if (byte === 0 && weight > 1) throw corrupt('a number is longer than need be')
      return value
    }
    weight *= 0x80
  }
}
