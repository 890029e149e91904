import { type Channel, channel } from 'node:diagnostics_channel'

/** What is published on {@link STORE_CHANNEL}: one call of a store, after it ended. */
export interface StoreCallEvent {
  readonly store: string
  readonly operation: string
  readonly durationMs: number
  /** Code of the error, or undefined where the call succeeded. */
  readonly error: string | undefined
}

/** What is published on {@link STORE_BEGIN_CHANNEL}: a call of a store across a network begins, which may take its time. */
export interface StoreBeginEvent {
  readonly store: string
}

/** What is published on {@link STEP_CHANNEL}: a structural commit or an erase is about to take this step, or has just taken it. */
export interface StepEvent {
  readonly step: Step
  readonly sessionKey: string
}

/** Named steps of a structural commit, in order. A process may die at any of them. */
export const STEPS = [
  'rewrite:planned',
  'rewrite:sources-read',
  'rewrite:encoded',
  'rewrite:verified',
  'rewrite:before-commit',
  'rewrite:committed',
  'rewrite:copies-dropped',
] as const
/** The same of erasing a user, around the commits that it takes. */
export const ERASE_STEPS = ['erase:written-down', 'erase:first-pass', 'erase:second-pass'] as const
/** After a session was deleted. */
export const SESSION_ERASED = 'erase:session'
export type Step = (typeof STEPS)[number] | (typeof ERASE_STEPS)[number] | typeof SESSION_ERASED

export const STORE_CHANNEL = 'thermocline:store'
export const STORE_BEGIN_CHANNEL = 'thermocline:store-begin'
export const STEP_CHANNEL = 'thermocline:step'

export const storeChannel: Channel = channel(STORE_CHANNEL)
export const storeBeginChannel: Channel = channel(STORE_BEGIN_CHANNEL)
const stepChannel: Channel = channel(STEP_CHANNEL)

export function publishStep(step: Step, sessionKey: string): void {
  if (stepChannel.hasSubscribers) stepChannel.publish({ step, sessionKey } satisfies StepEvent)
}
