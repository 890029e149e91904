import { randomUUID } from 'node:crypto'
import { type Clock, systemClock } from '../../lib/clock.ts'
import { type Alert, type AlertEvent, type AlertKind, type AlertSeverity, type Finding, isAtLeast } from './alert.ts'
import type { ChannelStats } from './alert-channel.ts'
import { ALERTS_DEFAULTS, type AlertsOptions, checkAlertsOptions } from './alerts-options.ts'
import { ChannelQueue } from './channel-queue.ts'
import { NoticeBudget } from './notice-budget.ts'
import type { Verdict } from './verdict.ts'

/** Counts since the start. */
export interface AlertsStats {
  readonly raised: number
  readonly recovered: number
  readonly notices: number
  /** Alerts that began and ended without a notice, since their kind and subject had had too many. */
  readonly heldBack: number
  /** Findings for which there was no room. */
  readonly refused: number
  /** Calls of `onNotice` that threw. */
  readonly listenerFailures: number
  readonly channels: readonly ChannelStats[]
}

interface Lasting {
  alert: Alert
  told: { severity: AlertSeverity; at: number } | undefined
}

const DEFAULT_CLOSE_MS = 3_000

/**
 * Turns findings that come again and again into alerts that begin, may worsen and recover, and tells of each such
 * change once. Nothing here throws or waits: what happens in channels stays there.
 */
export class Alerts {
  readonly #options: typeof ALERTS_DEFAULTS & AlertsOptions
  readonly #clock: Clock
  #queues: readonly ChannelQueue[] = []
  #isOpen = false
  readonly #budget: NoticeBudget
  readonly #lasting = new Map<string, Lasting>()
  readonly #ended: Alert[] = []
  readonly #counts = { raised: 0, recovered: 0, notices: 0, heldBack: 0, refused: 0, listenerFailures: 0 }

  /** @throws ThermoclineError `INVALID_OPTION` */
  constructor(options: AlertsOptions) {
    checkAlertsOptions(options)
    this.#options = { ...ALERTS_DEFAULTS, ...options }
    const { burst, refillMs, maxAlerts, clock = systemClock } = this.#options
    this.#clock = clock
    this.#budget = new NoticeBudget(burst, refillMs, 4 * maxAlerts)
    this.open()
  }

  /** After `close`: channels hear of what is told from now on, and their counts begin anew. Harmless when repeated. */
  open(): void {
    if (this.#isOpen) return
    this.#isOpen = true
    const options = { ...this.#options, clock: this.#clock }
    this.#queues = (this.#options.channels ?? []).map((channel) => new ChannelQueue(channel, options))
  }

  /** Begins an alert, or goes on with the one of the same kind and subject. */
  raise(finding: Finding): void {
    const now = this.#clock.now()
    const key = keyOf(finding.kind, finding.subject)
    const known = this.#lasting.get(key)
    if (known === undefined && this.#lasting.size >= this.#options.maxAlerts) {
      this.#counts.refused++
      return
    }
    const lasting: Lasting = known ?? { alert: begun(finding, now), told: undefined }
    if (known === undefined) {
      this.#lasting.set(key, lasting)
      this.#counts.raised++
    } else {
      lasting.alert = goneOn(known.alert, finding, now)
    }
    this.#tellIfDue(key, lasting, now)
  }

  /** Ends the alert of this kind and subject, if there is one. */
  recover(kind: AlertKind, subject = ''): void {
    const key = keyOf(kind, subject)
    const lasting = this.#lasting.get(key)
    if (lasting === undefined) return
    const now = this.#clock.now()
    this.#lasting.delete(key)
    this.#counts.recovered++
    const ended = Object.freeze({ ...lasting.alert, until: now })
    this.#ended.unshift(ended)
    if (this.#ended.length > this.#options.maxHistory) this.#ended.pop()
    if (lasting.told !== undefined) this.#tell('recovered', ended, now, 0)
    else {
      this.#counts.heldBack++
      this.#budget.holdBack(budgetKey(key, ended))
    }
  }

  /** Raises what rules found, and ends what they say is fine. */
  settle(verdicts: readonly Verdict[]): void {
    for (const verdict of verdicts) {
      if (verdict.isFine) this.recover(verdict.kind, verdict.subject)
      else this.raise(verdict.finding)
    }
  }

  isLasting(kind: AlertKind, subject = ''): boolean {
    return this.#lasting.has(keyOf(kind, subject))
  }

  /** Alerts that last, newest first. */
  getAlerts(): readonly Alert[] {
    return Object.freeze([...this.#lasting.values()].map(({ alert }) => alert).reverse())
  }

  /** Alerts that have ended, last ended first. */
  getHistory(): readonly Alert[] {
    return Object.freeze([...this.#ended])
  }

  getStats(): AlertsStats {
    return Object.freeze({ ...this.#counts, channels: Object.freeze(this.#queues.map((queue) => queue.getStats())) })
  }

  /** Waits until channels were told of everything, or so much time has passed. Keeps the process alive for as long. */
  async flush(withinMs: number = DEFAULT_CLOSE_MS): Promise<void> {
    await this.#atMost(withinMs, Promise.all(this.#queues.map((queue) => queue.idle())))
  }

  /**
   * Flushes, then drops what still waits and lets channels go, for which they have as much time again. Channels are told
   * of nothing afterwards; what lasts goes on lasting.
   */
  async close(withinMs: number = DEFAULT_CLOSE_MS): Promise<void> {
    this.#isOpen = false
    const queues = this.#queues
    await this.flush(withinMs)
    await this.#atMost(withinMs, Promise.all(queues.map((queue) => queue.close())))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** Keeps the process alive for as long. */
  async #atMost(ms: number, work: Promise<unknown>): Promise<void> {
    const done = new AbortController()
    await Promise.race([work, this.#clock.sleep(ms, done.signal)])
    done.abort()
  }

  #tellIfDue(key: string, lasting: Lasting, now: number): void {
    const { alert, told } = lasting
    const { reminderMs } = this.#options
    if (told === undefined) {
      const heldBack = this.#budget.take(budgetKey(key, alert), now)
      if (heldBack === undefined) return
      this.#tell('raised', alert, now, heldBack)
    } else if (!isAtLeast(told.severity, alert.severity)) {
      this.#tell('worsened', alert, now, 0)
    } else if (reminderMs > 0 && now - told.at >= reminderMs) {
      this.#tell('reminder', alert, now, 0)
    } else return
    lasting.told = { severity: alert.worst, at: now }
  }

  #tell(event: AlertEvent, alert: Alert, at: number, heldBack: number): void {
    const { source, onNotice } = this.#options
    const notice = Object.freeze({ event, alert, source, at, heldBack })
    this.#counts.notices++
    try {
      onNotice?.(notice)
    } catch {
      this.#counts.listenerFailures++
    }
    for (const queue of this.#queues) queue.push(notice)
  }
}

function keyOf(kind: AlertKind, subject: string): string {
  return `${kind} ${subject}`
}

/** Warnings that come and go must not hold back that it is critical now. */
function budgetKey(key: string, { worst }: Alert): string {
  return `${worst} ${key}`
}

function begun(finding: Finding, now: number): Alert {
  const life = { id: randomUUID(), worst: finding.severity, since: now, lastSeen: now, until: undefined, times: 1 }
  return Object.freeze({ ...finding, ...life })
}

function goneOn(before: Alert, finding: Finding, now: number): Alert {
  const { id, since, times } = before
  const worst = isAtLeast(before.worst, finding.severity) ? before.worst : finding.severity
  return Object.freeze({ ...finding, id, worst, since, lastSeen: now, until: undefined, times: times + 1 })
}
