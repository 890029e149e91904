/** One thing that the doctor looked at. */
export interface Check {
  readonly name: string
  readonly status: 'ok' | 'warning' | 'problem'
  /** What was found. */
  readonly message: string
  /** What to do about it. */
  readonly advice?: string
}

export function ok(name: string, message: string): Check {
  return { name, status: 'ok', message }
}

/** It works, and may one day hurt. */
export function warning(name: string, message: string, advice: string): Check {
  return { name, status: 'warning', message, advice }
}

/** It does not work as it is. */
export function problem(name: string, message: string, advice?: string): Check {
  return { name, status: 'problem', message, ...(advice !== undefined && { advice }) }
}
