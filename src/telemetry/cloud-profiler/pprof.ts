import { ProtobufWriter } from './protobuf-writer.ts'

/** A place in the program. */
export interface StackFrame {
  readonly functionName: string
  /** Path or URL; empty for what is part of V8. */
  readonly file: string
  /** Line where the function begins, counted from 1; 0 where there is none. */
  readonly startLine: number
  /** Line that was run, or allocated; 0 where it is not known. */
  readonly line: number
}

export interface StackSample {
  /** Innermost first. */
  readonly stack: readonly StackFrame[]
  /** As many as the profile has kinds. */
  readonly values: readonly number[]
}

/** What is counted, and in which unit. */
export interface ValueKind {
  readonly type: string
  readonly unit: 'count' | 'microseconds' | 'bytes'
}

export interface StackProfile {
  readonly kinds: readonly ValueKind[]
  readonly samples: readonly StackSample[]
  /** How much of the last kind lies between two samples. */
  readonly period: number
  /** Milliseconds since 1970. */
  readonly startedAt: number
  readonly durationMs: number
}

/** The profile in the format of pprof, not compressed: https://github.com/google/pprof/blob/main/proto/profile.proto. */
export function encodePprof(profile: StackProfile): Uint8Array {
  const { kinds, samples, period, startedAt, durationMs } = profile
  const out = new ProtobufWriter()
  const texts = new Numbering<string>((text) => text)
  // The first text of the table has to be the empty one.
  texts.of('')
  const functions = new Numbering<StackFrame>((frame) => `${frame.startLine} ${frame.functionName} ${frame.file}`, 1)
  const lines = new Numbering<StackFrame>((frame) => `${frame.line} ${functions.of(frame)}`, 1)
  const kind = ({ type, unit }: ValueKind) => {
    return (message: ProtobufWriter) => message.integer(1, texts.of(type)).integer(2, texts.of(unit))
  }
  for (const one of kinds) out.message(1, kind(one))
  for (const { stack, values } of samples) {
    const places = stack.map((frame) => lines.of(frame))
    out.message(2, (message) => message.integers(1, places).integers(2, values))
  }
  for (const [frame, id] of lines.all()) {
    const line = (message: ProtobufWriter) => message.integer(1, functions.of(frame)).integer(2, frame.line)
    out.message(4, (message) => message.integer(1, id).message(4, line))
  }
  for (const [frame, id] of functions.all()) {
    const name = texts.of(frame.functionName)
    const file = texts.of(frame.file)
    out.message(5, (message) =>
      message.integer(1, id).integer(2, name).integer(3, name).integer(4, file).integer(5, frame.startLine),
    )
  }
  out.integer(9, nanoseconds(startedAt)).integer(10, nanoseconds(durationMs))
  const last = kinds.at(-1)
  if (last) out.message(11, kind(last))
  out.integer(12, period)
  for (const [text] of texts.all()) out.text(6, text)
  return out.finish()
}

function nanoseconds(ms: number): bigint {
  return BigInt(Math.round(ms * 1000)) * 1000n
}

/** Numbers in the order of the first use. */
class Numbering<T> {
  readonly #keyOf: (value: T) => string
  readonly #first: number
  readonly #numbered = new Map<string, readonly [T, number]>()

  constructor(keyOf: (value: T) => string, first = 0) {
    this.#keyOf = keyOf
    this.#first = first
  }

  of(value: T): number {
    const key = this.#keyOf(value)
    const known = this.#numbered.get(key)
    if (known) return known[1]
    const id = this.#numbered.size + this.#first
    this.#numbered.set(key, [value, id])
    return id
  }

  all(): Iterable<readonly [T, number]> {
    return this.#numbered.values()
  }
}
