import { setImmediate } from 'node:timers/promises'
import type { AlertNotice, AlertSeverity, AlertSource, FindingOf } from '../../../src/telemetry/alerts/alert.ts'
import type { AlertChannel } from '../../../src/telemetry/alerts/alert-channel.ts'

export const SOURCE: AlertSource = Object.freeze({ serviceName: 'memory-service', instance: 'host-1:42' })

export function highCpu(value: number, severity: AlertSeverity = 'warning'): FindingOf<'cpu'> {
  return { kind: 'cpu', subject: '', severity, message: `CPU at ${value} %`, facts: { value, threshold: 80 } }
}

export function failingStore(subject: string): FindingOf<'storeFailing'> {
  const facts = { code: 'STORE_TIMEOUT', failedCalls: 3 }
  return { kind: 'storeFailing', subject, severity: 'critical', message: `Store ${subject} fails`, facts }
}

/** A channel that remembers what it was told, and does what `body` does. */
export function recordingChannel(
  body: (notice: AlertNotice, signal: AbortSignal) => Promise<void> = async () => undefined,
  minSeverity: AlertSeverity = 'warning',
): AlertChannel & { readonly told: AlertNotice[] } {
  const told: AlertNotice[] = []
  return {
    name: 'recording',
    minSeverity,
    told,
    send(notice, signal) {
      told.push(notice)
      return body(notice, signal)
    },
  }
}

/** Lets everything run on that waits for no time to pass. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 5; i++) await setImmediate()
}

export function events(notices: readonly AlertNotice[]): string[] {
  return notices.map(({ event, alert }) => `${event} ${alert.kind}`)
}
