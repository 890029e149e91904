import { fileURLToPath } from 'node:url'
import { STEPS } from '../../../src/lib/trace.ts'
import { Chance } from '../../support/random.ts'
import { TempFolder } from '../../support/temp-folder.ts'
import { runProcess } from '../support/killed-process.ts'
import { readLines } from '../support/line-journal.ts'
import { checkPlace } from './checker.ts'
import { type Intent, type JournalLine, lastClock, nextOp } from './journal.ts'
import { type Ground, type GroundKind, openGround, type Place } from './places.ts'
import type { WriterMode } from './writer.ts'
import type { WriterProcessPlan } from './writer-process.ts'

const SCRIPT = fileURLToPath(new URL('writer-process.ts', import.meta.url))
export interface KillOptions {
  readonly kills: number
  readonly seed: number
  /** @default "sqlite" */
  readonly on?: GroundKind
  /** Ends early after so long. @default never */
  readonly maxMs?: number
  readonly onKill?: (report: KillReport) => void
}

export interface KillReport {
  readonly kills: number
  readonly acknowledged: number
  /** What the checker found, and in which round. */
  readonly problems: readonly string[]
}

/** Writers are killed at a place so often before the next one is begun: both young and grown ones are hit. */
const KILLS_PER_PLACE = 10
/** Places at once, each with a writer of its own. */
const LANES = 2
const START_AT: number = Date.UTC(2026, 0, 1)
const FOREVER = 1_000_000
const MODES: readonly WriterMode[] = ['seal', 'archive', 'rehydrate']

/** Kills writers at random moments. Each choice follows from the seed; what a kill hits is up to the machine. */
export async function killAtRandom(options: KillOptions): Promise<KillReport> {
  await using ground = await openGround(options.on ?? 'sqlite')
  using cache = await compileCache(ground)
  const deadline = performance.now() + (options.maxMs ?? Number.POSITIVE_INFINITY)
  const tally = new Tally(options.onKill)
  await inLanes(Math.ceil(options.kills / KILLS_PER_PLACE), async (place) => {
    using target = new Target(`seed ${options.seed}, place ${place}`, options.seed * 1000 + place, ground, cache.path)
    const kills = Math.min(KILLS_PER_PLACE, options.kills - place * KILLS_PER_PLACE)
    for (let kill = 0; kill < kills && performance.now() < deadline; kill++) {
      await target.round(`kill ${kill}`, { mode: 'all' }, tally)
    }
  })
  return tally
}

export interface StepKillOptions {
  readonly seed: number
  /** @default "sqlite" */
  readonly on?: GroundKind
  /** At which times that a writer comes to a step, counted from 1. */
  readonly occurrences: readonly number[]
}

/** Kills writers at every named step of every kind of rewrite. */
export async function killAtSteps(options: StepKillOptions): Promise<KillReport> {
  await using ground = await openGround(options.on ?? 'sqlite')
  using cache = await compileCache(ground)
  const cases = MODES.flatMap((mode) => STEPS.map((step) => ({ mode, step })))
  const tally = new Tally(undefined)
  await inLanes(cases.length, async (i) => {
    const { mode, step } = cases[i]!
    using target = new Target(`seed ${options.seed}, ${mode}`, options.seed * 1000 + i, ground, cache.path)
    for (const occurrence of options.occurrences)
      await target.round(`${step} for time ${occurrence}`, { mode, killAt: { step, occurrence } }, tally)
  })
  return tally
}

/** One growing memory and its writers, one after another. */
class Target implements Disposable {
  readonly #name: string
  readonly #folder = new TempFolder()
  readonly #chance: Chance
  readonly #ground: Ground
  readonly #place: Place
  readonly #compileCache: string

  constructor(name: string, seed: number, ground: Ground, compileCache: string) {
    this.#name = name
    this.#ground = ground
    this.#place = ground.place()
    this.#chance = new Chance(seed)
    this.#compileCache = compileCache
  }

  async round(name: string, how: Pick<WriterProcessPlan, 'mode' | 'killAt'>, tally: Tally): Promise<void> {
    const journal = this.#folder.file('journal.jsonl')
    const before = readLines<JournalLine>(journal)
    const keyed = before.filter((line): line is Intent => line.kind === 'intent' && line.keyedAt !== undefined)
    const plan: WriterProcessPlan = {
      ...how,
      where: this.#place.where,
      journal,
      seed: this.#chance.between(0, 2 ** 31),
      firstOp: nextOp(before),
      startAt: lastClock(before, START_AT) + 1,
      // As a resumed import would: what may have been lost, and some of what was not.
      resend: keyed.slice(-12).filter(() => this.#chance.of(0.7)),
      rounds: FOREVER,
      compileCache: this.#compileCache,
    }
    const killAfterMs = this.#chance.between(...this.#ground.killsAfterMs)
    const end = await runProcess(SCRIPT, plan, how.killAt === undefined ? killAfterMs : undefined)
    const lines = readLines<JournalLine>(journal)
    const written = lines.slice(before.length)
    const problems = [...(await checkPlace(this.#place, lines))]
    if (end.signal !== 'SIGKILL') problems.push(`the writer ended by itself (${end.code}): ${end.output}`)
    if (how.killAt !== undefined && !written.some(({ kind }) => kind === 'step'))
      problems.push('the writer never came to the step')
    tally.add(
      written.filter(({ kind }) => kind === 'ack').length,
      problems.map((problem) => `${this.#name}, ${name}: ${problem}`),
    )
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]()
  }
}

class Tally implements KillReport {
  kills = 0
  acknowledged = 0
  readonly problems: string[] = []
  readonly #onKill: KillOptions['onKill']

  constructor(onKill: KillOptions['onKill']) {
    this.#onKill = onKill
  }

  add(acknowledged: number, problems: readonly string[]): void {
    this.kills += 1
    this.acknowledged += acknowledged
    this.problems.push(...problems)
    this.#onKill?.(this)
  }
}

/** A folder with all that a writer compiles, left by one that ends by itself: those that are killed leave nothing. */
async function compileCache(ground: Ground): Promise<TempFolder> {
  const folder = new TempFolder()
  const plan: WriterProcessPlan = {
    where: ground.place().where,
    journal: folder.file('journal.jsonl'),
    mode: 'all',
    seed: 1,
    firstOp: 0,
    startAt: START_AT,
    resend: [],
    rounds: 3,
    compileCache: folder.path,
  }
  const end = await runProcess(SCRIPT, plan, undefined)
  if (end.code !== 0) throw new Error(`Cannot run a writer: ${end.output}`)
  return folder
}

async function inLanes(count: number, body: (i: number) => Promise<void>): Promise<void> {
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < count) await body(next++)
  }
  await Promise.all(Array.from({ length: LANES }, lane))
}
