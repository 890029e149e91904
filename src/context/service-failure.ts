import { type ErrorCode, isThermoclineError } from '../errors.ts'
import { errorMessage } from '../lib/error-message.ts'

/** Why a service, or code of yours, gave no answer where something else could stand in. */
export interface ServiceFailure {
  /** `MODEL_FAILED` for an error that has no code of ours. */
  readonly code: ErrorCode
  /** A {@link ModelFailure}, where a `MODEL_FAILED` says one. */
  readonly reason?: string
  readonly message: string
}

export function failureOf(error: unknown): ServiceFailure {
  const message = errorMessage(error)
  if (!isThermoclineError(error)) return Object.freeze({ code: 'MODEL_FAILED', message })
  const { reason } = error.details
  return Object.freeze({ code: error.code, message, ...(typeof reason === 'string' && { reason }) })
}
