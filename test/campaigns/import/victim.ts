import { appendFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import type { Chance } from '../../support/random.ts'
import type { Disturber } from './disturber.ts'
import type { KillPlan } from './kill-plan.ts'
import { type CommandEnd, type CommandPlace, runCommand } from './run-command.ts'

/** A file that is written while it is imported. */
export class GrowingFile {
  readonly #path: string
  readonly #bytes: Buffer
  #written: number

  /** @param share how much of it is there at first, 0 to 1 */
  constructor(path: string, text: string, share: number) {
    this.#path = path
    this.#bytes = Buffer.from(text)
    this.#written = Math.round(share * this.#bytes.length)
    writeFileSync(path, this.#bytes.subarray(0, this.#written))
  }

  get isWhole(): boolean {
    return this.#written === this.#bytes.length
  }

  /** By so many bytes: a line, and a letter, may be cut. */
  grow(bytes: number): void {
    const end = Math.min(this.#written + bytes, this.#bytes.length)
    appendFileSync(this.#path, this.#bytes.subarray(this.#written, end))
    this.#written = end
  }

  complete(): void {
    this.grow(this.#bytes.length)
  }
}

export interface ImportPlan {
  readonly args: readonly string[]
  readonly place: CommandPlace
  readonly file?: GrowingFile
  /** Absent: nobody else does anything to the memory. */
  readonly disturber?: Disturber
  /** After so many kills it is left alone. */
  readonly maxKills: number
  /** How long an import took that nobody killed, in milliseconds. */
  readonly undisturbedMs: number
}

export interface ImportOutcome {
  readonly kills: number
  readonly problems: readonly string[]
}

/** So many things somebody does while one import runs, at most. */
const MAX_CHANGES = 12

/** Imports again and again, killed each time, until one import has ended by itself with all of the file. */
export async function importUntilDone(plan: ImportPlan, chance: Chance): Promise<ImportOutcome> {
  const { args, file, disturber, maxKills } = plan
  let kills = 0
  for (let run = 0; ; run++) {
    const wasWhole = file === undefined || file.isWhole
    const kill = run < maxKills ? killPlan(chance, plan.undisturbedMs) : undefined
    const end = await runBesideOthers(plan, chance, kill)
    if (end.signal === 'SIGKILL' && kill !== undefined) kills += 1
    else if (end.code === 0 && wasWhole) return { kills, problems: [] }
    // What was cut off in the midst of a line is refused, and imported by the next one.
    else if (wasWhole || !(end.code === 0 || /^refused: |UTF-8/m.test(end.stderr))) {
      const command = `${args.map((arg) => basename(arg)).join(' ')}, run ${run}`
      return { kills, problems: [`${command}: ended by itself with ${end.code ?? end.signal}: ${end.stderr}`] }
    }
    if (disturber !== undefined && chance.of(0.6)) await disturber.disturb(chance.between(1, 6))
    if (run + 1 >= maxKills) file?.complete()
    else file?.grow(chance.between(0, 60_000))
  }
}

/** One import, while others do what they like. */
async function runBesideOthers(
  { args, place, file, disturber }: ImportPlan,
  chance: Chance,
  kill: KillPlan | undefined,
): Promise<CommandEnd> {
  const isBusy = disturber !== undefined && chance.of(0.5)
  let hasEnded = false
  let others: Promise<void> | undefined
  const end = await runCommand(args, place, kill, () => {
    if (isBusy) others = disturber.disturb(MAX_CHANGES, () => hasEnded)
    if (isBusy) file?.grow(20_000)
  })
  hasEnded = true
  await others
  return end
}

/** Some die before they have opened anything, some in the first calls, and some at the end. */
function killPlan(chance: Chance, undisturbedMs: number): KillPlan {
  if (chance.of(0.4)) return { kind: 'after', ms: chance.between(30, Math.round(undisturbedMs)) }
  // As many of 1 to 3 as of 30 to 100.
  const count = Math.ceil(10 ** (chance.between(0, 2000) / 1000))
  return { kind: chance.of(0.4) ? 'at call' : 'at step', count }
}
