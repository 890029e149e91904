import { type ErrorCode, ThermoclineError } from '../errors.ts'

type GrpcName =
  | 'cancelled'
  | 'unknown'
  | 'invalidArgument'
  | 'deadlineExceeded'
  | 'notFound'
  | 'alreadyExists'
  | 'permissionDenied'
  | 'resourceExhausted'
  | 'failedPrecondition'
  | 'aborted'
  | 'internal'
  | 'unavailable'
  | 'unauthenticated'

/** https://github.com/grpc/grpc/blob/master/doc/statuscodes.md */
export const GRPC: Readonly<Record<GrpcName, number>> = Object.freeze({
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
})

/** Codes after which a call may succeed when it is made again. */
const MAY_PASS: ReadonlySet<number> = new Set([
  GRPC.cancelled,
  GRPC.unknown,
  GRPC.resourceExhausted,
  GRPC.aborted,
  GRPC.internal,
  GRPC.unavailable,
])

export function grpcCode(error: unknown): number | undefined {
  const code = error instanceof Error ? Reflect.get(error, 'code') : undefined
  return typeof code === 'number' ? code : undefined
}

/** What an error of the client says. Never the error itself: objects that it leads to hold credentials and contents. */
export function firestoreErrorText(error: unknown): string {
  if (!(error instanceof Error)) return typeof error
  return error.message.split('\n')[0]!.slice(0, 500)
}

/**
 * The same in our terms. `details.written` is false where nothing was done, unless `mayBeWritten` by an earlier try;
 * `details.contended` says that others were in the way, which is no fault of the service.
 */
export function firestoreError(error: unknown, action: string, mayBeWritten = false): ThermoclineError {
  const [code, reason] = describe(error)
  const grpc = grpcCode(error)
  return new ThermoclineError(code, `Cannot ${action}: ${reason}`, {
    details: {
      ...(grpc !== undefined && { grpcCode: grpc }),
      // Firestore lets go of a write for others only before it does any of it.
      ...(grpc === GRPC.aborted && { contended: true, ...(!mayBeWritten && { written: false }) }),
    },
  })
}

/** What went wrong while credentials were looked for, before anything was sent. */
export function credentialsError(error: unknown): ThermoclineError {
  const [code, reason] = describeCredentials(firestoreErrorText(error))
  return new ThermoclineError(code, `Cannot connect to firestore: ${reason}`, { details: { written: false } })
}

/** As the libraries say that they could not ask somebody for a token. */
const NOT_ASKED = /ENOTFOUND|EAI_AGAIN|ECONN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|socket hang up|network timeout/
const HOW_TO_GET_CREDENTIALS = 'see https://cloud.google.com/docs/authentication/application-default-credentials'

function describeCredentials(text: string): readonly [ErrorCode, string] {
  return NOT_ASKED.test(text) ? ['STORE_UNAVAILABLE', text] : ['STORE_REFUSED', `${text}; ${HOW_TO_GET_CREDENTIALS}`]
}

function describe(error: unknown): readonly [ErrorCode, string] {
  const text = firestoreErrorText(error)
  const code = grpcCode(error)
  // As gRPC says that a token could not be had for a call.
  if (/metadata from plugin failed/i.test(text)) return describeCredentials(text)
  if (code === GRPC.deadlineExceeded) return ['STORE_TIMEOUT', 'no answer in time; it may still take effect']
  if (code !== undefined && MAY_PASS.has(code)) return ['STORE_UNAVAILABLE', text]
  if (code === GRPC.permissionDenied)
    return ['STORE_REFUSED', `${text}; grant the role roles/datastore.user on the project`]
  if (code === GRPC.unauthenticated) return ['STORE_REFUSED', `${text}; ${HOW_TO_GET_CREDENTIALS}`]
  if (code === GRPC.failedPrecondition && /index/i.test(text))
    return ['STORE_REFUSED', `${text}; deploy firestore.indexes.json`]
  if (isDatabaseUnfit(error)) return ['STORE_REFUSED', `${text}; create the database, in native mode`]
  if (/Unable to detect a Project Id/i.test(text))
    return ['STORE_UNAVAILABLE', 'no project was found: give projectId, or set GOOGLE_CLOUD_PROJECT']
  return ['STORE_FAILED', text]
}

/** The same codes as for a document that is not there, or not as it has to be. */
export function isDatabaseUnfit(error: unknown): boolean {
  const code = grpcCode(error)
  const text = firestoreErrorText(error)
  if (code === GRPC.notFound) return /database .*does not exist/i.test(text)
  return code === GRPC.failedPrecondition && /datastore mode/i.test(text)
}

/** The document would be larger than Firestore takes. */
export function isTooLarge(error: unknown): boolean {
  return (
    grpcCode(error) === GRPC.invalidArgument &&
    /maximum (?:entity|allowed)? ?size|exceeds the maximum|is longer than \d+ bytes/i.test(firestoreErrorText(error))
  )
}
