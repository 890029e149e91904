import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { ERASE_STEPS, STEPS } from '../../../src/lib/trace.ts'
import { Chance } from '../../support/random.ts'
import { TempFolder } from '../../support/temp-folder.ts'
import { runProcess } from '../support/killed-process.ts'
import { checkErased, scrub } from './checker.ts'
import { readJournals } from './journal.ts'
import { openMemory, type Role } from './traffic.ts'
import type { ProcessPlan } from './traffic-process.ts'

const SCRIPT = fileURLToPath(new URL('traffic-process.ts', import.meta.url))
export interface EraseOptions {
  /** Each with a file and users of its own. */
  readonly rounds: number
  readonly seed: number
  readonly onRound?: (report: EraseReport) => void
}

export interface EraseReport {
  readonly rounds: number
  readonly kills: number
  readonly erased: number
  /** Texts that were acknowledged. */
  readonly acknowledged: number
  readonly problems: readonly string[]
}

const USERS = 9
const VICTIMS: readonly number[] = [0, 2, 4, 6, 8]
const OPS_PER_PROCESS = 100_000
const FOREVER = 1_000_000
const TWO_HOURS_MS = 2 * 60 * 60_000
const KILL_STEPS = [...STEPS, ...ERASE_STEPS]

/** Erases users while others write, sweep and read, and processes are killed. Each choice follows from the seed. */
export async function eraseRounds({ rounds, seed, onRound }: EraseOptions): Promise<EraseReport> {
  using cache = new TempFolder()
  const report = { rounds: 0, kills: 0, erased: 0, acknowledged: 0, problems: [] as string[] }
  for (let round = 0; round < rounds; round++) {
    using file = new ErasedFile(seed * 1000 + round, cache.path)
    const problems = await file.run()
    report.rounds += 1
    report.kills += file.kills
    report.erased += VICTIMS.length
    report.acknowledged += file.acknowledged
    report.problems.push(...problems.map((problem) => `seed ${seed}, round ${round}: ${problem}`))
    onRound?.(report)
  }
  return report
}

class ErasedFile implements Disposable {
  readonly #folder = new TempFolder()
  readonly #chance: Chance
  readonly #compileCache: string
  readonly #journals: string[] = []
  #output = ''
  kills = 0
  acknowledged = 0

  constructor(seed: number, compileCache: string) {
    this.#chance = new Chance(seed)
    this.#compileCache = compileCache
    mkdirSync(this.#folder.file('signs'))
  }

  async run(): Promise<readonly string[]> {
    const { file } = this
    await Promise.all([this.#live('write'), this.#live('write')])
    // Each role goes on in a new process when one was killed.
    const lives = this.#chance.between(2, 4)
    const going = ['write', 'sweep', 'read'].map((role) => this.#lives(role as Role, lives + 1))
    await Promise.all([...going, this.#lives('erase', lives)])
    // Whom a kill has saved.
    await this.#process({ role: 'erase' }, undefined)
    // Not all at once, so that a killed second pass is put off and taken up again.
    await this.#process({ role: 'sweep', aheadMs: TWO_HOURS_MS, killAt: { step: 'erase:second-pass', occurrence: 2 } })
    for (let i = 2; i <= 4; i++) {
      await using memory = openMemory(file, i * TWO_HOURS_MS)
      await memory.runMigration()
    }
    await scrub(file)
    const journal = readJournals(this.#journals)
    this.acknowledged = journal.filter(({ kind }) => kind === 'wrote').length
    const aheadMs = 5 * TWO_HOURS_MS
    return checkErased({ file, journal, output: this.#output, victims: VICTIMS, aheadMs })
  }

  get file(): string {
    return this.#folder.file('memory.db')
  }

  async #lives(role: Role, count: number): Promise<void> {
    for (let i = 0; i < count; i++) await this.#live(role)
  }

  /** Ends by a kill at some moment, or at some step. */
  async #live(role: Role): Promise<void> {
    const killAfterMs = this.#chance.between(100, 500)
    const step = this.#chance.pick(role === 'erase' ? KILL_STEPS : STEPS)
    const killAt = { step, occurrence: this.#chance.between(1, 30) }
    const isAtStep = this.#chance.of(0.5) && role !== 'read'
    await this.#process({ role, ...(isAtStep && { killAt }) }, isAtStep ? 2 * killAfterMs : killAfterMs)
  }

  async #process(
    how: Pick<ProcessPlan, 'role' | 'killAt'> & { aheadMs?: number },
    killAfterMs?: number,
  ): Promise<void> {
    const number = this.#journals.length
    const journal = this.#folder.file(`journal-${number}.jsonl`)
    this.#journals.push(journal)
    const { signal, code, output } = await runProcess(
      SCRIPT,
      {
        aheadMs: 0,
        ...how,
        file: this.file,
        journal,
        seed: this.#chance.between(0, 2 ** 31),
        users: USERS,
        firstOp: number * OPS_PER_PROCESS,
        victims: VICTIMS,
        rounds: how.aheadMs === undefined ? FOREVER : 1,
        signs: this.#folder.file('signs'),
        compileCache: this.#compileCache,
      },
      killAfterMs,
    )
    this.#output += output
    if (signal === 'SIGKILL') this.kills += 1
    else if (code !== 0) throw new Error(`Cannot run ${how.role} (${code}, ${signal}): ${output.slice(-2000)}`)
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]()
  }
}
