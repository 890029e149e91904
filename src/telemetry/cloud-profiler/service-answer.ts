/** A duration as JSON says it, "3.5s", in milliseconds. */
export function durationMs(value: unknown): number | undefined {
  const seconds = typeof value === 'string' ? /^(\d{1,9}(?:\.\d{1,9})?)s$/.exec(value)?.[1] : undefined
  return seconds === undefined || Number(seconds) === 0 ? undefined : Number(seconds) * 1_000
}

/** The RetryInfo of an error: https://cloud.google.com/apis/design/errors#error_details. */
export function retryDelayMs(answer: unknown): number | undefined {
  const details = field(field(answer, 'error'), 'details')
  if (!Array.isArray(details)) return undefined
  return details.map((detail) => durationMs(field(detail, 'retryDelay'))).find((ms) => ms !== undefined)
}

/** The same as a header in seconds. Dates are left to the usual wait: the service sends none. */
export function retryAfterMs(header: string | undefined): number | undefined {
  return header === undefined || !/^[1-9]\d{0,5}$/.test(header) ? undefined : Number(header) * 1_000
}

/** Such as "PERMISSION_DENIED". None of the service's texts: they repeat what was sent. */
export function statusName(answer: unknown): string | undefined {
  const status = field(field(answer, 'error'), 'status')
  return typeof status === 'string' && /^[A-Z_]{1,40}$/.test(status) ? status : undefined
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
