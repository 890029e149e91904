import { writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { TieredStorageManager } from '../../../src/thermocline.ts'
import { Chance } from '../../support/random.ts'
import { TempFolder } from '../../support/temp-folder.ts'
import { microseconds } from '../erase/journal.ts'
import { runProcess } from '../support/killed-process.ts'
import { readLines } from '../support/line-journal.ts'
import { USER, WORKER_OPTIONS } from './bounds.ts'
import { checkRace, type RaceFindings } from './checker.ts'
import { type Fault, type JournalLine, type ProcessLog, readText } from './journal.ts'
import { chooseFault, durationMs, type PlannedFault, strike } from './redis-faults.ts'
import { evictedKeys, type RedisTarget, startTarget, type TargetKind } from './redis-target.ts'
import type { KeyedItem } from './worker.ts'
import type { WorkerProcessPlan } from './worker-process.ts'

export interface RaceOptions {
  readonly seed: number
  /** How long the workers are at it, in milliseconds. */
  readonly forMs: number
  /** @default "single" */
  readonly target?: TargetKind
  /** @default all, at random */
  readonly faults?: (chance: Chance) => PlannedFault | undefined
  /** Name of a bug that all workers have. The round ends as soon as the checker finds something. */
  readonly bug?: string
}

export interface RaceReport extends RaceFindings {
  /** Those of the problems that the checker found in the log; others are processes that ended by themselves, say. */
  readonly complaints: readonly string[]
  readonly kills: number
  readonly faults: Readonly<Record<string, number>>
  readonly evicted: number
  readonly served: { readonly inProcess: number; readonly shared: number }
}

const SCRIPT = fileURLToPath(new URL('worker-process.ts', import.meta.url))
const WORKERS = 3
const OPS_OF_PROCESS = 1_000_000
/** A bug is looked for so often. */
const LOOK_EVERY_MS = 500
/** After so long, a line of a process that is alive is in its file. */
const WRITTEN_AFTER_US = 200_000

/** Workers race on one file and one Redis, to which something is done all the time. */
export async function raceRound(options: RaceOptions): Promise<RaceReport> {
  await using target = await startTarget(options.target ?? 'single')
  using round = new Round(options, target)
  return await round.run()
}

class Round implements Disposable {
  readonly #options: RaceOptions
  readonly #target: RedisTarget
  readonly #folder = new TempFolder()
  readonly #faults: Fault[] = []
  readonly #names: string[] = []
  readonly #problems: string[] = []
  readonly #startedAt = microseconds()
  readonly #endsAt: number
  readonly #over = new AbortController()
  #kills = 0
  #evicted = 0

  constructor(options: RaceOptions, target: RedisTarget) {
    this.#options = options
    this.#target = target
    this.#endsAt = this.#startedAt + options.forMs * 1000
  }

  async run(): Promise<RaceReport> {
    const lanes = Array.from({ length: WORKERS }, (_, lane) => this.#work(lane))
    const [, findings] = await Promise.all([this.#harm(), this.#lookOut(), ...lanes])
    const found = findings ?? checkRace(this.#logs(), this.#faults)
    if (!findings) await this.#compareLast()
    const faults: Record<string, number> = {}
    for (const { kind } of this.#faults) faults[kind] = (faults[kind] ?? 0) + 1
    return {
      ...found,
      complaints: found.problems,
      problems: [...this.#problems, ...found.problems],
      kills: this.#kills,
      faults,
      evicted: this.#evicted,
      served: this.#served(),
    }
  }

  async #work(lane: number): Promise<void> {
    const { seed, bug } = this.#options
    const chance = new Chance(seed * 10 + lane)
    for (let life = 0; microseconds() < this.#endsAt && !this.#over.signal.aborted; life++) {
      const number = lane + life * WORKERS
      const name = `process-${lane}-${life}`
      const plan: WorkerProcessPlan = {
        file: this.#folder.file('memory.db'),
        journal: this.#folder.file(`${name}.jsonl`),
        redis: this.#target.options,
        seed: chance.between(0, 2 ** 31),
        firstOp: (number + 1) * OPS_OF_PROCESS,
        startedAt: this.#startedAt,
        endsAt: this.#endsAt,
        resend: this.#unsettled(lane, life),
        compileCache: this.#folder.path,
        ...(bug !== undefined && { bug: { name: bug, found: this.#folder.file('found') } }),
      }
      this.#names.push(name)
      // Those that are alive near the end live to see it.
      const killAfterMs = chance.between(2000, 12_000)
      const leftMs = (this.#endsAt - microseconds()) / 1000
      const isKilled = leftMs > killAfterMs + 3000
      const end = await runProcess(SCRIPT, plan, isKilled ? killAfterMs : undefined)
      if (end.signal === 'SIGKILL' && isKilled) this.#kills += 1
      else if (this.#over.signal.aborted) return
      else if (end.code !== 0) this.#problems.push(`${name} ended by itself (${end.code}): ${end.output}`)
      else if (end.output !== 'ready\n') this.#problems.push(`${name} said: ${end.output}`)
    }
  }

  /** Of the process that was killed before: what it may not have sent, and some of what it has. */
  #unsettled(lane: number, life: number): readonly KeyedItem[] {
    if (life === 0) return []
    const lines = readLines<JournalLine>(this.#folder.file(`process-${lane}-${life - 1}.jsonl`))
    const keyed = lines.flatMap((line): KeyedItem[] =>
      line.kind === 'begin' && line.keyed ? [{ ...line.keyed, session: line.session, item: line.item }] : [],
    )
    return keyed.slice(-5)
  }

  async #harm(): Promise<void> {
    const { seed, faults = chooseFault, bug } = this.#options
    const chance = new Chance(seed)
    for (;;) {
      const waitMs = chance.between(300, bug === undefined ? 2500 : 800)
      const fault = faults(chance)
      const which = chance.between(0, 100)
      const lastsMs = fault === undefined ? 0 : durationMs(fault)
      // The servers are well at the end.
      if (microseconds() + (waitMs + lastsMs + 500) * 1000 > this.#endsAt) break
      await delay(waitMs, undefined, { signal: this.#over.signal }).catch(() => undefined)
      if (this.#over.signal.aborted) return
      if (fault === undefined) continue
      const evicted = await evictedKeys(this.#target.servers)
      const i = this.#faults.length
      await strike(this.#target, fault, which, (now) => {
        this.#faults[i] = now
      })
      // A server that starts again counts anew.
      if (fault.kind === 'restart' || fault.kind === 'restore') this.#evicted += evicted
    }
    this.#evicted += await evictedKeys(this.#target.servers)
  }

  /** Where there is a bug, the round is over once it is found. */
  async #lookOut(): Promise<RaceFindings | undefined> {
    if (this.#options.bug === undefined) return undefined
    while (microseconds() < this.#endsAt) {
      await delay(LOOK_EVERY_MS)
      const findings = checkRace(linesUpTo(this.#logs(), microseconds() - WRITTEN_AFTER_US), this.#faults)
      if (findings.problems.length === 0) continue
      this.#over.abort()
      writeFileSync(this.#folder.file('found'), '')
      return findings
    }
    return undefined
  }

  #logs(): readonly ProcessLog[] {
    return this.#names.map((name) => ({ name, lines: readLines<JournalLine>(this.#folder.file(`${name}.jsonl`)) }))
  }

  #served(): { readonly inProcess: number; readonly shared: number } {
    const last = this.#logs().map(({ lines }) => lines.findLast((line) => line.kind === 'served'))
    return {
      inProcess: last.reduce((sum, line) => sum + (line?.inProcess ?? 0), 0),
      shared: last.reduce((sum, line) => sum + (line?.shared ?? 0), 0),
    }
  }

  /** What each process read last has to be what there is. */
  async #compareLast(): Promise<void> {
    await using memory = new TieredStorageManager({ ...WORKER_OPTIONS, path: this.#folder.file('memory.db') })
    const truth = new Map<string, string>()
    for (const { name, lines } of this.#logs()) {
      for (const line of lines) {
        if (line.kind !== 'read' || !line.isLast) continue
        const { session } = line
        let expected = truth.get(session)
        if (expected === undefined) {
          const items = await memory.getConversationHistory({ userId: USER, sessionId: session })
          expected = items.map(({ content }) => readText(content).join('/')).join(' ')
          truth.set(session, expected)
        }
        const found = line.found
          .map((op, i) => (i % 2 === 0 ? op : `/${op} `))
          .join('')
          .trim()
        if (found === expected) continue
        const kind = line.strong ? 'strong' : 'default'
        this.#problems.push(`${session}: the last ${kind} read of ${name} is ${found}, but there is ${expected}`)
      }
    }
    if (truth.size === 0) this.#problems.push('no process came to its last reads')
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]()
  }
}

/** What was there at a time, of all processes alike. */
function linesUpTo(logs: readonly ProcessLog[], at: number): readonly ProcessLog[] {
  const isEarly = (line: JournalLine): boolean => {
    if (line.kind === 'read' || line.kind === 'stall') return line.to <= at
    return line.kind === 'served' || line.at <= at
  }
  return logs.map(({ name, lines }) => ({ name, lines: lines.filter(isEarly) }))
}
