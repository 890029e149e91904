import { isThermoclineError, ThermoclineError } from '../errors.ts'
import type { GeminiFailure } from './gemini-calls.ts'

/** What was being done, for messages. */
export interface GeminiCall {
  /** Such as "generate". */
  readonly action: string
  readonly model: string
  readonly signal: AbortSignal
}

/** What is known of a failure. Names are the service's own; none of its texts, which repeat what was sent. */
export interface GeminiFailureFacts {
  readonly reason: GeminiFailure
  /** Of HTTP. */
  readonly status?: number
  /** Such as "INVALID_ARGUMENT", "API_KEY_INVALID", "SAFETY", and paths of fields. */
  readonly names?: readonly string[]
  readonly retryAfterMs?: number
}

const REASONS: Readonly<Record<GeminiFailure, string>> = Object.freeze({
  'rate-limited': 'the service asks to wait',
  unavailable: 'the service can not be reached or is in trouble',
  timeout: 'no answer in time',
  blocked: 'the service refuses to say anything about what it was sent',
  empty: 'the model said nothing',
  truncated: 'the answer was cut off',
  malformed: 'the answer is not what was asked for',
  refused: 'the service does not take this request',
})

export function geminiError({ action, model }: GeminiCall, facts: GeminiFailureFacts): ThermoclineError {
  const { reason, status, names = [], retryAfterMs } = facts
  const received = [...(status === undefined ? [] : [String(status)]), ...names].join(' ')
  const text = [`Cannot ${action} with ${model}`, REASONS[reason], adviceOn(facts), received && `received ${received}`]
  return new ThermoclineError('MODEL_FAILED', text.filter((part) => part !== '').join(': '), {
    details: {
      ...{ reason, model },
      ...(status !== undefined && { status }),
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    },
  })
}

function adviceOn({ reason, status, names = [] }: GeminiFailureFacts): string {
  if (reason !== 'refused') return ''
  if (names.includes('API_KEY_INVALID')) return 'expected a valid API key'
  if (names.includes(NO_CREDENTIALS)) return `expected credentials: see ${HOW_TO_GET_CREDENTIALS}`
  if (status === 401 || status === 403) return 'expected a key or credentials that may use this model'
  return status === 404 ? 'expected a model that it has' : ''
}

const NO_CREDENTIALS = 'NO_CREDENTIALS'
const HOW_TO_GET_CREDENTIALS = 'https://cloud.google.com/docs/authentication/application-default-credentials'

/**
 * Sends, and gives back what comes of it in our terms, at once where the signal is aborted: neither library stops while it
 * gets credentials, and @google/generative-ai does not look at a signal that is aborted already.
 */
export async function askGemini<T>(call: GeminiCall, send: () => Promise<T>): Promise<T> {
  const { signal } = call
  if (signal.aborted) throw aborted(call)
  const { promise: stop, reject } = Promise.withResolvers<never>()
  const onAbort = (): void => reject(aborted(call))
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([send(), stop])
  } catch (error) {
    if (signal.aborted) throw aborted(call)
    throw isThermoclineError(error) ? error : geminiError(call, factsOf(error))
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

function aborted({ action, model, signal }: GeminiCall): ThermoclineError {
  return new ThermoclineError('ABORTED', `Cannot ${action} with ${model}: aborted by the caller`, {
    cause: signal.reason,
  })
}

/** What an error of either library says. Never the error itself: it leads to keys, addresses and contents. */
export function factsOf(error: unknown): GeminiFailureFacts {
  if (!(error instanceof Error)) return { reason: 'unavailable' }
  const status = Reflect.get(error, 'status')
  if (typeof status === 'number') return factsOfStatus(status, error)
  const { name, message } = error
  // Our own signal is looked at before: this is a timeout that a given client was made with.
  if (name === 'AbortError' || name === 'TimeoutError' || /Request aborted when fetching/.test(message)) {
    return { reason: 'timeout' }
  }
  if (NOT_REACHED.test(`${message} ${String(Reflect.get(error, 'code'))}`)) return { reason: 'unavailable' }
  // Neither a body that is no JSON nor one that the library can't work with.
  if (error instanceof SyntaxError || error instanceof TypeError) return { reason: 'malformed' }
  return { reason: 'refused', names: [/credential|authenticat/i.test(message) ? NO_CREDENTIALS : name] }
}

/** As fetch and the libraries for credentials say that a connection failed. */
const NOT_REACHED =
  /fetch failed|terminated|network|socket|other side closed|ENOTFOUND|EAI_AGAIN|ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH/i

function factsOfStatus(status: number, error: Error): GeminiFailureFacts {
  const said = saidBy(error)
  const details = Array.isArray(said.details) ? said.details : (Reflect.get(error, 'errorDetails') ?? [])
  const retryAfterMs = Array.isArray(details) ? retryDelayMs(details) : undefined
  return {
    reason: reasonOf(status),
    status,
    names: [said.status, ...(Array.isArray(details) ? details.flatMap(namesIn) : [])].filter(isName),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  }
}

function reasonOf(status: number): GeminiFailure {
  if (status === 429) return 'rate-limited'
  if (status === 408 || status === 504) return 'timeout'
  return status >= 500 || status === 499 ? 'unavailable' : 'refused'
}

/** The `error` of the answer: @google/genai has the whole of it as a message, @google/generative-ai parts of it. */
function saidBy(error: Error): { readonly status?: unknown; readonly details?: unknown } {
  try {
    return JSON.parse(error.message).error ?? {}
  } catch {
    return {}
  }
}

interface ErrorDetail {
  readonly '@type'?: unknown
  readonly reason?: unknown
  readonly retryDelay?: unknown
  readonly fieldViolations?: readonly { readonly field?: unknown }[]
}

/** https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto */
function namesIn(detail: ErrorDetail | null): readonly unknown[] {
  const violations = detail?.fieldViolations
  return [detail?.reason, ...(Array.isArray(violations) ? violations.map((violation) => violation?.field) : [])]
}

/** What looks like a name or a path of one. */
function isName(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z][\w.[\]]{0,99}$/.test(value)
}

function retryDelayMs(details: readonly (ErrorDetail | null)[]): number | undefined {
  for (const detail of details) {
    const [, seconds] = /^(\d{1,6}(?:\.\d+)?)s$/.exec(String(detail?.retryDelay)) ?? []
    if (seconds !== undefined) return Math.ceil(Number(seconds) * 1000)
  }
  return undefined
}
