import fc from 'fast-check'
import protobuf from 'protobufjs'
import { describe, expect, it } from 'vitest'
import { ProtobufWriter } from '../../../src/telemetry/cloud-profiler/protobuf-writer.ts'

const { root } = protobuf.parse(`
  syntax = "proto3";
  message Inner { uint64 number = 1; }
  message Outer { uint64 number = 1; repeated uint64 numbers = 2; repeated string texts = 3; Inner inner = 400; }`)
const OUTER = root.lookupType('Outer')

describe('ProtobufWriter', () => {
  it('writes what another library reads', () => {
    const number = fc.oneof(fc.nat(), fc.maxSafeNat())
    fc.assert(
      fc.property(
        number,
        fc.array(number),
        fc.array(fc.string({ unit: 'binary' })),
        number,
        (one, numbers, texts, inner) => {
          const writer = new ProtobufWriter().integer(1, one).integers(2, numbers)
          for (const text of texts) writer.text(3, text)
          writer.message(400, (message) => message.integer(1, inner))
          const read = OUTER.toObject(OUTER.decode(writer.finish()), { longs: Number, defaults: true, arrays: true })
          expect(read).toEqual({ number: one, numbers, texts, inner: { number: inner } })
        },
      ),
    )
  })

  it.each([2n ** 63n - 1n, 2n ** 53n + 1n, 1_790_000_000_123_456_000n, 128n, 127n, 1n, 0n])('writes %s', (value) => {
    const bytes = new ProtobufWriter().integer(1, value).finish()
    const { number } = OUTER.toObject(OUTER.decode(bytes), { longs: String, defaults: true })
    expect(number).toBe(String(value))
  })
})
