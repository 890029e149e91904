/** Text that is looked for byte by byte: of which user, and of which operation; `id` stands in the user's own ids. */
export function canary(user: number, op: number | 'id'): string {
  return `CANARY${user}x${op}Y`
}

export const CANARIES: RegExp = /CANARY\d+x(?:\d+|id)Y/

export interface Canary {
  readonly user: number
  /** Undefined in ids. */
  readonly op: number | undefined
}

export function parseCanary(text: string): Canary {
  const [user, op] = text.slice('CANARY'.length, -1).split('x')
  return { user: Number(user), op: op === 'id' ? undefined : Number(op) }
}

export function canariesIn(text: string): readonly Canary[] {
  return [...text.matchAll(new RegExp(CANARIES, 'g'))].map(([match]) => parseCanary(match))
}

export function userIdOf(user: number): string {
  return `user ${canary(user, 'id')}`
}

export function sessionIdOf(user: number, session: number): string {
  return `session ${session} ${canary(user, 'id')}`
}
