import protobuf from 'protobufjs'

/** A profile, with texts and places in place of their numbers. */
export interface Pprof {
  /** Such as "wall/nanoseconds". */
  readonly kinds: readonly string[]
  readonly samples: readonly PprofSample[]
  /** Such as "space/bytes". */
  readonly periodKind: string
  readonly period: number
  /** Milliseconds since 1970. */
  readonly startedAt: number
  readonly durationMs: number
}

export interface PprofSample {
  /** Innermost first. */
  readonly stack: readonly PprofFrame[]
  readonly values: readonly number[]
}

export interface PprofFrame {
  readonly functionName: string
  readonly file: string
  readonly line: number
}

/** What is read of the format: https://github.com/google/pprof/blob/main/proto/profile.proto. */
const { root } = protobuf.parse(`
  syntax = "proto3";
  message ValueType { int64 type = 1; int64 unit = 2; }
  message Sample { repeated uint64 location = 1; repeated int64 value = 2; }
  message Line { uint64 function = 1; int64 line = 2; }
  message Location { uint64 id = 1; repeated Line line = 4; }
  message Function { uint64 id = 1; int64 name = 2; int64 file = 4; }
  message Profile {
    repeated ValueType kind = 1;
    repeated Sample sample = 2;
    repeated Location location = 4;
    repeated Function function = 5;
    repeated string text = 6;
    int64 time = 9;
    int64 duration = 10;
    ValueType periodKind = 11;
    int64 period = 12;
  }`)
const PROFILE = root.lookupType('Profile')

interface Raw {
  readonly kind: readonly RawKind[]
  readonly sample: readonly { readonly location: readonly number[]; readonly value: readonly number[] }[]
  readonly location: readonly {
    readonly id: number
    readonly line: readonly { readonly function: number; readonly line: number }[]
  }[]
  readonly function: readonly { readonly id: number; readonly name: number; readonly file: number }[]
  readonly text: readonly string[]
  readonly time: number
  readonly duration: number
  readonly periodKind: RawKind
  readonly period: number
}

interface RawKind {
  readonly type: number
  readonly unit: number
}

/** Reads a profile and fails where it contradicts itself: a number without its text, function or place. */
export function decodePprof(bytes: Uint8Array): Pprof {
  const raw = PROFILE.toObject(PROFILE.decode(bytes), { longs: Number, defaults: true, arrays: true }) as Raw
  if (raw.text[0] !== '') throw new Error('The first text is not empty')
  const functions = new Map(raw.function.map((one) => [one.id, one]))
  const text = (index: number): string => found(raw.text[index], 'text', index)
  const kind = ({ type, unit }: RawKind): string => `${text(type)}/${text(unit)}`
  const frames = new Map(
    raw.location.map(({ id, line }) => [
      id,
      line.map((place): PprofFrame => {
        const { name, file } = found(functions.get(place.function), 'function', place.function)
        return { functionName: text(name), file: text(file), line: place.line }
      }),
    ]),
  )
  return {
    kinds: raw.kind.map(kind),
    samples: raw.sample.map(({ location, value }) => {
      if (value.length !== raw.kind.length) throw new Error('A sample has too few values, or too many')
      return { stack: location.flatMap((id) => found(frames.get(id), 'place', id)), values: value }
    }),
    periodKind: kind(raw.periodKind),
    period: raw.period,
    startedAt: raw.time / 1e6,
    durationMs: raw.duration / 1e6,
  }
}

function found<T>(value: T | undefined, what: string, number: number): T {
  if (value === undefined) throw new Error(`There is no ${what} ${number}`)
  return value
}
