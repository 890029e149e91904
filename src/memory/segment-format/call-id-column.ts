import type { ItemBody } from '../memory-item.ts'
import type { ColumnSink, ColumnSource } from './columns.ts'
import { TOOL_RESULT } from './content-type-column.ts'
import { readHits, writeHits } from './hits.ts'
import { type Positions, readPresence, writePresence } from './optional-column.ts'
import { readOther, writeOther } from './symbol-column.ts'
import { readTexts, writeTexts } from './text-column.ts'

/** Call ids by number as they first come up, and which came up once more: a call and its result share an id. */
class Calls {
  readonly #answered: boolean[] = []
  #longestWaiting = 0

  get size(): number {
    return this.#answered.length
  }

  /** Results come in the order of their calls, so one belongs to the call that waits longest; all else is a new call. */
  expected(type: number): number {
    return type === TOOL_RESULT ? this.#longestWaiting : this.size
  }

  learn(number: number): void {
    this.#answered[number] = number < this.size
    while (this.#answered[this.#longestWaiting]) this.#longestWaiting += 1
  }
}

/** Who has an id; which of them is the expected one; the others' numbers; then the distinct ids as texts. */
export function writeCallIds(sink: ColumnSink, types: readonly number[], bodies: readonly ItemBody[]): void {
  const positions = writePresence(sink, types, (at) => bodies[at]?.callId !== undefined)
  if (positions.length === 0) return
  const calls = new Calls()
  const numbers = new Map<string, number>()
  const steps = positions.map((at) => {
    const id = bodies[at]?.callId as string
    const number = numbers.get(id) ?? numbers.size
    numbers.set(id, number)
    const step = { number, expected: calls.expected(types[at] as number), size: calls.size + 1 }
    calls.learn(number)
    return step
  })
  writeHits(
    sink.bits,
    steps.map(({ number, expected }) => number === expected),
  )
  for (const { number, expected, size } of steps) if (number !== expected) writeOther(sink.bits, number, expected, size)
  writeTexts(sink, [...numbers.keys()])
}

/** @throws ThermoclineError `SEGMENT_CORRUPT` */
export function readCallIds(source: ColumnSource, types: readonly number[]): { positions: Positions; ids: string[] } {
  const positions = readPresence(source, types)
  if (positions.length === 0) return { positions, ids: [] }
  const calls = new Calls()
  const hits = readHits(source.bits, positions.length)
  const numbers = positions.map((at, i) => {
    const expected = calls.expected(types[at] as number)
    const number = hits[i] ? expected : readOther(source.bits, expected, calls.size + 1)
    calls.learn(number)
    return number
  })
  const ids = readTexts(source, calls.size)
  return { positions, ids: numbers.map((number) => ids[number] as string) }
}
