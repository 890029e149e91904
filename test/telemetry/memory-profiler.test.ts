import { afterEach, describe, expect, it } from 'vitest'
import { inProcessDurableStore, inProcessHotStore, TieredStorageManager } from '../../src/index.ts'
import { collectGarbage } from '../../src/lib/collect-garbage.ts'
import {
  type Alert,
  type AlertNotice,
  callbackChannel,
  logChannel,
  MEMORY_PROFILER_DEFAULTS,
  MemoryProfiler,
  type MemoryProfilerOptions,
  type ProfilerMetrics,
} from '../../src/telemetry/index.ts'
import { ManualClock } from '../../src/testing/manual-clock.ts'

const SESSION = { userId: 'ada', sessionId: 's1' }
/** A limit that no process is near, and one that each is past. */
const ROOMY_MB = 100_000
const NO_LEAKS = { enableLeakDetection: false, env: {} } as const

const open: { [Symbol.asyncDispose](): Promise<void> }[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]()
})

const brokenStats = (): never => {
  throw new Error('not mine')
}

function profilerWith(options: MemoryProfilerOptions = {}): { profiler: MemoryProfiler; clock: ManualClock } {
  const clock = new ManualClock()
  const quiet = { processMemoryMb: ROOMY_MB, cpuPercent: 100, memoryUsagePercent: 100, memoryCriticalPercent: 100 }
  const profiler = new MemoryProfiler({ ...NO_LEAKS, clock, alertThresholds: quiet, ...options })
  open.push(profiler)
  return { profiler, clock }
}

async function storage(): Promise<TieredStorageManager> {
  const memory = new TieredStorageManager({
    stores: { durable: inProcessDurableStore(), hot: inProcessHotStore() },
    tierMigrationInterval: 0,
  })
  await memory.initialize()
  open.push({ [Symbol.asyncDispose]: () => memory.close() })
  return memory
}

describe('MemoryProfiler', () => {
  it('has the defaults that were promised', () => {
    expect(MEMORY_PROFILER_DEFAULTS).toMatchObject({ serviceName: 'memory-service', profilingInterval: 60 })
  })

  it('tells of the process, its tiers and gauges', async () => {
    const { profiler } = profilerWith()
    const memory = await storage()
    profiler.setTieredStorage(memory)
    profiler.registerGauge('vectorStoreSizeMb', () => 12)
    profiler.registerGauge('broken', () => {
      throw new Error('no such thing')
    })
    await memory.addMemoryItem({ ...SESSION, contentType: 'note', content: 'x' })
    await memory.getConversationHistory(SESSION)
    const metrics = await profiler.collectMetrics()
    expect(metrics.process.rssBytes).toBeGreaterThan(1e6)
    expect(metrics.tiers).toMatchObject({ itemsAdded: 1, durable: 'in-process', hot: { sessions: 1 } })
    expect(metrics.gauges).toEqual({ vectorStoreSizeMb: 12 })
    expect(metrics.redis).toBeUndefined()
    const { allocatedBytes, peakUsageBytes } = profiler.getMemoryStats()
    expect(peakUsageBytes).toBeGreaterThanOrEqual(Math.min(allocatedBytes, metrics.history.peakBytes))
  })

  it('looks once in an interval, in seconds, while it is started', async () => {
    const { profiler, clock } = profilerWith({ profilingInterval: 2 })
    const seen: ProfilerMetrics[] = []
    const next = () => new Promise((resolve) => profiler.once('metrics', resolve))
    profiler.on('metrics', (metrics) => seen.push(metrics))
    profiler.startProfiling()
    profiler.startProfiling()
    for (let looks = 1; looks <= 3; looks += 1) {
      const looked = next()
      clock.advance(2000)
      await looked
      expect(seen).toHaveLength(looks)
    }
    await profiler.stopProfiling()
    clock.advance(60_000)
    expect(seen).toHaveLength(3)
    expect(clock.pending).toBe(0)
  })

  it('raises an alert once, and tells when it is over', async () => {
    let vectorsMb = 700
    const { profiler } = profilerWith()
    const notices: string[] = []
    profiler.on('memoryAlert', (alert: Alert, notice: AlertNotice) => notices.push(`${notice.event} ${alert.kind}`))
    profiler.registerGauge('vectorStoreSizeMb', () => vectorsMb)
    await profiler.collectMetrics()
    await profiler.collectMetrics()
    expect(profiler.getAlerts()).toMatchObject([{ kind: 'vectorStoreSize', facts: { value: 700, threshold: 600 } }])
    vectorsMb = 100
    await profiler.collectMetrics()
    expect(profiler.getAlerts()).toEqual([])
    expect(notices).toEqual(['raised vectorStoreSize', 'recovered vectorStoreSize'])
  })

  it('detects pressure, alerts, and refuses what can wait until it is over', async () => {
    const lines: string[] = []
    const log = (level: string, text: string) => lines.push(`${level} - ${text}`)
    const { profiler } = profilerWith({ limits: { maxHeapMb: 1 }, log, pressureResponse: { enableGcPressure: false } })
    const memory = await storage()
    profiler.setTieredStorage(memory)
    const levels: string[] = []
    profiler.on('pressureChanged', ({ level }) => levels.push(level))
    expect(profiler.isMemoryPressureDetected()).toBe(false)
    profiler.startProfiling()
    await profiler.collectMetrics()
    expect(profiler.isMemoryPressureDetected()).toBe(true)
    expect(profiler.getMemoryPressure()).toBe('critical')
    expect(levels).toEqual(['critical'])
    await new Promise((resolve) => setImmediate(resolve))
    expect(lines).toEqual([
      'INFO - Memory pressure changed to Critical',
      'ERROR - Memory pressure critical, rejecting requests',
    ])
    expect(profiler.getAlerts().map(({ kind }) => kind)).toContain('memoryPressure')
    const id = await memory.addMemoryItem({ ...SESSION, contentType: 'note', content: 'durable all the same' })
    expect((await memory.getMemoryItem(id))?.content).toBe('durable all the same')
  })

  it.each<[string, () => unknown]>([
    [
      'throw',
      () => {
        throw new Error('not mine')
      },
    ],
    ['reject', () => Promise.reject(new Error('not mine'))],
  ])('lives with listeners, logs, gauges and managers that %s', async (_, fail) => {
    const { profiler } = profilerWith({
      log: fail,
      channels: [logChannel({ sink: fail })],
      limits: { maxHeapMb: 1 },
      pressureResponse: { enableGcPressure: false },
    })
    const looked: number[] = []
    profiler.on('metrics', fail as () => void)
    profiler.on('metrics', ({ at }) => looked.push(at))
    profiler.registerGauge('mine', fail as () => number)
    profiler.setTieredStorage({ relief: { caches: [], refuse: () => undefined }, getStats: brokenStats })
    const warned = new Promise((resolve) => process.once('warning', resolve))
    await profiler.collectMetrics()
    await profiler.collectMetrics()
    expect(await warned).toMatchObject({ message: expect.stringContaining('MemoryProfiler') })
    // What rejects is told of in a later turn.
    await new Promise((resolve) => setImmediate(resolve))
    expect(looked).toHaveLength(2)
  })

  it('judges caches by whole intervals, however often somebody looks', async () => {
    const { profiler, clock } = profilerWith()
    let misses = 0
    const hot = { sessions: 0, segments: 0, bytes: 0, maxBytes: 1, hits: 0, evictions: 0 }
    const rest = { durable: { name: 'd' }, itemsAdded: 0, sweeps: 0, lastSweep: undefined }
    const relief = { caches: [], refuse: () => undefined }
    profiler.setTieredStorage({ relief, getStats: () => ({ hot: { ...hot, misses }, ...rest }) })
    for (let second = 0; second < 55; second += 5) {
      await profiler.collectMetrics()
      misses += 15
      clock.advance(5_000)
      expect(profiler.getAlerts()).toEqual([])
    }
    await profiler.collectMetrics()
    expect(profiler.getAlerts()).toMatchObject([{ kind: 'cacheHitRate', subject: 'in-process' }])
  })

  it('is not held up by a cache that never answers', async () => {
    const { profiler, clock } = profilerWith()
    profiler.setRedisCache({ getStats: () => new Promise(() => undefined) })
    const looked = profiler.collectMetrics()
    clock.advance(10_000)
    expect((await looked).redis).toMatchObject({ isReachable: false, lastError: 'no answer within 10000 ms' })
    expect(profiler.getAlerts()).toMatchObject([{ kind: 'storeFailing', subject: 'redis-cache' }])
  })

  it('takes what the environment says over its options', () => {
    const env = { MEMORY_MONITORING_INTERVAL_MS: 'soon' }
    expect(() => new MemoryProfiler({ env })).toThrow('MEMORY_MONITORING_INTERVAL_MS')
    const crossed = { MEMORY_WARNING_THRESHOLD_MB: '90', MEMORY_CRITICAL_THRESHOLD_MB: '80' }
    expect(() => new MemoryProfiler({ env: crossed })).toThrow(
      'MEMORY_CRITICAL_THRESHOLD_MB: expected more than MEMORY_WARNING_THRESHOLD_MB, 90',
    )
    // Thresholds that were chosen for another limit don't count for this one.
    const lax = {
      limits: { maxHeapMb: 100_000, warningThresholdMb: 90_000 },
      pressureResponse: { enableGcPressure: false },
    }
    const { profiler } = profilerWith({ ...lax, env: { MEMORY_MAX_HEAP_MB: '1' } })
    const looked = profiler.collectMetrics()
    return expect(looked.then(() => profiler.getMemoryPressure())).resolves.toBe('critical')
  })

  it('begins levels of pressure where megabytes say', async () => {
    // This process holds more than 2 MB, and less than 900.
    const limits = { maxHeapMb: 1000, warningThresholdMb: 900, gcPressureThresholdMb: 950, criticalThresholdMb: 999 }
    const { profiler } = profilerWith({ limits })
    await profiler.collectMetrics()
    expect(profiler.getMemoryPressure()).toBe('low')
    const env = { MEMORY_MAX_HEAP_MB: '1000', MEMORY_WARNING_THRESHOLD_MB: '2', MEMORY_CRITICAL_THRESHOLD_MB: '999' }
    const { profiler: warned } = profilerWith({ env })
    await warned.collectMetrics()
    expect(warned.getMemoryPressure()).toBe('moderate')
    // They are of this process, whatever V8 or the container would give.
    const { profiler: alone } = profilerWith({ limits: { warningThresholdMb: 900, criticalThresholdMb: 990 } })
    await alone.collectMetrics()
    expect(alone.getMemoryPressure()).toBe('low')
  })

  it('does nothing about pressure before it is started and after it was stopped', async () => {
    const { profiler } = profilerWith({ limits: { maxHeapMb: 1 }, pressureResponse: { enableGcPressure: false } })
    const memory = await storage()
    const deeds: string[] = []
    profiler.setTieredStorage(memory)
    profiler.on('pressureAnswered', (report) => deeds.push(...report.deeds.map(({ deed }) => deed)))
    await profiler.collectMetrics()
    await profiler.stopProfiling()
    expect(profiler.getMemoryPressure()).toBe('critical')
    expect(profiler.getAlerts().map(({ kind }) => kind)).toContain('memoryPressure')
    expect([deeds, memory.relief.refuses('import')]).toEqual([[], false])
    profiler.startProfiling()
    await profiler.collectMetrics()
    expect(memory.relief.refuses('import')).toBe(true)
    await profiler.stopProfiling()
    expect(memory.relief.refuses('import')).toBe(false)
    await profiler.collectMetrics()
    expect(memory.relief.refuses('import')).toBe(false)
  })

  it('goes on acting on a manager that it is given twice', async () => {
    const { profiler } = profilerWith({ limits: { maxHeapMb: 1 }, pressureResponse: { enableGcPressure: false } })
    const memory = await storage()
    profiler.setTieredStorage(memory)
    profiler.setTieredStorage(memory)
    profiler.startProfiling()
    await profiler.collectMetrics()
    expect(memory.relief.refuses('import')).toBe(true)
  })

  it('lets alerts last over a stop, and tells of their end after the next start', async () => {
    let vectorsMb = 700
    const told: string[] = []
    const channels = [callbackChannel(({ event, alert }) => void told.push(`${event} ${alert.kind}`))]
    const { profiler } = profilerWith({ channels })
    profiler.registerGauge('vectorStoreSizeMb', () => vectorsMb)
    profiler.startProfiling()
    await profiler.collectMetrics()
    const stopped = profiler.stopProfiling()
    profiler.startProfiling()
    await stopped
    expect(profiler.getAlerts()).toHaveLength(1)
    vectorsMb = 0
    await profiler.collectMetrics()
    await profiler.stopProfiling()
    expect(told).toEqual(['raised vectorStoreSize', 'recovered vectorStoreSize'])
    expect(profiler.getAlertHistory()).toMatchObject([{ kind: 'vectorStoreSize' }])
    expect(profiler.getChannelStats()).toMatchObject([{ name: 'callback', sent: 1, failed: 0 }])
  })

  it('counts items by tier when it is asked to', async () => {
    const { profiler } = profilerWith()
    const memory = await storage()
    await memory.addMemoryItem({ ...SESSION, contentType: 'note', content: 'x' })
    profiler.setTieredStorage(memory)
    expect((await profiler.collectMetrics()).tiers?.items).toBeUndefined()
    await profiler.countTierItems()
    expect((await profiler.collectMetrics()).tiers?.items).toMatchObject({ hot: { items: 1 }, cold: { items: 0 } })
  })

  it('tells its peak, and takes nothing from the next look by it', async () => {
    const { profiler } = profilerWith()
    profiler.startProfiling()
    let burden: Uint8Array | undefined = new Uint8Array(64 * 1024 * 1024)
    const { allocatedBytes, peakUsageBytes } = profiler.getMemoryStats()
    expect(allocatedBytes).toBeGreaterThan(burden.length)
    expect(peakUsageBytes).toBe(allocatedBytes)
    burden = undefined
    collectGarbage()
    expect(profiler.getMemoryStats().peakUsageBytes).toBe(peakUsageBytes)
    expect((await profiler.collectMetrics()).history.peakBytes).toBe(peakUsageBytes)
    expect(burden).toBeUndefined()
  })

  it.each([
    [{ profilingInterval: 0 }, 'profilingInterval'],
    [{ alertThresholds: { memoryUsagePercent: 101 } }, 'memoryUsagePercent'],
    [{ alertThresholds: { memoryUsage: 5 } }, 'expected one of memoryUsagePercent'],
    [{ leakDetectionThresholdMb: -1 }, 'leakDetectionThresholdMb'],
    [{ limits: { maxHeapMb: 100, warningThresholdMb: 100 } }, 'maxHeapMb: expected more than warningThresholdMb, 100'],
    [
      { limits: { gcPressureThresholdMb: 90, criticalThresholdMb: 80 } },
      'criticalThresholdMb: expected more than gcPressureThresholdMb, 90',
    ],
    [{ projectId: 'acme-prod', serviceName: 'Memory Service' }, 'serviceName'],
    [{ channels: [undefined] }, 'channels[0]: expected a channel'],
    [{ channels: 'log' }, 'an array of channels'],
    [{ log: 'console' }, 'log: expected a function'],
    [{ pressure: { moderatePercent: 0.75 } }, 'moderatePercent: expected a number from 1'],
    [{ pressure: { moderatePercent: 80, highPercent: 79 } }, 'highPercent: expected more than moderatePercent, 80'],
    [{ alertThresholds: { processMemoryMb: 400 * 1024 * 1024 } }, 'processMemoryMb'],
    [{ leakWindowMs: 30 }, 'leakWindowMs'],
    [{ limits: { enableGcPressure: true }, pressureResponse: { enableGcPressure: true } }, 'only one of limits'],
    [{ limits: { maxHeap: 100 } }, 'did you mean maxHeapMb'],
    [{ interval: 5 }, 'interval'],
  ])('refuses %j', (options, message) => {
    expect(() => new MemoryProfiler({ ...NO_LEAKS, ...(options as object) })).toThrow(message)
  })

  it('refuses what is no manager or cache', () => {
    const { profiler } = profilerWith()
    for (const wrong of [null, {}, 'x']) {
      expect(() => profiler.setTieredStorage(wrong as never)).toThrow('expected a TieredStorageManager')
      expect(() => profiler.setRedisCache(wrong as never)).toThrow('expected a RedisLRUCache')
    }
  })
})
