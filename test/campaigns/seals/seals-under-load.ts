import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { setTimeout as delay } from 'node:timers/promises'
import { STEP_CHANNEL, type StepEvent } from '../../../src/lib/trace.ts'
import { TieredStorageManager } from '../../../src/thermocline.ts'
import { openGround } from '../kill/places.ts'

export interface SealLoad {
  readonly seconds: number
  readonly addsPerSecond: number
}

export interface SealLoadReport {
  /** What is wrong, in words. */
  readonly problems: readonly string[]
  /** To the session that is sealed. */
  readonly adds: number
  readonly seals: number
  /** Commits of a seal that others came before, so that they were tried again. */
  readonly lostCommits: number
  readonly sealP50Ms: number
  readonly longestTail: number
  /** Adds that were under way together with a seal, and how long they took. */
  readonly addsWhileSealing: number
  readonly whileSealingP50Ms: number
  /** The other adds to that session. */
  readonly betweenSealsP50Ms: number
  /** The same adds at the same time to a session that is as short and is never sealed. */
  readonly neverSealedP50Ms: number
}

const USER = 'seals-campaign'
const TAIL_MAX_ITEMS = 20
const ITEM_CHARS = 300
/** Without a first few seconds in which everything is compiled. */
const WARM_UP_SECONDS = 5
/** An add that waits for its turn behind a seal has no more than so many times the p50 of others. */
const MAX_RATIO = 2

interface Add {
  readonly from: number
  readonly to: number
}

/** Adds at a steady rate to a session that is sealed all the time, and each time to one beside it that never is. */
export async function sealsUnderLoad({ seconds, addsPerSecond }: SealLoad): Promise<SealLoadReport> {
  await using ground = await openGround('firestore+redis')
  const place = ground.place()
  const options = { ...place.where, tierMigrationInterval: 0 } as const
  await using sealing = new TieredStorageManager({ ...options, tailMaxItems: TAIL_MAX_ITEMS })
  await using keeping = new TieredStorageManager({ ...options, tailMaxItems: 10_000 })
  const content = 'all quiet on the lake tonight '.repeat(ITEM_CHARS / 30)
  const add = async (memory: TieredStorageManager, sessionId: string): Promise<Add> => {
    const from = performance.now()
    await memory.addMemoryItem({ userId: USER, sessionId, content, contentType: 'user_message' })
    return { from, to: performance.now() }
  }
  const sealed: Promise<Add>[] = []
  const kept: Promise<Add>[] = []
  const addToBoth = (): void => {
    sealed.push(add(sealing, 'sealed'))
    kept.push(add(keeping, `kept ${Math.floor(kept.length / TAIL_MAX_ITEMS)}`))
  }
  // A seal is over so soon that hardly any add at a steady rate meets one: each is met by one more.
  const seals = new SealWatch(addToBoth)
  const startedAt = performance.now()
  const due = (WARM_UP_SECONDS + seconds) * addsPerSecond
  for (let i = 0; i < due; i++) {
    addToBoth()
    await delay(Math.max(0, startedAt + ((i + 1) * 1000) / addsPerSecond - performance.now()))
  }
  seals.stop()
  const begin = startedAt + WARM_UP_SECONDS * 1000
  const ofSealed = (await Promise.all(sealed)).filter(({ from }) => from > begin)
  const ofKept = (await Promise.all(kept)).filter(({ from }) => from > begin)
  const problems: string[] = []
  const [session] = (await place.contents(problems)).filter(({ sessionId }) => sessionId === 'sealed')
  const spans = seals.spans.filter(({ from }) => from > begin)
  const isWhileSealing = (one: Add): boolean => spans.some(({ from, to }) => one.from < to && one.to > from)
  const report = {
    problems,
    adds: ofSealed.length,
    seals: spans.length,
    lostCommits: seals.lost,
    sealP50Ms: p50(spans),
    longestTail: session?.tail.length ?? 0,
    addsWhileSealing: ofSealed.filter(isWhileSealing).length,
    whileSealingP50Ms: p50(ofSealed.filter(isWhileSealing)),
    betweenSealsP50Ms: p50(ofSealed.filter((one) => !isWhileSealing(one))),
    neverSealedP50Ms: p50(ofKept),
  }
  // Three quarters of a tail go with each seal; half of what that makes is surely not starving.
  const wanted = ofSealed.length / (TAIL_MAX_ITEMS * 0.75)
  if (report.seals < wanted / 2) problems.push(`there were ${report.seals} seals, and ${wanted.toFixed(0)} were due`)
  if (report.longestTail > 4 * TAIL_MAX_ITEMS) problems.push(`${report.longestTail} items are left in the tail`)
  if (report.whileSealingP50Ms > MAX_RATIO * report.neverSealedP50Ms) {
    const ms = [report.whileSealingP50Ms, report.neverSealedP50Ms].map((value) => value.toFixed(1))
    problems.push(`an add takes ${ms[0]} ms while there is a seal, and ${ms[1]} ms where there never is one`)
  }
  return report
}

/** When seals were under way. */
class SealWatch {
  readonly spans: Add[] = []
  lost = 0
  #from: number | undefined
  readonly #onSeal: () => void
  readonly #listen = (message: unknown): void => {
    const { step } = message as StepEvent
    if (step === 'rewrite:planned') {
      if (this.#from !== undefined) this.lost += 1
      this.#from ??= performance.now()
      setImmediate(this.#onSeal)
    }
    if (step !== 'rewrite:copies-dropped' || this.#from === undefined) return
    this.spans.push({ from: this.#from, to: performance.now() })
    this.#from = undefined
  }

  constructor(onSeal: () => void) {
    this.#onSeal = onSeal
    subscribe(STEP_CHANNEL, this.#listen)
  }

  stop(): void {
    unsubscribe(STEP_CHANNEL, this.#listen)
  }
}

function p50(times: readonly Add[]): number {
  const sorted = times.map(({ from, to }) => to - from).sort((a, b) => a - b)
  return sorted[sorted.length >> 1] ?? 0
}
