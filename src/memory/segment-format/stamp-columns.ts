import type { Stamp } from '../stamp.ts'
import type { BitReader } from './bit-reader.ts'
import type { BitWriter } from './bit-writer.ts'
import { readIntegers, writeIntegers } from './integer-column.ts'
import { corrupt } from './segment-error.ts'
import { COUNTER_BITS, joinStamp, MS_BITS, type StampParts } from './stamp-parts.ts'
import { readSymbols, writeSymbols } from './symbol-column.ts'

/** Milliseconds of rising stamps: the first in 50 bits, then the differences from one to the next. */
export function writeTimes(bits: BitWriter, times: readonly number[]): void {
  const [first] = times
  if (first === undefined) return
  bits.write(first, MS_BITS)
  writeIntegers(
    bits,
    times.slice(1).map((ms, i) => ms - (times[i] as number)),
  )
}

/** @throws ThermoclineError `SEGMENT_CORRUPT` */
export function readTimes(bits: BitReader, count: number): number[] {
  if (count === 0) return []
  let ms = bits.read(MS_BITS)
  const times = [ms]
  for (const difference of readIntegers(bits, count - 1)) {
    ms += difference
    if (ms >= 2 ** MS_BITS) throw corrupt('a stamp is beyond all times')
    times.push(ms)
  }
  return times
}

/** What is left of stamps whose times are known: counters as integers, makers as symbols whose context is the one before. */
export function writeOrigins(
  bits: BitWriter,
  parts: readonly Omit<StampParts, 'ms'>[],
  makers: ReadonlyMap<string, number>,
): void {
  writeIntegers(
    bits,
    parts.map(({ counter }) => counter),
  )
  const symbols = parts.map(({ maker }) => makers.get(maker) as number)
  writeSymbols(bits, symbols, makers.size, (_at, before) => before)
}

/** @throws ThermoclineError `SEGMENT_CORRUPT` */
export function readStamps(bits: BitReader, times: readonly number[], makers: readonly string[]): Stamp[] {
  const counters = readIntegers(bits, times.length)
  if (counters.some((counter) => counter >= 2 ** COUNTER_BITS)) throw corrupt('a counter is too large')
  const symbols = readSymbols(bits, times.length, makers.length, (_at, before) => before)
  return times.map((ms, i) => joinStamp(ms, counters[i] as number, makers[symbols[i] as number] as string))
}

/** Whether each is above the one before. */
export function rises(stamps: readonly Stamp[]): boolean {
  return stamps.every((stamp, i) => i === 0 || (stamps[i - 1] as Stamp) < stamp)
}
