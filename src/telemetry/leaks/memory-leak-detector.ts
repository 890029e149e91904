import { errorMessage } from '../../lib/error-message.ts'
import { CollectionCounter } from '../process/collection-counter.ts'
import { AllocationSampler } from './allocation-sampler.ts'
import { heapKinds, memoryInUse } from './heap-kinds.ts'
import { compareSnapshots, type HeapSnapshot } from './heap-snapshot.ts'
import { checkedLeakOptions, type LeakDetectorOptions } from './leak-options.ts'
import type { HeapGrowth, LeakReport, LeakState } from './leak-report.ts'
import { WINDOW_POINTS } from './low-points.ts'
import { BYTES_PER_MB, makeLeakReport, toMbPerHour } from './make-leak-report.ts'
import { countObjects } from './object-counts.ts'
import { RiseWatch } from './rise-watch.ts'
import type { RiseState } from './window-watch.ts'

type Rising = RiseState & { readonly kind: 'rising' }

/**
 * Watches how much memory is in use after full collections, and reports a leak when that grows steadily for a whole
 * window and by more than a threshold; with what grew.
 */
export class MemoryLeakDetector {
  readonly #options: ReturnType<typeof checkedLeakOptions>
  readonly #watch: RiseWatch
  readonly #sampler: AllocationSampler
  readonly #collections = new CollectionCounter(() => this.#read())
  #stopTimer: (() => void) | undefined
  #startedAt = 0
  #isWarm = false
  #baseline: HeapSnapshot | undefined
  /** Bytes in use when nothing rose. */
  #quietBytes: number | undefined
  #reported: LeakReport | undefined
  #state: LeakState = { kind: 'watching', points: 0 }

  /** @throws ThermoclineError `INVALID_OPTION` */
  constructor(options: LeakDetectorOptions = {}) {
    this.#options = checkedLeakOptions(options)
    this.#watch = new RiseWatch(this.#options.windowMs)
    this.#sampler = new AllocationSampler(this.#options.samplingIntervalBytes)
  }

  /** Begins to watch, from nothing known. Never keeps a process alive. */
  start(): void {
    if (this.#stopTimer !== undefined) return
    const { clock, windowMs } = this.#options
    this.#startedAt = clock.now()
    this.#isWarm = false
    this.#sampler.start()
    this.#collections.start()
    this.#stopTimer = clock.every(windowMs / WINDOW_POINTS / 2, () => this.#look())
  }

  /** Ends watching. What was found stays in {@link getState}. */
  stop(): void {
    this.#stopTimer?.()
    this.#stopTimer = undefined
    this.#collections.stop()
    this.#sampler.stop()
    this.#watch.clear()
    this.#baseline = undefined
    this.#quietBytes = undefined
    this.#reported = undefined
  }

  /** What it thinks now. */
  getState(): LeakState {
    return this.#state
  }

  /**
   * What the process holds now. Allocation sites need a started detector, and cost a full collection; counting objects
   * by constructor stops all JavaScript for seconds for each 100 MB, and needs several times the heap.
   */
  async takeSnapshot(options: { readonly countObjects?: boolean } = {}): Promise<HeapSnapshot> {
    const snapshot = this.#snapshot()
    return options.countObjects ? Object.freeze({ ...snapshot, objects: await countObjects() }) : snapshot
  }

  /** What grew between two snapshots, most first. */
  compareSnapshots(before: HeapSnapshot, after: HeapSnapshot): HeapGrowth {
    return compareSnapshots(before, after)
  }

  #snapshot(): HeapSnapshot {
    // First the sites: the collection that V8 makes for them leaves in the kinds only what is alive.
    const sites = this.#sampler.read()
    return Object.freeze({ at: this.#options.clock.now(), kinds: heapKinds(), sites })
  }

  /** Once it is warm it stays so, also where the clock is set back. */
  #warm(): boolean {
    this.#isWarm ||= this.#options.clock.now() >= this.#startedAt + this.#options.warmUpMs
    return this.#isWarm
  }

  #read(): void {
    if (this.#warm()) this.#watch.add(this.#options.clock.now(), memoryInUse())
  }

  #look(): void {
    if (!this.#warm()) return
    if (this.#baseline === undefined) this.#baseline = this.#snapshot()
    const before = this.#state
    const rise = this.#watch.judge()
    this.#state = this.#stateOf(rise)
    if (rise.kind === 'flat') this.#quietBytes = this.#watch.lowestBytes
    if (rise.kind !== 'rising' && this.#reported !== undefined) {
      this.#reported = undefined
      this.#watch.forgetHeld()
    }
    if (before.kind === 'steady' && this.#isEarly(rise)) this.#baseline = this.#snapshot()
    this.#collect()
  }

  /** A rise has begun of which most is still to come: what grows from here on is the rise, and nothing that was before. */
  #isEarly(rise: RiseState): boolean {
    return rise.kind === 'rising' && rise.growthBytes < (this.#options.leakDetectionThresholdMb * BYTES_PER_MB) / 2
  }

  #stateOf(rise: RiseState): LeakState {
    const points = this.#watch.size
    if (rise.kind === 'unknown') return { kind: 'watching', points }
    const growthMbPerHour = toMbPerHour(rise.trend.slopePerMs)
    if (rise.kind === 'flat') return { kind: 'steady', points, growthMbPerHour }
    const report = this.#reportOf(rise)
    if (report !== undefined) return { kind: 'leaking', report }
    return { kind: 'rising', points, growthMbPerHour, growthMb: rise.growthBytes / BYTES_PER_MB }
  }

  /** The report of this rise: a new one when it reaches the threshold, and each time that it has doubled. */
  #reportOf(rise: Rising): LeakReport | undefined {
    const reported = this.#reported
    const dueMb = reported === undefined ? this.#options.leakDetectionThresholdMb : 2 * reported.growthMb
    if (!rise.isSteady || rise.sureGrowthBytes < dueMb * BYTES_PER_MB) return reported
    const now = this.#snapshot()
    const report = makeLeakReport(now.at, rise, compareSnapshots(this.#baseline ?? now, now), memoryInUse())
    this.#reported = report
    void this.#tell(report)
    return report
  }

  async #tell(report: LeakReport): Promise<void> {
    try {
      await this.#options.onLeak?.(report)
    } catch (error) {
      warn('onLeak', error)
    }
  }

  #collect(): void {
    if (!this.#wantsCollection()) return
    try {
      this.#options.collectGarbage()
    } catch (error) {
      warn('collectGarbage', error)
    }
  }

  #wantsCollection(): boolean {
    const { collect, clock, leakDetectionThresholdMb } = this.#options
    if (collect === 'never' || this.#watch.covers(clock.now())) return false
    if (collect === 'always' || this.#watch.size === 0) return true
    // Not the lowest of the window: a slow leak lifts that too, and would hide behind it.
    this.#quietBytes ??= this.#watch.lowestBytes
    return memoryInUse() >= this.#quietBytes + (leakDetectionThresholdMb * BYTES_PER_MB) / 4
  }
}

function warn(name: string, error: unknown): void {
  process.emitWarning(`${name} of MemoryLeakDetector failed: ${errorMessage(error)}`)
}
