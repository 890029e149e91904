const STATUS_NAMES: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  499: 'CANCELLED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
}

/** An error as Google's services say it: https://cloud.google.com/apis/design/errors. */
export class GeminiError extends Error {
  readonly code: number
  readonly details: readonly object[]

  constructor(code: number, message: string, details: readonly object[] = []) {
    super(message)
    this.code = code
    this.details = details
  }

  /** The body of the answer. */
  toJSON(): object {
    const status = STATUS_NAMES[this.code] ?? 'UNKNOWN'
    const { code, message, details } = this
    return { error: { code, message, status, ...(details.length > 0 && { details }) } }
  }
}

/** A field that is wrong, with its path as the services write it. */
export function badRequest(field: string, description: string, message: string = description): GeminiError {
  return new GeminiError(400, message, [
    { '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations: [{ field, description }] },
  ])
}

export function apiKeyInvalid(): GeminiError {
  return new GeminiError(400, 'API key not valid. Please pass a valid API key.', [
    errorInfo('API_KEY_INVALID'),
    { '@type': 'type.googleapis.com/google.rpc.LocalizedMessage', locale: 'en-US', message: 'API key not valid.' },
  ])
}

export function errorInfo(reason: string): object {
  return { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason, domain: 'googleapis.com' }
}

export function retryInfo(seconds: number): object {
  return { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${seconds}s` }
}
