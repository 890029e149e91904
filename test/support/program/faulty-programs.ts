import fc from 'fast-check'
import { DAY_MS } from '../items.ts'

/** What a user might do in one session, through managers whose stores lose replies. */
export type FaultyStep =
  | { readonly do: 'add'; readonly by: number; readonly count: number; readonly size: number }
  | { readonly do: 'add keyed'; readonly by: number; readonly key: number }
  | { readonly do: 'update' | 'delete'; readonly by: number; readonly index: number }
  | { readonly do: 'replace'; readonly by: number; readonly take: number }
  | { readonly do: 'pop' | 'delete session' | 'history' | 'pack' | 'demote' | 'promote' | 'sweep'; readonly by: number }
  | { readonly do: 'advance'; readonly ms: number }
  /** What was given up lands now. */
  | { readonly do: 'release' }
  | { readonly do: 'check' }

/** A random program, and what goes wrong meanwhile. */
export interface FaultyProgram {
  /** Fixes which calls fail, and how. */
  readonly seed: number
  readonly rate: number
  /** As of a {@link Program}. */
  readonly jitter: number | undefined
  readonly tailMaxItems: number
  readonly steps: readonly FaultyStep[]
}

const by = fc.nat(1)
const index = fc.nat(400)
const step: fc.Arbitrary<FaultyStep> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant('add'),
      by,
      count: fc.integer({ min: 1, max: 4 }),
      size: fc.constantFrom(1, 300),
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('add keyed'), by, key: fc.nat(9) }) },
  { weight: 14, arbitrary: fc.record({ do: fc.constantFrom('update', 'delete'), by, index }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('replace'), by, take: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('pop'), by }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete session'), by }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('history'), by }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constantFrom('pack', 'demote', 'promote', 'sweep', 'sweep'), by }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('advance'), ms: fc.constantFrom(100, DAY_MS / 3, 2 * DAY_MS) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('release') }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('check') }) },
)

/** Programs of at most so many steps. */
export function faultyPrograms(maxSteps: number): fc.Arbitrary<FaultyProgram> {
  return fc.record({
    seed: fc.nat(1_000_000),
    rate: fc.constantFrom(0.05, 0.2, 0.5),
    jitter: fc.option(fc.nat(1_000_000), { nil: undefined, freq: 3 }),
    tailMaxItems: fc.integer({ min: 3, max: 10 }),
    steps: fc.array(step, { minLength: 1, maxLength: maxSteps, size: 'max' }),
  })
}
