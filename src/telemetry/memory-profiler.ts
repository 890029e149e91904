import { EventEmitter } from 'node:events'
import { hostname } from 'node:os'
import { ThermoclineError } from '../errors.ts'
import { kindOf } from '../lib/check-names.ts'
import { collectGarbageSparingly } from '../lib/collect-garbage.ts'
import { contained } from '../lib/contained.ts'
import { errorMessage } from '../lib/error-message.ts'
import { alertReadings } from './alert-readings.ts'
import type { Alert, AlertKind, Finding } from './alerts/alert.ts'
import type { ChannelStats } from './alerts/alert-channel.ts'
import { Alerts } from './alerts/alerts.ts'
import { leakFinding } from './alerts/leak-finding.ts'
import { type AlertReadings, thresholdVerdicts } from './alerts/threshold-rules.ts'
import { checkCloudProfilerOptions } from './cloud-profiler/check-cloud-profiler-options.ts'
import { startCloudProfiler } from './cloud-profiler/cloud-profiler.ts'
import type {
  CloudProfiler,
  CloudProfilerOptions,
  CloudProfilerStatus,
} from './cloud-profiler/cloud-profiler-options.ts'
import { Gauges } from './gauges.ts'
import { LEAK_DETECTOR_DEFAULTS } from './leaks/leak-options.ts'
import type { LeakReport, LeakState } from './leaks/leak-report.ts'
import { WINDOW_POINTS } from './leaks/low-points.ts'
import { MemoryLeakDetector } from './leaks/memory-leak-detector.ts'
import { percentReader } from './nearest-limit.ts'
import { PressureGauge } from './pressure/gauge.ts'
import type { MemoryPressure, PressureState } from './pressure/pressure.ts'
import { type PressureLine, ReportLines, stateLines } from './pressure/pressure-lines.ts'
import { PressureWatch } from './pressure/pressure-watch.ts'
import type { Relievable } from './pressure/relief.ts'
import { PressureResponse } from './pressure/response.ts'
import { MemoryHistory } from './process/memory-history.ts'
import { MemoryLimits } from './process/memory-limits.ts'
import { ProcessSampler } from './process/process-sampler.ts'
import type { MemoryProfilerEvents } from './profiler-events.ts'
import type { MemoryStats, ProfilerMetrics } from './profiler-metrics.ts'
import { type MemoryProfilerOptions, type ResolvedProfilerOptions, resolveProfilerOptions } from './profiler-options.ts'
import { type RedisSource, RedisWatch } from './tiers/redis-watch.ts'
import { StoreCalls } from './tiers/store-calls.ts'
import type { TierMetrics } from './tiers/tier-metrics.ts'
import { type TierSource, TierWatch } from './tiers/tier-watch.ts'

/** A manager as a profiler uses it: what it does, and what pressure may do to it. */
export type ProfiledStorage = TierSource & Relievable

const MAX_WARNINGS = 20
/** Least time between two collections that are forced for the leak detector's sake, or for pressure's. */
const COLLECT_INTERVAL_MS = 30_000

/**
 * Watches the memory of the process that it runs in, and of the tiers that it is given: tells how near the limits are, acts
 * before they are reached, finds leaks, and raises alerts. It never keeps a process alive, and no failure of it is thrown
 * into the program.
 *
 * One to a process: figures since the last look are shared by all who ask.
 *
 * @example
 * ```ts
 * import { TieredStorageManager } from 'thermocline'
 * import { MemoryProfiler } from 'thermocline/telemetry'
 *
 * const memory = new TieredStorageManager({ path: 'chat.db' })
 * const profiler = new MemoryProfiler()
 * profiler.setTieredStorage(memory)
 * profiler.on('memoryAlert', (alert) => console.warn(alert.message))
 * profiler.startProfiling()
 * ```
 */
export class MemoryProfiler extends EventEmitter<MemoryProfilerEvents> {
  readonly #options: ResolvedProfilerOptions
  readonly #sampler: ProcessSampler
  readonly #history = new MemoryHistory()
  readonly #storeCalls = new StoreCalls()
  readonly #gauge: PressureGauge
  readonly #response: PressureResponse
  readonly #watch: PressureWatch
  readonly #leaks: MemoryLeakDetector
  readonly #gauges = new Gauges()
  readonly #alerts: Alerts
  #tiers: TierWatch | undefined
  /** Ends what pressure may do to the manager. */
  #unrelieve: (() => void) | undefined
  #redis: RedisWatch | undefined
  #cloud: CloudProfiler | undefined
  #stopTimer: (() => void) | undefined
  readonly #warned = new Set<string>()
  #looking: Promise<ProfilerMetrics> | undefined
  /** The look at which the interval began that caches are judged by. */
  #intervalFrom: ProfilerMetrics | undefined
  #leak: Finding | undefined

  /** @throws ThermoclineError `INVALID_OPTION` */
  constructor(options: MemoryProfilerOptions = {}) {
    super()
    this.#options = resolveProfilerOptions(options)
    const { clock, pressure, projectId } = this.#options
    if (projectId !== undefined) checkCloudProfilerOptions(this.#cloudOptions(projectId))
    const limits = new MemoryLimits({ ...(pressure.maxHeapMb !== undefined && { maxHeapMb: pressure.maxHeapMb }) })
    this.#sampler = new ProcessSampler({ clock, limits })
    this.#gauge = new PressureGauge(pressure.gauge)
    this.#response = new PressureResponse(pressure.response)
    const reportLines = new ReportLines()
    this.#watch = new PressureWatch({
      gauge: this.#gauge,
      response: this.#response,
      percentUsed: percentReader(limits, pressure),
      clock,
      onState: (state) => this.#onState(state),
      onReport: (report) => {
        this.#log(reportLines.of(report))
        this.#tell('pressureAnswered', report)
      },
    })
    const { leakDetectionThresholdMb, leakWindowMs } = this.#options
    // Somebody who wants to know within minutes needs more.
    const collectIntervalMs = Math.min(COLLECT_INTERVAL_MS, leakWindowMs / WINDOW_POINTS)
    this.#leaks = new MemoryLeakDetector({
      clock,
      leakDetectionThresholdMb,
      windowMs: leakWindowMs,
      warmUpMs: Math.min(LEAK_DETECTOR_DEFAULTS.warmUpMs, leakWindowMs),
      collectGarbage: () => collectGarbageSparingly(collectIntervalMs),
      onLeak: (report) => this.#onLeak(report),
    })
    this.#alerts = this.#newAlerts()
  }

  /**
   * Lets metrics tell of a manager's tiers, and pressure act on it: its caches in this process, and what can wait.
   * Takes the place of another.
   * @throws ThermoclineError `INVALID_ARGUMENT`
   */
  setTieredStorage(storage: ProfiledStorage): void {
    checkSource('a TieredStorageManager', storage)
    // First: it may be the same one.
    this.#unrelieve?.()
    this.#unrelieve = this.#response.relieve(storage)
    this.#tiers = new TierWatch(storage, this.#options.clock)
  }

  /**
   * Lets metrics and alerts tell of a cache on Redis and of its server.
   * @throws ThermoclineError `INVALID_ARGUMENT`
   */
  setRedisCache(cache: RedisSource): void {
    checkSource('a RedisLRUCache', cache)
    this.#redis = new RedisWatch(cache, this.#options.clock)
  }

  /**
   * Lets pressure act on something else that holds caches: a `ContextPruner`, a second manager, or a part of yours.
   * @returns Ends that
   * @throws ThermoclineError `INVALID_ARGUMENT`
   */
  relieve(part: Relievable): () => void {
    return this.#response.relieve(part)
  }

  /**
   * Adds a figure of yours to the metrics; `vectorStoreSizeMb` has a threshold.
   * @throws ThermoclineError `INVALID_ARGUMENT`
   */
  registerGauge(name: string, read: () => number): void {
    this.#gauges.register(name, read)
  }

  /** Begins to watch: memory and pressure about once a second, everything else once an interval. Harmless when repeated. */
  startProfiling(): void {
    if (this.#stopTimer !== undefined) return
    const { clock, profilingInterval, enableLeakDetection, projectId } = this.#options
    this.#stopTimer = clock.every(profilingInterval * 1000, () => {
      this.collectMetrics().catch((error: unknown) => this.#warn('A look of MemoryProfiler', error))
    })
    this.#alerts.open()
    this.#sampler.start()
    this.#storeCalls.start()
    this.#watch.start()
    if (enableLeakDetection) this.#leaks.start()
    if (projectId !== undefined) this.#cloud = startCloudProfiler(this.#cloudOptions(projectId))
  }

  /**
   * Ends that, allows what pressure refused, and tells channels what they have not been told yet. Alerts that last are
   * still there, and end or go on with the first look after a new start.
   */
  async stopProfiling(): Promise<void> {
    if (this.#stopTimer === undefined) return
    this.#stopTimer()
    this.#stopTimer = undefined
    this.#watch.stop()
    this.#gauge.reset()
    this.#response.rest()
    this.#storeCalls.stop()
    this.#sampler.stop()
    const cloud = this.#cloud
    this.#cloud = undefined
    if (this.#looking !== undefined) await this.#looking.catch(() => undefined)
    // It may have been started again meanwhile.
    const isStarted = (): boolean => this.#stopTimer !== undefined
    await Promise.all([isStarted() ? this.#alerts.flush() : this.#alerts.close(), cloud?.stop()])
    // V8 has one sampling of the heap: who began it first ends it last.
    if (!isStarted()) this.#leaks.stop()
  }

  /**
   * One look at everything now, with the alerts that follow from it. Whoever asks while one is under way gets the same.
   * Figures "since the last look" are since anybody's. Before {@link startProfiling} nothing is done about pressure.
   */
  collectMetrics(): Promise<ProfilerMetrics> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined
    })
    return this.#looking
  }

  /** From moderate pressure up; then {@link getAlerts} isn't empty. */
  isMemoryPressureDetected(): boolean {
    return this.#gauge.level !== 'low'
  }

  getMemoryPressure(): MemoryPressure {
    return this.#gauge.level
  }

  getMemoryStats(): MemoryStats {
    const { rss, heapUsed, external } = process.memoryUsage()
    const allocatedBytes = heapUsed + external
    this.#history.add(this.#options.clock.now(), allocatedBytes)
    return Object.freeze({
      allocatedBytes,
      peakUsageBytes: this.#history.summary().peakBytes,
      rssBytes: rss,
      // In kilobytes on every system.
      maxRssBytes: process.resourceUsage().maxRSS * 1024,
    })
  }

  /**
   * Counts what lies in which tier, for metrics from then on. It reads the record of every session, so nothing does it by
   * itself.
   */
  async countTierItems(): Promise<void> {
    await this.#tiers?.countItems()
  }

  /** Alerts that last, the newest first. */
  getAlerts(): readonly Alert[] {
    return this.#alerts.getAlerts()
  }

  /** Alerts that have ended, the last ended first: 100 at most. */
  getAlertHistory(): readonly Alert[] {
    return this.#alerts.getHistory()
  }

  /** What became of the notices for each channel since profiling was last started, and why the last one failed. */
  getChannelStats(): readonly ChannelStats[] {
    return this.#alerts.getStats().channels
  }

  /** What the leak detector thinks at the moment. */
  getLeakState(): LeakState {
    return this.#leaks.getState()
  }

  /** How far the collection of profiles for Google Cloud Profiler has come; undefined where there is none. */
  getCloudProfilerStatus(): CloudProfilerStatus | undefined {
    return this.#cloud?.status()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopProfiling()
  }

  async #look(): Promise<ProfilerMetrics> {
    const sample = this.#sampler.sample()
    this.#history.add(sample.at, sample.heapUsedBytes + sample.externalBytes)
    const history = this.#history.summary()
    const pressure = this.#stopTimer === undefined ? this.#watch.read() : this.#watch.check()
    const tiers = this.#collectTiers()
    const stores = this.#storeCalls.collect()
    const gauges = this.#gauges.read()
    const redis = await this.#redis?.collect()
    const metrics = Object.freeze({ at: sample.at, process: sample, history, pressure, tiers, stores, redis, gauges })
    const readings = alertReadings(metrics, this.#intervalBefore(metrics), this.#response.isRefusing)
    this.#settle(readings)
    if (this.#leaks.getState().kind !== 'leaking') this.#alerts.recover('memoryLeak')
    else if (this.#leak !== undefined) this.#alerts.raise(this.#leak)
    // Whoever hears of it may ask for the next look.
    this.#looking = undefined
    this.#tell('metrics', metrics)
    return metrics
  }

  #intervalBefore(metrics: ProfilerMetrics): ProfilerMetrics | 'too-soon' | undefined {
    const before = this.#intervalFrom
    const elapsedMs = before === undefined ? Number.POSITIVE_INFINITY : metrics.at - before.at
    // A timer may come a little early.
    if (elapsedMs >= 0 && elapsedMs < 900 * this.#options.profilingInterval) return 'too-soon'
    this.#intervalFrom = metrics
    return before
  }

  /** A manager that can't be asked, as one that is being closed, says nothing. */
  #collectTiers(): TierMetrics | undefined {
    try {
      return this.#tiers?.collect()
    } catch (error) {
      this.#warn('The manager that MemoryProfiler watches', error)
      return undefined
    }
  }

  #settle(readings: AlertReadings): void {
    const isLasting = (kind: AlertKind, subject: string): boolean => this.#alerts.isLasting(kind, subject)
    this.#alerts.settle(thresholdVerdicts(readings, this.#options.alertThresholds, isLasting))
  }

  #onState(state: PressureState): void {
    if (state.level === state.before) return
    this.#settle({ pressure: state })
    this.#log(stateLines(state))
    this.#tell('pressureChanged', state)
  }

  #log(lines: readonly PressureLine[]): void {
    for (const { severity, text } of lines) {
      contained(() => this.#options.log?.(severity === 'info' ? 'INFO' : 'ERROR', text))
    }
  }

  async #onLeak(report: LeakReport): Promise<void> {
    this.#leak = leakFinding(report)
    this.#alerts.raise(this.#leak)
    this.#tell('leak', report)
    await this.#options.onLeak?.(report)
  }

  #newAlerts(): Alerts {
    const { channels, clock, serviceName } = this.#options
    return new Alerts({
      source: { serviceName, instance: `${hostname()}:${process.pid}` },
      channels,
      clock,
      onNotice: (notice) => this.#tell('memoryAlert', notice.alert, notice),
    })
  }

  /** As `emit` does, but a listener that fails ends neither what is watched nor the process. */
  #tell<K extends keyof MemoryProfilerEvents>(event: K, ...args: MemoryProfilerEvents[K]): void {
    for (const listener of this.rawListeners(event)) {
      contained(
        () => Reflect.apply(listener, this, args),
        (error) => this.#warn(`A listener of MemoryProfiler's ${event}`, error),
      )
    }
  }

  /** Once for each cause, as looks come again and again. */
  #warn(who: string, error: unknown): void {
    const text = `${who} failed: ${errorMessage(error)}`
    if (this.#warned.has(text) || this.#warned.size >= MAX_WARNINGS) return
    this.#warned.add(text)
    process.emitWarning(text)
  }

  #cloudOptions(projectId: string): CloudProfilerOptions {
    const { cloudProfiler, serviceName, clock } = this.#options
    return { ...cloudProfiler, projectId, serviceName, clock }
  }
}

function checkSource(expected: string, source: { getStats(): unknown }): void {
  if (typeof source === 'object' && source !== null && typeof source.getStats === 'function') return
  throw new ThermoclineError('INVALID_ARGUMENT', `Cannot watch: expected ${expected}: received ${kindOf(source)}`)
}
