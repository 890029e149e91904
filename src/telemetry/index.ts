/** Entry `thermocline/telemetry`: the memory of the process, pressure, leaks and alerts. */

export type { DeferrableWork } from '../lib/deferrable-work.ts'
export type { BoundedCache } from '../lib/lru-bytes.ts'
export type * from './alerts/alert.ts'
export type { AlertChannel, ChannelStats } from './alerts/alert-channel.ts'
export { ALERT_THRESHOLD_DEFAULTS, type AlertThresholds } from './alerts/alert-thresholds.ts'
export { type CallbackChannelOptions, callbackChannel } from './channels/callback-channel.ts'
export { type EmailChannelOptions, emailChannel } from './channels/email-channel.ts'
export { environmentChannels } from './channels/environment-channels.ts'
export { type LogChannelOptions, type LogLevel, type LogSink, logChannel } from './channels/log-channel.ts'
export { type SlackChannelOptions, slackChannel } from './channels/slack-channel.ts'
export { type WebhookChannelOptions, webhookChannel } from './channels/webhook-channel.ts'
export type {
  CloudCollectorName,
  CloudProfilerOptions,
  CloudProfilerStatus,
  CloudProfileType,
} from './cloud-profiler/cloud-profiler-options.ts'
export type { HeapSnapshot } from './leaks/heap-snapshot.ts'
export { LEAK_DETECTOR_DEFAULTS, type LeakDetectorOptions } from './leaks/leak-options.ts'
export type * from './leaks/leak-report.ts'
export { MemoryLeakDetector } from './leaks/memory-leak-detector.ts'
export type { MemoryLimitConfig } from './memory-limit-config.ts'
export { MemoryProfiler, type ProfiledStorage } from './memory-profiler.ts'
export {
  PRESSURE_ACTIONS,
  type PressureAction,
  type PressureActions,
  type PressureDeed,
  type PressureMeans,
  type PressureReport,
} from './pressure/actions.ts'
export { PRESSURE_GAUGE_DEFAULTS, type PressureGaugeOptions } from './pressure/gauge.ts'
export type { MemoryPressure, PressureSignal, PressureState } from './pressure/pressure.ts'
export type { PressureRelief, Relievable } from './pressure/relief.ts'
export type { PressureResponseOptions } from './pressure/response.ts'
export type { MemorySummary, MemoryTrend } from './process/memory-history.ts'
export type * from './process/process-sample.ts'
export type { MemoryProfilerEvents } from './profiler-events.ts'
export type { MemoryStats, ProfilerMetrics } from './profiler-metrics.ts'
export { MEMORY_PROFILER_DEFAULTS, type MemoryProfilerOptions } from './profiler-options.ts'
export type * from './tiers/redis-metrics.ts'
export type * from './tiers/store-metrics.ts'
export type * from './tiers/tier-metrics.ts'
