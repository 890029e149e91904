import type { AlertNotice, AlertSeverity } from './alert.ts'

/** A way to tell people, or another program, of an alert. May fail and may hang: it is given a deadline and a queue. */
export interface AlertChannel {
  /** For statistics and messages. Never holds a secret. */
  readonly name: string
  /** Alerts that never were as bad are not sent. */
  readonly minSeverity: AlertSeverity
  /** Resolves once the notice was taken; stops when the signal is aborted. Rejections are counted, and tried again where that may help. */
  send(notice: AlertNotice, signal: AbortSignal): Promise<void>
  /** Lets go of connections, if it keeps any. */
  close?(): Promise<void>
}

/** What became of the notices of a channel. */
export interface ChannelStats {
  readonly name: string
  readonly sent: number
  /** Given up after all attempts. */
  readonly failed: number
  /** Pushed out of a full queue, or left in it when the channel was closed. */
  readonly dropped: number
  readonly waiting: number
  /** Why the last attempt failed: our message, or of an error of others name and code. */
  readonly lastError: string | undefined
}
