import type { ItemBody } from '../memory-item.ts'
import { isStamp, keyedStamp, type Stamp } from '../stamp.ts'
import type { ColumnSink, ColumnSource } from './columns.ts'
import { readMakers, writeMakers } from './maker-table.ts'
import { readPresence, writePresence } from './optional-column.ts'
import type { SegmentContent } from './segment-content.ts'
import { corrupt } from './segment-error.ts'
import { readSigned, writeSigned } from './signed-column.ts'
import { readStamps, readTimes, rises, writeOrigins, writeTimes } from './stamp-columns.ts'
import { splitStamp } from './stamp-parts.ts'
import { readSymbols, writeSymbols } from './symbol-column.ts'
import { readTexts, writeTexts } from './text-column.ts'

/** What places the items of a segment: in its order, in time, and against being added twice. */
export interface Placed {
  readonly stamps: readonly Stamp[]
  readonly createdAt: readonly number[]
  readonly idempotencyKeys: ReadonlyMap<number, string>
  readonly gone: readonly Stamp[]
}

/**
 * Times of the stamps; createdAt less those; idempotency keys; which keyed stamps are not the ones made from key and time
 * (all others cost nothing more); times of the deleted; the makers; counters and makers of both.
 */
export function writePlaced(sink: ColumnSink, types: readonly number[], content: SegmentContent): void {
  const { bits } = sink
  const bodies = content.entries.map(({ body }) => body)
  const parts = content.entries.map(({ stamp }) => splitStamp(stamp))
  const gone = content.gone.map(splitStamp)
  writeTimes(
    bits,
    parts.map(({ ms }) => ms),
  )
  writeSigned(
    bits,
    bodies.map(({ createdAt }, at) => createdAt - (parts[at]?.ms as number)),
  )
  const keyed = writePresence(sink, types, (at) => bodies[at]?.idempotencyKey !== undefined)
  const derived = new Set<number>()
  if (keyed.length > 0) {
    writeTexts(
      sink,
      keyed.map((at) => bodies[at]?.idempotencyKey as string),
    )
    for (const at of keyed) if (derive(bodies[at] as ItemBody) === content.entries[at]?.stamp) derived.add(at)
    const symbols = keyed.map((at) => (derived.has(at) ? 0 : 1))
    writeSymbols(bits, symbols, 2, () => 0)
  }
  writeTimes(
    bits,
    gone.map(({ ms }) => ms),
  )
  const made = parts.filter((_part, at) => !derived.has(at))
  const makers = writeMakers(
    bits,
    [...made, ...gone].map(({ maker }) => maker),
  )
  writeOrigins(bits, made, makers)
  writeOrigins(bits, gone, makers)
}

/** @throws ThermoclineError `SEGMENT_CORRUPT` */
export function readPlaced(source: ColumnSource, types: readonly number[], goneCount: number): Placed {
  const { bits } = source
  const times = readTimes(bits, types.length)
  const createdAt = readSigned(bits, types.length).map((difference, at) => (times[at] as number) + difference)
  const keyed = readPresence(source, types)
  const keys = keyed.length > 0 ? readTexts(source, keyed.length) : []
  const idempotencyKeys = new Map(keyed.map((at, i) => [at, keys[i] as string]))
  const strangers = keyed.length > 0 ? readSymbols(bits, keyed.length, 2, () => 0) : []
  const derived = new Map<number, Stamp>()
  keyed.forEach((at, i) => {
    if (strangers[i] === 1) return
    const stamp = keyedStamp(createdAt[at] as number, keys[i] as string)
    if (!isStamp(stamp)) throw corrupt('an item has no stamp')
    derived.set(at, stamp)
  })
  const goneTimes = readTimes(bits, goneCount)
  const makers = readMakers(bits)
  const made = readStamps(
    bits,
    times.filter((_ms, at) => !derived.has(at)),
    makers,
  ).values()
  const gone = readStamps(bits, goneTimes, makers)
  const stamps = times.map((_ms, at) => derived.get(at) ?? (made.next().value as Stamp))
  if (!rises(stamps) || !rises(gone)) throw corrupt('stamps do not rise')
  return { stamps, createdAt, idempotencyKeys, gone }
}

function derive(body: ItemBody): Stamp {
  return keyedStamp(body.createdAt, body.idempotencyKey as string)
}
