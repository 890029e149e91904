import type { Alert, AlertNotice } from './alerts/alert.ts'
import type { LeakReport } from './leaks/leak-report.ts'
import type { PressureReport } from './pressure/actions.ts'
import type { PressureState } from './pressure/pressure.ts'
import type { ProfilerMetrics } from './profiler-metrics.ts'

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
