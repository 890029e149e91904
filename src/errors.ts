/**
 * Every code that a {@link ThermoclineError} may carry. Messages may change; a code keeps its meaning within a major
 * version. Each has a paragraph in docs/errors.md.
 */
export const ERROR_CODES = [
  'INVALID_ID',
  'INVALID_ITEM',
  'INVALID_ARGUMENT',
  'INVALID_OPTION',
  'ITEM_TOO_LARGE',
  'SCOPE_REQUIRED',
  'OUT_OF_SCOPE',
  'NOT_OPEN',
  'ABORTED',
  'CONFLICT',
  'ERASED',
  'ERASE_UNFINISHED',
  'NOT_SUPPORTED',
  'OVERLOADED',
  'ALERT_NOT_SENT',
  'MEMORY_PRESSURE',
  'RESPONSE_TOO_LARGE',
  'BUDGET_TOO_SMALL',
  'STORE_FAILED',
  'STORE_FULL',
  'STORE_REFUSED',
  'RECORD_FULL',
  'STORE_TIMEOUT',
  'STORE_UNAVAILABLE',
  'STORE_VERSION',
  'BASE_MEMORY_FAILED',
  'SEGMENT_CORRUPT',
  'SEGMENT_MISSING',
  'SEGMENT_TOO_LARGE',
  'SEGMENT_VERSION',
  'CODEC_MISSING',
  'PEER_MISSING',
  'MODEL_FAILED',
] as const

export type ErrorCode = (typeof ERROR_CODES)[number]

export interface ThermoclineErrorOptions {
  readonly cause?: unknown
  /** Facts for programs: sizes, limits, names. Never contents, credentials or other users' ids. */
  readonly details?: Readonly<Record<string, unknown>>
}

// Two copies of this package in one process have two classes, so `instanceof` alone would miss errors of the other.
const MARKER = Symbol.for('thermocline.error')

/** What everything here throws and rejects with. Branch on {@link ThermoclineError.code}; read the message. */
export class ThermoclineError extends Error {
  override readonly name = 'ThermoclineError'
  readonly code: ErrorCode
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: ErrorCode, message: string, options: ThermoclineErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.details = Object.freeze({ ...options.details })
    Object.defineProperty(this, MARKER, { value: true })
  }
}

/** True for an error of any copy of this package, with that code if one is given. */
export function isThermoclineError(error: unknown, code?: ErrorCode): error is ThermoclineError {
  return (
    typeof error === 'object' &&
    error !== null &&
    MARKER in error &&
    (code === undefined || Reflect.get(error, 'code') === code)
  )
}
