import type { status } from '@grpc/grpc-js'
import type { Message } from './firestore-protocol.ts'

/** A call that a client makes, before it is carried out. */
export interface FirestoreCall {
  /** Such as "Commit" or "RunQuery". */
  readonly method: string
  /** Decoded when first asked for. */
  readonly request: Message
  /** The request as it was sent: `bytes.includes('a text in it')`. */
  readonly bytes: Buffer
}

export type CallMatcher = (call: FirestoreCall) => boolean
export type StatusName = keyof typeof status

export interface CallFaultOptions {
  /** How many calls it is for; `Infinity` for all. @default 1 */
  readonly times?: number
}

export interface StatusFaultOptions extends CallFaultOptions {
  /** What the client is told. @default "UNAVAILABLE" */
  readonly code?: StatusName
}

/** What is to go wrong with calls that match. */
export interface CallFault {
  /** How many calls it has met. */
  met(): number
  /** Resolves when it has met all that it is for. */
  readonly done: Promise<void>
  /** It meets no more calls; those that it holds stay held. */
  remove(): void
}

export interface HeldCalls extends CallFault {
  /** Lets all that it holds go on, and meets no more. */
  release(): void
}

/** Where a call is stopped, and how it then goes on. */
export type Effect =
  | { readonly kind: 'refuse' | 'lose reply'; readonly code: StatusName }
  | { readonly kind: 'hold'; readonly released: Promise<void> }

interface PlannedFault {
  readonly matches: CallMatcher
  readonly effect: Effect
  left: number
  readonly meet: () => void
}

/** Faults that wait for their calls. A call meets the oldest that matches, and no other. */
export class CallFaults {
  readonly #planned = new Set<PlannedFault>()

  plan(matches: CallMatcher, effect: Effect, times = 1): CallFault {
    const { promise: done, resolve } = Promise.withResolvers<void>()
    let met = 0
    const fault: PlannedFault = {
      ...{ matches, effect, left: times },
      meet: () => {
        met += 1
        if (met === times) resolve()
      },
    }
    this.#planned.add(fault)
    return { met: () => met, done, remove: () => void this.#planned.delete(fault) }
  }

  take(call: FirestoreCall): { readonly effect: Effect; readonly meet: () => void } | undefined {
    const fault = [...this.#planned].find(({ matches }) => matches(call))
    if (!fault) return undefined
    fault.left -= 1
    if (fault.left === 0) this.#planned.delete(fault)
    return fault
  }
}
