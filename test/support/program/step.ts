import type { TieredStorageManagerOptions } from '../../../src/thermocline.ts'

/** What a user might do. Numbers that choose something are taken modulo what there is to choose from. */
export type Step = ItemStep | ReadStep | SessionStep | PlaceStep | TogetherStep

/** A random program: how its managers are set up, and what they do. */
export interface Program {
  readonly managers: number
  /** Fixes how long calls of stores take; undefined: as long as they do. */
  readonly jitter: number | undefined
  readonly options: TieredStorageManagerOptions
  readonly steps: readonly Step[]
}

/** Which manager acts. */
interface By {
  readonly by: number
}

interface InSession extends By {
  readonly session: number
}

export type ItemStep = AddStep | KeyedStep | UpdateStep | DeleteStep | PopStep | ReplaceStep | RestoreStep

export interface AddStep extends InSession {
  readonly do: 'add'
  readonly count: number
  readonly size: number
  /** Until it expires; 0 for never. */
  readonly lifeMs: number
  /** How long before now it was said; 0 says nothing of it. */
  readonly agoMs: number
  readonly as: 'calls' | 'batch'
  /** An item that the new ones are told to come after. */
  readonly after: number | undefined
}

/** An add with an idempotency key: the same one again and again. */
export interface KeyedStep extends InSession {
  readonly do: 'add keyed'
  readonly key: number
  readonly agoMs: number
  /** With a time of its own, though the key was used before: another item. */
  readonly anew: boolean
  readonly after: number | undefined
}

export interface UpdateStep extends InSession {
  readonly do: 'update'
  readonly index: number
  readonly change: ChangePlan
  readonly as: 'value' | 'function'
}

export interface ChangePlan {
  readonly content: number | undefined
  readonly metadata: 'as before' | 'new' | 'none'
  /** 0 for never. */
  readonly lifeMs: number | undefined
}

export interface DeleteStep extends InSession {
  readonly do: 'delete'
  readonly index: number
}

export interface PopStep extends InSession {
  readonly do: 'pop'
}

export interface ReplaceStep extends InSession {
  readonly do: 'replace'
  readonly expect: 'the end' | 'a stale end' | 'nothing'
  readonly take: number
  readonly put: number
}

/** Puts back items that were read earlier. */
export interface RestoreStep extends By {
  readonly do: 'restore'
  readonly index: number
  readonly count: number
}

export type ReadStep = HistoryStep | GetStep | SearchStep | InfoStep

export interface HistoryStep extends InSession {
  readonly do: 'history' | 'iterate'
  readonly query: QueryPlan
}

export interface QueryPlan {
  readonly limit: number | undefined
  readonly from: 'newest' | 'oldest'
  readonly order: 'newest' | 'oldest'
  readonly read: 'cached' | 'strong'
  readonly peek: boolean
  readonly maxTokens: number | undefined
  readonly after: Edge | undefined
  readonly before: Edge | undefined
}

export interface Edge {
  readonly kind: 'id' | 'time'
  readonly index: number
}

export interface GetStep extends InSession {
  readonly do: 'get'
  readonly index: number
  readonly read: 'cached' | 'strong'
}

export interface SearchStep extends InSession {
  readonly do: 'search'
  readonly index: number
  readonly for: 'an item' | 'all'
  readonly where: 'all sessions' | 'one session'
}

/** Looks at sessions as wholes. */
export interface InfoStep extends InSession {
  readonly do: 'session' | 'sessions' | 'all sessions' | 'tiers'
}

export type SessionStep = AboutStep | ForkStep | ForgetStep | MoveStep

export interface AboutStep extends InSession {
  readonly do: 'update session'
  readonly metadata: 'as before' | 'new' | 'none' | 'more'
  readonly retentionDays: number | null | undefined
}

export interface ForkStep extends InSession {
  readonly do: 'fork'
  readonly to: number
  readonly upTo: number | undefined
}

export interface ForgetStep extends InSession {
  readonly do: 'delete session' | 'erase user'
}

export interface MoveStep extends InSession {
  readonly do: 'promote' | 'demote' | 'pack'
}

export type PlaceStep = SweepStep | TimeStep

export interface SweepStep extends By {
  readonly do: 'sweep' | 'sweep all' | 'reopen'
}

export interface TimeStep {
  readonly do: 'advance' | 'step back'
  readonly ms: number
}

/** Two calls at once, of two managers where there are as many. */
export interface TogetherStep extends InSession {
  readonly do: 'together'
  readonly what: Pair
  readonly index: number
}

export const PAIRS = [
  'add, add',
  'add, pop',
  'add and read, pop',
  'add, replace',
  'add, delete session',
  'add, sweep',
  'add, demote',
  'add, history',
  'delete, delete',
  'delete, update',
  'delete, sweep',
  'pop, pop',
  'pop, pack',
  'update, update',
  'update, sweep',
  'update, pack',
  'update, history',
] as const
export type Pair = (typeof PAIRS)[number]
