import { mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TieredStorageManagerOptions } from '../../../src/thermocline.ts'
import { TieredStorageManager } from '../../../src/thermocline.ts'
import { Chance } from '../../support/random.ts'
import { TempFolder } from '../../support/temp-folder.ts'
import { type ConversationFile, FILE_KINDS, makeConversationFile } from './conversation-file.ts'
import { Disturber, replay } from './disturber.ts'
import { differences, fileProblems, type MemoryState, readState } from './memory-state.ts'
import { type CommandPlace, runCommand } from './run-command.ts'
import { GrowingFile, type ImportOutcome, importUntilDone } from './victim.ts'

export interface RoundsOptions {
  readonly rounds: number
  readonly seed: number
  /** Fewest and most messages of a file. */
  readonly messages: readonly [min: number, max: number]
  /** Begins no round after so long. @default never */
  readonly maxMs?: number
  readonly onRound?: (report: RoundsReport) => void
}

export interface RoundsReport {
  readonly rounds: number
  readonly kills: number
  /** What others changed meanwhile. */
  readonly changes: number
  /** Items that the memories held in the end. */
  readonly items: number
  /** What is not as it should be, and in which round. */
  readonly problems: readonly string[]
}

const LANES = 2
const MAX_KILLS = 8
/** When the files were last changed. */
const FILE_TIME = new Date(Date.UTC(2025, 2, 1))

/** Rounds of one file each. Choices follow from the seed; what a kill hits is up to the machine. */
export async function importRounds({ rounds, seed, messages, maxMs, onRound }: RoundsOptions): Promise<RoundsReport> {
  using cache = new TempFolder()
  const deadline = performance.now() + (maxMs ?? Number.POSITIVE_INFINITY)
  let next = 0
  let total: RoundsReport = { rounds: 0, kills: 0, changes: 0, items: 0, problems: [] }
  const lane = async (): Promise<void> => {
    while (next < rounds && performance.now() < deadline) {
      const number = next++
      const chance = new Chance(seed * 1000 + number)
      const file = await makeConversationFile(FILE_KINDS[number % FILE_KINDS.length]!, chance, messages)
      using round = new Round(file, chance, cache.path)
      await round.run()
      total = {
        rounds: total.rounds + 1,
        kills: total.kills + round.kills,
        changes: total.changes + round.changes,
        items: total.items + round.items,
        problems: [
          ...total.problems,
          ...round.problems.map((problem) => `seed ${seed}, round ${number}, ${file.name}: ${problem}`),
        ],
      }
      onRound?.(total)
    }
  }
  await Promise.all(Array.from({ length: LANES }, lane))
  return total
}

/** One file that is imported twice: undisturbed, and as badly as can be. In the end both memories are the same. */
class Round implements Disposable {
  readonly problems: string[] = []
  kills = 0
  changes = 0
  items = 0
  readonly #folder = new TempFolder()
  readonly #file: ConversationFile
  readonly #chance: Chance
  readonly #compileCache: string
  readonly #options: TieredStorageManagerOptions

  constructor(file: ConversationFile, chance: Chance, compileCache: string) {
    this.#file = file
    this.#chance = chance
    this.#compileCache = compileCache
    // So low that seals, merges and archives happen all the time.
    this.#options = {
      tailMaxItems: chance.pick([4, 12, 40]),
      tailMaxBytes: chance.pick([2048, 16 * 1024]),
      archiveMaxBytes: 40 * 1024,
      ...{ hotTierMaxAgeDays: 0, warmTierMaxAgeDays: 0, tierMigrationInterval: 0 },
    }
  }

  async run(): Promise<void> {
    const [reference, victim] = [this.#place('reference', {}), this.#place('victim', this.#options)]
    const grows = this.#file.canGrow && this.#chance.of(0.4)
    const files = [reference, victim].map(({ folder }) => join(folder, this.#file.name))
    for (const path of files) writeFileSync(path, this.#file.text)
    for (const path of files) utimesSync(path, FILE_TIME, FILE_TIME)
    // A file that grows changes its time, so that of items without one has to be said.
    const args = ['import', this.#file.name, '--quiet', ...(grows ? ['--created-at', '2025-02-01'] : [])]
    const startedAt = performance.now()
    await this.#run(args, reference)
    const undisturbedMs = performance.now() - startedAt

    const options = { ...this.#options, path: memoryOf(victim) }
    const disturber = new Disturber(new Chance(this.#chance.between(0, 2 ** 31)), options)
    const growing = grows ? new GrowingFile(files[1]!, this.#file.text, this.#chance.of(0.2) ? 0 : 0.4) : undefined
    const plan = {
      args,
      place: victim,
      disturber,
      maxKills: MAX_KILLS,
      undisturbedMs,
      ...(growing && { file: growing }),
    }
    // Two at the same time, now and then.
    const importers = Array.from({ length: this.#chance.of(0.25) ? 2 : 1 }, (_, i) =>
      importUntilDone(plan, new Chance(this.#chance.between(0, 2 ** 31) + i)),
    )
    for (const outcome of await Promise.all(importers)) this.#note(outcome)
    await disturber.disturb(4)
    this.changes = disturber.changes.length
    this.problems.push(...(await replay(disturber.changes, { path: memoryOf(reference) })))

    const expected = await this.#state(reference)
    for (const { items } of expected.values()) this.items += items.length
    this.#compare('after all imports', expected, await this.#state(victim))
    await this.#run(args, victim)
    this.#compare('after one more import', expected, await this.#state(victim))
    this.problems.push(...(await fileProblems(memoryOf(victim), this.#options)))
    this.#compare('after a sweep', expected, await this.#state(victim))
    await this.#moveElsewhere(victim, expected, undisturbedMs)
  }

  /** What `export` gives of a memory, and another one that imports it, is the same. */
  async #moveElsewhere(from: CommandPlace, expected: MemoryState, undisturbedMs: number): Promise<void> {
    const elsewhere = this.#place('elsewhere', this.#options)
    const [first, second] = [join(elsewhere.folder, 'first.jsonl'), join(elsewhere.folder, 'second.jsonl')]
    await this.#run(['export', '--quiet', '--output', first], from)
    const plan = { args: ['import', first, '--quiet'], place: elsewhere, maxKills: MAX_KILLS / 2, undisturbedMs }
    this.#note(await importUntilDone(plan, this.#chance))
    await this.#run(['export', '--quiet', '--output', second], elsewhere)
    if (linesBySession(first) !== linesBySession(second)) this.problems.push('the export of its export has other lines')
    this.#compare('elsewhere', withoutNothing(expected), withoutNothing(await this.#state(elsewhere)))
  }

  #place(name: string, options: TieredStorageManagerOptions): CommandPlace {
    const folder = this.#folder.file(name)
    mkdirSync(folder)
    writeFileSync(join(folder, 'thermocline.json'), JSON.stringify({ ...options, path: 'memory.db' }))
    return { folder, compileCache: this.#compileCache }
  }

  async #run(args: readonly string[], place: CommandPlace): Promise<void> {
    const { code, signal, stderr } = await runCommand(args, place)
    if (code !== 0) this.problems.push(`${args.join(' ')} ended with ${code ?? signal}: ${stderr}`)
  }

  #note({ kills, problems }: ImportOutcome): void {
    this.kills += kills
    this.problems.push(...problems)
  }

  async #state(place: CommandPlace): Promise<MemoryState> {
    await using memory = new TieredStorageManager({ path: memoryOf(place) })
    return await readState(memory)
  }

  #compare(when: string, expected: MemoryState, found: MemoryState): void {
    this.problems.push(...differences(expected, found).map((problem) => `${when}, ${problem}`))
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]()
  }
}

function memoryOf({ folder }: CommandPlace): string {
  return join(folder, 'memory.db')
}

/** Without sessions of which all items were deleted, and nothing is said: an import does not make those. */
function withoutNothing(state: MemoryState): MemoryState {
  return new Map([...state].filter(([, { about, items }]) => items.length > 0 || Object.keys(about).length > 0))
}

/** An export without its first line and such sessions, in one order: they come by when they are due for a sweep. */
function linesBySession(path: string): string {
  const [, ...sessions] = readFileSync(path, 'utf8')
    .trimEnd()
    .split(/\n(?=\{"session":)/)
  return sessions
    .filter((lines) => /\n|"metadata"|"retentionDays"/.test(lines))
    .sort()
    .join('\n')
}
