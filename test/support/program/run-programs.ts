import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { type MakeHot, openPlace, type Place, type PlaceKind, type Wrap } from '../place.ts'
import { Chance } from '../random.ts'
import { faultyPrograms } from './faulty-programs.ts'
import { jitteryStore } from './jittery-store.ts'
import { programs } from './programs.ts'
import { runFaultyProgram } from './run-faulty-program.ts'
import { runProgram } from './run-program.ts'

/** Where programs run, and whether the stores fail meanwhile. */
export interface Stage {
  readonly place: PlaceKind
  readonly faults: boolean
  /** Hot tiers on a real Redis, which whoever runs it has started. @default false */
  readonly redis?: boolean
}

export const STAGES: Readonly<Record<string, Stage>> = Object.freeze({
  'in-process': { place: 'in-process', faults: false },
  sqlite: { place: 'sqlite', faults: false },
  shared: { place: 'sqlite under a shared hot tier', faults: false },
  'in-process-faults': { place: 'in-process', faults: true },
  'sqlite-faults': { place: 'sqlite', faults: true },
  'shared-faults': { place: 'sqlite under a shared hot tier', faults: true },
})

/** The same on the Firestore emulator, which whoever runs them has started. */
export const FIRESTORE_STAGES: Readonly<Record<string, Stage>> = Object.freeze({
  firestore: { place: 'firestore', faults: false },
  'firestore-redis': { place: 'firestore', faults: false, redis: true },
  'firestore-faults': { place: 'firestore', faults: true },
  'firestore-redis-faults': { place: 'firestore', faults: true, redis: true },
})

export interface ProgramsOptions {
  readonly stage: Stage
  readonly seed: number
  /** Steps to take, at least. */
  readonly operations: number
  /** Ends the run earlier, in milliseconds. @default never */
  readonly maxMs?: number
  /** Around each store, for bugs. */
  readonly wrap?: Wrap
  /** Another hot tier than the stage's: called for each program, what it gives for each manager. */
  readonly hotTier?: () => MakeHot
  /** Makes the failing program shorter. @default true */
  readonly shrink?: boolean
  readonly onProgress?: (operations: number) => void
}

export interface ProgramsReport {
  /** Steps that were taken, those of shrinking not counted. */
  readonly operations: number
  /** In words, with the seed that repeats it. */
  readonly failure?: string
}

const PROGRAMS_PER_SEED = 10
const MAX_STEPS = 100
/** As long as a failing program is made shorter, in milliseconds. */
const SHRINK_MS = 60_000

/** Runs random programs, ten to a seed, until so many steps were taken or one fails. */
export async function runPrograms(options: ProgramsOptions): Promise<ProgramsReport> {
  const { stage, operations: wanted, maxMs = Number.POSITIVE_INFINITY, onProgress } = options
  const startedAt = performance.now()
  let operations = 0
  for (let seed = options.seed; operations < wanted && performance.now() - startedAt < maxMs; seed++) {
    const ran = stage.faults
      ? await check(seed, options, faultyPrograms(MAX_STEPS), runFaultyProgram)
      : await check(seed, options, programs(MAX_STEPS), runProgram)
    operations += ran.operations
    if (ran.failure !== undefined) return { operations, failure: ran.failure }
    onProgress?.(operations)
  }
  return { operations }
}

async function check<P extends { readonly jitter: number | undefined }>(
  seed: number,
  { stage, wrap, hotTier, shrink = true }: ProgramsOptions,
  arbitrary: fc.Arbitrary<P>,
  run: (place: Place, program: P, onStep: () => void) => Promise<void>,
): Promise<ProgramsReport> {
  let operations = 0
  let hasFailed = false
  const property = fc.asyncProperty(arbitrary, async (program) => {
    await using place = openPlace(stage.place, withJitter(program, wrap), hotTier?.())
    using unhandled = new UnhandledRejections()
    try {
      await run(place, program, () => {
        if (!hasFailed) operations += 1
      })
      await place.expectWhole()
      await unhandled.expectNone()
    } catch (error) {
      hasFailed = true
      throw error
    }
  })
  const result = await fc.check(property, {
    seed,
    numRuns: PROGRAMS_PER_SEED,
    endOnFailure: !shrink,
    interruptAfterTimeLimit: SHRINK_MS,
  })
  if (!result.failed || result.counterexample === null) return { operations }
  const [program] = result.counterexample
  const error: unknown = result.errorInstance
  const reason = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return { operations, failure: `seed ${seed}:\n${describe(program)}\n${reason}` }
}

function withJitter({ jitter }: { readonly jitter: number | undefined }, wrap: Wrap = (store) => store): Wrap {
  if (jitter === undefined) return wrap
  const chance = new Chance(jitter)
  return (store) => jitteryStore(wrap(store), chance)
}

/** Rejections that nobody waits for: they would end a process. */
class UnhandledRejections implements Disposable {
  readonly #errors: unknown[] = []
  readonly #note = (error: unknown): void => void this.#errors.push(error)

  constructor() {
    process.on('unhandledRejection', this.#note)
  }

  async expectNone(): Promise<void> {
    await turn()
    if (this.#errors.length > 0) throw new Error('a rejection was not handled', { cause: this.#errors[0] })
  }

  [Symbol.dispose](): void {
    process.off('unhandledRejection', this.#note)
  }
}

/** A program with one step to a line. */
function describe(program: unknown): string {
  return JSON.stringify(program).replaceAll('{"do":', '\n  {"do":')
}
