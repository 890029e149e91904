import { isThermoclineError } from '../../errors.ts'
import type { Clock } from '../../lib/clock.ts'
import { type AlertNotice, isAtLeast } from './alert.ts'
import type { AlertChannel, ChannelStats } from './alert-channel.ts'
import { notSent, retryAfterMs } from './not-sent.ts'

export interface ChannelQueueOptions {
  readonly maxWaiting: number
  readonly sendTimeoutMs: number
  readonly sendAttempts: number
  readonly retryDelayMs: number
  readonly clock: Clock
}

/** Attempts that went on after their deadline, before no further one is begun: a channel that hangs can't pile up work. */
const MAX_HANGING = 3
/** Longest pause that another side may ask for. */
const MAX_RETRY_AFTER_MS = 60_000

/** Stands between alerts and one channel: one notice at a time, each within a deadline, so many waiting and no more. */
export class ChannelQueue {
  readonly #channel: AlertChannel
  readonly #options: ChannelQueueOptions
  readonly #closing = new AbortController()
  readonly #waiting: AlertNotice[] = []
  readonly #counts = { sent: 0, failed: 0, dropped: 0 }
  #lastError: string | undefined
  #hanging = 0
  #run: Promise<void> | undefined

  constructor(channel: AlertChannel, options: ChannelQueueOptions) {
    this.#channel = channel
    this.#options = options
  }

  push(notice: AlertNotice): void {
    if (this.#closing.signal.aborted || !isAtLeast(notice.alert.worst, this.#channel.minSeverity)) return
    this.#waiting.push(notice)
    if (this.#waiting.length > this.#options.maxWaiting) {
      this.#waiting.shift()
      this.#counts.dropped++
    }
    this.#run ??= this.#sendAll()
  }

  /** Resolves once nothing waits. */
  async idle(): Promise<void> {
    await this.#run
  }

  getStats(): ChannelStats {
    return Object.freeze({
      name: this.#channel.name,
      ...this.#counts,
      waiting: this.#waiting.length,
      lastError: this.#lastError,
    })
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#counts.dropped += this.#waiting.splice(0).length
    await this.#run
    try {
      await this.#channel.close?.()
    } catch (error) {
      this.#lastError = messageOf(error)
    }
  }

  async #sendAll(): Promise<void> {
    // Whoever raised the alert goes on first.
    await Promise.resolve()
    for (let notice = this.#waiting.shift(); notice !== undefined; notice = this.#waiting.shift()) {
      if (await this.#send(notice)) this.#counts.sent++
      else this.#counts.failed++
    }
    this.#run = undefined
  }

  async #send(notice: AlertNotice): Promise<boolean> {
    const { sendAttempts, retryDelayMs } = this.#options
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#attempt(notice)
        return true
      } catch (error) {
        this.#lastError = messageOf(error)
        const askedMs = retryAfterMs(error)
        if (askedMs === undefined || attempt >= sendAttempts || this.#closing.signal.aborted) return false
        await this.#pause(Math.max(retryDelayMs * 2 ** (attempt - 1), Math.min(askedMs, MAX_RETRY_AFTER_MS)))
        if (this.#closing.signal.aborted) return false
      }
    }
  }

  async #attempt(notice: AlertNotice): Promise<void> {
    const { clock, sendTimeoutMs } = this.#options
    const { name } = this.#channel
    if (this.#hanging >= MAX_HANGING) throw notSent(name, 'earlier notices still hang', { mayRetry: false })
    const deadline = new AbortController()
    const { promise: givenUp, reject } = Promise.withResolvers<never>()
    const giveUp = (reason: string): void => {
      reject(notSent(name, reason, { mayRetry: true }))
      deadline.abort()
    }
    const onClose = (): void => giveUp('it was closed')
    // Not `sleep`: a notice under way must not keep the process alive.
    const stop = clock.every(sendTimeoutMs, () => giveUp(`no answer within ${sendTimeoutMs} ms`))
    this.#closing.signal.addEventListener('abort', onClose)
    try {
      await Promise.race([givenUp, this.#call(notice, deadline.signal)])
    } finally {
      stop()
      this.#closing.signal.removeEventListener('abort', onClose)
    }
  }

  async #call(notice: AlertNotice, signal: AbortSignal): Promise<void> {
    this.#hanging++
    try {
      await this.#channel.send(notice, signal)
    } finally {
      this.#hanging--
    }
  }

  async #pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const onClose = (): void => resolve()
    const stop = this.#options.clock.every(ms, resolve)
    this.#closing.signal.addEventListener('abort', onClose)
    await promise
    stop()
    this.#closing.signal.removeEventListener('abort', onClose)
  }
}

/** Errors of others may quote addresses and passwords. */
function messageOf(error: unknown): string {
  if (isThermoclineError(error)) return error.message
  const name = error instanceof Error ? error.name : typeof error
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined
  return typeof code === 'string' ? `${name} ${code}` : name
}
