import type { ItemBody } from '../memory-item.ts'
import type { ColumnSink, ColumnSource } from './columns.ts'
import { type Positions, readPresence, writePresence } from './optional-column.ts'
import { corrupt } from './segment-error.ts'
import { symbolBits } from './symbol-column.ts'
import { readTexts, writeTexts } from './text-column.ts'

/** Number of `tool_result` among the known content types. */
const TOOL_RESULT = 3

/**
 * Call ids seen so far, and which of them still waits for its second item: a call and its result share an id, and results
 * come in the order of their calls.
 */
class Calls {
  readonly #waiting = new Set<number>()
  size = 0

  /** The number expected next: of the call that waits longest for a result, of a new call for anything else. */
  expected(type: number): number {
    const [longest] = this.#waiting
    return type === TOOL_RESULT && longest !== undefined ? longest : this.size
  }

  learn(number: number): void {
    if (number < this.size) this.#waiting.delete(number)
    else {
      this.#waiting.add(number)
      this.size += 1
    }
  }
}

/** Who has an id; for each a bit where it is the expected one, else its number; then the distinct ids as texts. */
export function writeCallIds(sink: ColumnSink, types: readonly number[], bodies: readonly ItemBody[]): void {
  const positions = writePresence(sink, types, (at) => bodies[at]?.callId !== undefined)
  if (positions.length === 0) return
  const calls = new Calls()
  const numbers = new Map<string, number>()
  for (const at of positions) {
    const id = bodies[at]?.callId as string
    const number = numbers.get(id) ?? numbers.size
    const expected = calls.expected(types[at] as number) === number
    sink.bits.flag(expected)
    if (!expected) sink.bits.write(number, symbolBits(calls.size + 1))
    numbers.set(id, number)
    calls.learn(number)
  }
  writeTexts(sink, [...numbers.keys()])
}

/** @throws ThermoclineError `SEGMENT_CORRUPT` */
export function readCallIds(source: ColumnSource, types: readonly number[]): { positions: Positions; ids: string[] } {
  const positions = readPresence(source, types)
  if (positions.length === 0) return { positions, ids: [] }
  const calls = new Calls()
  const numbers = positions.map((at) => {
    const expected = source.bits.flag()
    const number = expected ? calls.expected(types[at] as number) : source.bits.read(symbolBits(calls.size + 1))
    if (number > calls.size) throw corrupt('a call id comes before its first')
    calls.learn(number)
    return number
  })
  const ids = readTexts(source, calls.size)
  return { positions, ids: numbers.map((number) => ids[number] as string) }
}
