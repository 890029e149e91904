import { EventEmitter } from 'node:events'
import { hostname } from 'node:os'
import { ThermoclineError } from '../errors.ts'
import { kindOf } from '../lib/check-names.ts'
import { collectGarbage } from '../lib/collect-garbage.ts'
import { alertReadings } from './alert-readings.ts'
import type { Alert, AlertNotice } from './alerts/alert.ts'
import { Alerts } from './alerts/alerts.ts'
import { thresholdVerdicts } from './alerts/threshold-rules.ts'
import { startCloudProfiler } from './cloud-profiler/cloud-profiler.ts'
import type { CloudProfiler, CloudProfilerStatus } from './cloud-profiler/cloud-profiler-options.ts'
import { Gauges } from './gauges.ts'
import type { LeakReport, LeakState } from './leaks/leak-report.ts'
import { MemoryLeakDetector } from './leaks/memory-leak-detector.ts'
import type { PressureReport } from './pressure/actions.ts'
import { PressureGauge } from './pressure/gauge.ts'
import type { MemoryPressure, PressureState } from './pressure/pressure.ts'
import { type PressureLine, reportLines, stateLines } from './pressure/pressure-lines.ts'
import { PressureWatch } from './pressure/pressure-watch.ts'
import type { Relievable } from './pressure/relief.ts'
import { PressureResponse } from './pressure/response.ts'
import { MemoryHistory } from './process/memory-history.ts'
import { MemoryLimits } from './process/memory-limits.ts'
import { ProcessSampler } from './process/process-sampler.ts'
import type { ProfilerMetrics } from './profiler-metrics.ts'
import { type MemoryProfilerOptions, type ResolvedProfilerOptions, resolveProfilerOptions } from './profiler-options.ts'
import { type RedisSource, RedisWatch } from './tiers/redis-watch.ts'
import { StoreCalls } from './tiers/store-calls.ts'
import { type TierSource, TierWatch } from './tiers/tier-watch.ts'

/** A manager as a profiler uses it: what it does, and what pressure may do to it. */
export type ProfiledStorage = TierSource & Relievable

/** What a profiler tells of, by name. */
export interface MemoryProfilerEvents {
  /** After each look at everything. */
  metrics: [metrics: ProfilerMetrics]
  /** An alert began, worsened, lasts, or has recovered: see `notice.event`. */
  memoryAlert: [alert: Alert, notice: AlertNotice]
  pressureChanged: [state: PressureState]
  /** What was done in answer to pressure. */
  pressureAnswered: [report: PressureReport]
  leak: [report: LeakReport]
}

/** The promised figures of {@link MemoryProfiler.getMemoryStats}. */
export interface MemoryStats {
  /** The heap in use, and what it holds outside. */
  readonly allocatedBytes: number
  /** The highest that was ever sampled. */
  readonly peakUsageBytes: number
  readonly rssBytes: number
  readonly maxRssBytes: number
}

const MAX_GREW = 5

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
  #alerts: Alerts
  #tiers: TierWatch | undefined
  /** Ends what pressure may do to the manager. */
  #unrelieve: (() => void) | undefined
  #redis: RedisWatch | undefined
  #cloud: CloudProfiler | undefined
  #stopTimer: (() => void) | undefined
  #looking: Promise<ProfilerMetrics> | undefined
  #last: ProfilerMetrics | undefined

  /** @throws ThermoclineError `INVALID_OPTION` */
  constructor(options: MemoryProfilerOptions = {}) {
    super()
    this.#options = resolveProfilerOptions(options)
    const { clock, pressure } = this.#options
    const limits = new MemoryLimits({ ...(pressure.maxHeapMb !== undefined && { maxHeapMb: pressure.maxHeapMb }) })
    this.#sampler = new ProcessSampler({ clock, limits })
    this.#gauge = new PressureGauge(pressure.gauge)
    this.#response = new PressureResponse(pressure.response)
    this.#watch = new PressureWatch({
      gauge: this.#gauge,
      response: this.#response,
      percentUsed: () => limits.read().percentUsed,
      clock,
      onState: (state) => this.#onState(state),
      onReport: (report) => {
        this.#log(reportLines(report))
        this.#tell('pressureAnswered', report)
      },
    })
    this.#leaks = new MemoryLeakDetector({
      clock,
      leakDetectionThresholdMb: this.#options.leakDetectionThresholdMb,
      windowMs: this.#options.leakWindowMs,
      collectGarbage,
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
    const unrelieve = this.#response.relieve(storage)
    this.#unrelieve?.()
    this.#unrelieve = unrelieve
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
   * Lets pressure act on something else that holds caches: a `ContextPruner`, a second manager.
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
    const { clock, profilingInterval, enableLeakDetection, projectId, serviceName, cloudProfiler } = this.#options
    this.#alerts = this.#newAlerts()
    this.#sampler.start()
    this.#storeCalls.start()
    this.#watch.start()
    if (enableLeakDetection) this.#leaks.start()
    if (projectId !== undefined) {
      this.#cloud = startCloudProfiler({ ...cloudProfiler, projectId, serviceName, clock })
    }
    this.#stopTimer = clock.every(profilingInterval * 1000, () => {
      // What it is told of is in the metrics; nobody waits for this.
      this.collectMetrics().catch(() => undefined)
    })
  }

  /** Ends that, allows what pressure refused, and tells channels what they have not been told yet. */
  async stopProfiling(): Promise<void> {
    if (this.#stopTimer === undefined) return
    this.#stopTimer()
    this.#stopTimer = undefined
    this.#watch.stop()
    this.#response.rest()
    this.#storeCalls.stop()
    this.#sampler.stop()
    const cloud = this.#cloud
    this.#cloud = undefined
    await Promise.all([this.#alerts.close(), cloud?.stop()])
    // V8 has one sampling of the heap: who began it first ends it last.
    this.#leaks.stop()
  }

  /** One look at everything now, with the alerts that follow from it. Whoever asks while one is under way gets the same. */
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
    const sample = this.#sampler.sample()
    const allocatedBytes = sample.heapUsedBytes + sample.externalBytes
    return Object.freeze({
      allocatedBytes,
      peakUsageBytes: Math.max(this.#history.summary().peakBytes, allocatedBytes),
      rssBytes: sample.rssBytes,
      maxRssBytes: sample.maxRssBytes,
    })
  }

  /** Alerts that last, the newest first. */
  getAlerts(): readonly Alert[] {
    return this.#alerts.getAlerts()
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
    const pressure = this.#watch.check()
    const tiers = this.#tiers?.collect()
    const stores = this.#storeCalls.collect()
    const gauges = this.#gauges.read()
    const redis = await this.#redis?.collect()
    const metrics = Object.freeze({ at: sample.at, process: sample, history, pressure, tiers, stores, redis, gauges })
    const readings = alertReadings(metrics, this.#last, this.#response.isRefusing)
    this.#last = metrics
    this.#alerts.settle(
      thresholdVerdicts(readings, this.#options.alertThresholds, (kind, subject) =>
        this.#alerts.isLasting(kind, subject),
      ),
    )
    // Whoever hears of it may ask for the next look.
    this.#looking = undefined
    this.#tell('metrics', metrics)
    return metrics
  }

  #onState(state: PressureState): void {
    if (state.level === state.before) return
    const verdicts = thresholdVerdicts({ pressure: state }, this.#options.alertThresholds, (kind, subject) =>
      this.#alerts.isLasting(kind, subject),
    )
    this.#alerts.settle(verdicts)
    this.#log(stateLines(state))
    this.#tell('pressureChanged', state)
  }

  #log(lines: readonly PressureLine[]): void {
    for (const { severity, text } of lines) {
      try {
        this.#options.log?.(severity === 'info' ? 'INFO' : 'ERROR', text)
      } catch {
        // A log that fails must not end what is watched.
      }
    }
  }

  async #onLeak(report: LeakReport): Promise<void> {
    const { growthMb, growthMbPerHour, confidence, message } = report
    const grew = report.grew.sites.map(({ site, growthBytes }) => ({
      what: `${site.functionName} (${site.url}:${site.line})`,
      bytes: growthBytes,
    }))
    const facts = { growthMb, growthMbPerHour, confidence, grew: grew.slice(0, MAX_GREW) }
    this.#alerts.raise({ kind: 'memoryLeak', subject: '', severity: 'critical', message, facts })
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

  /** A listener that throws must not end what is watched. */
  #tell<K extends keyof MemoryProfilerEvents>(event: K, ...args: MemoryProfilerEvents[K]): void {
    try {
      this.emit(event, ...(args as never))
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      process.emitWarning(`A listener of MemoryProfiler's ${event} failed: ${message}`)
    }
  }
}

function checkSource(expected: string, source: { getStats(): unknown }): void {
  if (typeof source === 'object' && source !== null && typeof source.getStats === 'function') return
  throw new ThermoclineError('INVALID_ARGUMENT', `Cannot watch: expected ${expected}: received ${kindOf(source)}`)
}
