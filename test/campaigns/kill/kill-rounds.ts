import { STEPS } from '../../../src/lib/trace.ts'
import { Chance } from '../../support/random.ts'
import { TempFolder } from '../../support/temp-folder.ts'
import { checkFile } from './checker.ts'
import { type Intent, lastClock, nextOp, readJournal } from './journal.ts'
import { runWriter } from './run-writer.ts'
import type { WriterMode } from './writer.ts'
import type { WriterProcessPlan } from './writer-process.ts'

export interface KillOptions {
  readonly kills: number
  readonly seed: number
  /** Ends early after so long. @default never */
  readonly maxMs?: number
  readonly onRound?: (done: number) => void
}

export interface KillReport {
  readonly kills: number
  readonly acknowledged: number
  /** What the checker found, with the seed and number of the round. */
  readonly problems: readonly string[]
}

/** A file is killed at so often before the next one is begun: both young and grown ones are hit. */
const KILLS_PER_FILE = 10
/** Files at once, each with a writer of its own. */
const LANES = 2
const START_AT: number = Date.UTC(2026, 0, 1)
const FOREVER = 1_000_000

/** Kills writers at random moments. Each choice follows from the seed; what a kill hits is up to the machine. */
export async function killAtRandom(options: KillOptions): Promise<KillReport> {
  const files = Math.ceil(options.kills / KILLS_PER_FILE)
  const deadline = performance.now() + (options.maxMs ?? Number.POSITIVE_INFINITY)
  const tally = new Tally(options.onRound)
  await inLanes(files, async (file) => {
    using target = new Target(options.seed * 1000 + file)
    const kills = Math.min(KILLS_PER_FILE, options.kills - file * KILLS_PER_FILE)
    for (let i = 0; i < kills && performance.now() < deadline; i++) {
      await target.round('all', undefined, `file ${file}, kill ${i}`, tally)
    }
  })
  return tally
}

/** Kills writers at every named step of every kind of rewrite, for the first time that they come to it and for later ones. */
export async function killAtSteps(options: { readonly seed: number; readonly occurrences: readonly number[] }): Promise<KillReport> {
  const modes: readonly WriterMode[] = ['seal', 'archive', 'rehydrate']
  const cases = modes.flatMap((mode) => STEPS.map((step) => ({ mode, step })))
  const tally = new Tally(undefined)
  await inLanes(cases.length, async (i) => {
    const { mode, step } = cases[i]!
    using target = new Target(options.seed * 1000 + i)
    for (const occurrence of options.occurrences)
      await target.round(mode, { step, occurrence }, `${mode}, ${step} for time ${occurrence}`, tally)
  })
  return tally
}

/** One growing file and its writers, one after another. */
class Target implements Disposable {
  readonly #folder = new TempFolder()
  readonly #seed: number
  readonly #chance: Chance

  constructor(seed: number) {
    this.#seed = seed
    this.#chance = new Chance(seed)
  }

  async round(mode: WriterMode, killAt: WriterProcessPlan['killAt'], name: string, tally: Tally): Promise<void> {
    const journal = this.#folder.file('journal.jsonl')
    const file = this.#folder.file('memory.db')
    const before = readJournal(journal)
    const keyed = before.filter((line): line is Intent => line.kind === 'intent' && line.keyedAt !== undefined)
    const plan: WriterProcessPlan = {
      file,
      journal,
      mode,
      seed: this.#chance.between(0, 2 ** 31),
      firstOp: nextOp(before),
      startAt: lastClock(before, START_AT) + 1,
      // As a resumed import would: what may have been lost, and some of what was not.
      resend: keyed.slice(-8).filter(() => this.#chance.of(0.7)),
      rounds: FOREVER,
      ...(killAt !== undefined && { killAt }),
    }
    const killAfterMs = this.#chance.between(20, 300)
    const end = await runWriter(plan, killAt === undefined ? killAfterMs : undefined)
    const lines = readJournal(journal)
    const problems = [...(await checkFile(file, lines))]
    if (end.signal !== 'SIGKILL') problems.push(`the writer ended by itself (${end.code}): ${end.stderr}`)
    if (killAt !== undefined && !lines.slice(before.length).some(({ kind }) => kind === 'step'))
      problems.push('the writer never came to the step')
    const acknowledged = lines.slice(before.length).filter(({ kind }) => kind === 'ack').length
    tally.add(acknowledged, problems.map((problem) => `seed ${this.#seed}, ${name}: ${problem}`))
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]()
  }
}

class Tally implements KillReport {
  kills = 0
  acknowledged = 0
  readonly problems: string[] = []
  readonly #onRound: KillOptions['onRound']

  constructor(onRound: KillOptions['onRound']) {
    this.#onRound = onRound
  }

  add(acknowledged: number, problems: readonly string[]): void {
    this.kills += 1
    this.acknowledged += acknowledged
    this.problems.push(...problems)
    this.#onRound?.(this.kills)
  }
}

async function inLanes(count: number, body: (i: number) => Promise<void>): Promise<void> {
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < count) await body(next++)
  }
  await Promise.all(Array.from({ length: LANES }, lane))
}
