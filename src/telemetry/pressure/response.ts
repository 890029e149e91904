import { ThermoclineError } from '../../errors.ts'
import { growCaches, shrinkCaches } from '../../lib/cache-relief.ts'
import { checkNames, kindOf } from '../../lib/check-names.ts'
import { checkNumberOption, checkWordOption, invalidOption } from '../../lib/check-options.ts'
import { type Collected, collectGarbageSparingly } from '../../lib/collect-garbage.ts'
import { contained } from '../../lib/contained.ts'
import { DEFERRABLE_WORK, type DeferrableWork } from '../../lib/deferrable-work.ts'
import type { BoundedCache } from '../../lib/lru-bytes.ts'
import {
  PRESSURE_ACTIONS,
  type PressureActions,
  type PressureDeed,
  type PressureMeans,
  type PressureReport,
} from './actions.ts'
import { type MemoryPressure, type PressureState, pressureNumber } from './pressure.ts'
import type { PressureRelief, Relievable } from './relief.ts'

export interface PressureResponseOptions {
  /** What is done at each level, in place of the usual: `PRESSURE_ACTIONS`. A level that is left out keeps it. */
  readonly actions?: Partial<PressureActions>
  /** What is refused while pressure is critical. @default all but `new-session` */
  readonly refusedWork?: readonly DeferrableWork[]
  /** Refuses the first item of new sessions too. @default false */
  readonly rejectNewSessions?: boolean
  /** Whether collections are forced at all. @default true */
  readonly enableGcPressure?: boolean
  /** Least time between two forced collections, in milliseconds. @default 30_000 */
  readonly collectIntervalMs?: number
}

export const PRESSURE_RESPONSE_DEFAULTS: Required<Omit<PressureResponseOptions, 'actions'>> = Object.freeze({
  refusedWork: Object.freeze(DEFERRABLE_WORK.filter((work) => work !== 'new-session')),
  rejectNewSessions: false,
  enableGcPressure: true,
  collectIntervalMs: 30_000,
})

/** A shrink is not judged before a full collection has shown what it brought; but no longer than so. */
const SHRINK_AGAIN_MS = 30_000
/** Caches that grew back at once would only be shrunk again. */
const GROW_AFTER_SHRINK_MS = 30_000
const GROW_AGAIN_MS = 10_000

/** Acts on what a gauge says, over all parts that it was given. Never rejects: what fails is in the report. */
export class PressureResponse {
  readonly #actions: PressureActions
  readonly #refusedWork: readonly DeferrableWork[]
  readonly #mayCollect: boolean
  readonly #collectIntervalMs: number
  /** Undefined where one was forced within that time, for whatever reason. */
  readonly #collect: (intervalMs: number) => Collected | undefined
  readonly #reliefs = new Set<PressureRelief>()
  #isRefusing = false
  #shrunk: { readonly at: number; readonly fullCollections: number | undefined; readonly share: number } | undefined
  #grownAt = Number.NEGATIVE_INFINITY
  readonly #acting = new Set<MemoryPressure>()
  #level: MemoryPressure = 'low'
  #packing: Promise<void> | undefined

  /** @throws ThermoclineError `INVALID_OPTION` */
  constructor(
    options: PressureResponseOptions = {},
    collect: (intervalMs: number) => Collected | undefined = collectGarbageSparingly,
  ) {
    const names = [...Object.keys(PRESSURE_RESPONSE_DEFAULTS), 'actions']
    checkNames('INVALID_OPTION', 'Cannot use pressure options', options, names)
    const { actions, refusedWork, rejectNewSessions, enableGcPressure, collectIntervalMs } = {
      ...PRESSURE_RESPONSE_DEFAULTS,
      ...options,
    }
    this.#actions = resolveActions(actions)
    checkWordOption('rejectNewSessions', rejectNewSessions, [true, false])
    checkWordOption('enableGcPressure', enableGcPressure, [true, false])
    checkNumberOption('collectIntervalMs', collectIntervalMs, [0, 86_400_000, false])
    for (const work of refusedWork) checkWordOption('refusedWork', work, DEFERRABLE_WORK)
    this.#refusedWork = rejectNewSessions ? [...refusedWork, 'new-session'] : refusedWork
    this.#mayCollect = enableGcPressure
    this.#collectIntervalMs = collectIntervalMs
    this.#collect = collect
  }

  /** True while deferrable work is refused. */
  get isRefusing(): boolean {
    return this.#isRefusing
  }

  /**
   * Lets pressure act on a manager, or on another part.
   * @returns Ends that: nothing of its work is refused any more, and its caches may hold what its options say
   * @throws ThermoclineError `INVALID_ARGUMENT`
   */
  relieve(part: Relievable): () => void {
    if (!isRelievable(part)) {
      const expected = 'expected a TieredStorageManager, a ContextPruner, or { relief: { caches, refuse } }'
      throw new ThermoclineError('INVALID_ARGUMENT', `Cannot relieve memory: ${expected}: received ${kindOf(part)}`)
    }
    const { relief } = part
    this.#reliefs.add(relief)
    if (this.#isRefusing) contained(() => relief.refuse(this.#refusedWork))
    return () => {
      if (this.#reliefs.delete(relief)) release(relief)
    }
  }

  /**
   * Does what the level of a state asks for; nothing while the last action of that level goes on. All but the packing of
   * sessions is done before it returns.
   */
  async respond(state: PressureState): Promise<PressureReport> {
    const { at, level } = state
    const deeds: PressureDeed[] = []
    this.#level = level
    if (!this.#acting.has(level)) {
      this.#acting.add(level)
      let hasRefused = false
      const means = this.#means(state, deeds)
      const refuseWork = (): void => {
        hasRefused = true
        means.refuseWork()
      }
      try {
        await this.#actions[level](state, { ...means, refuseWork })
      } catch (error) {
        deeds.push({ deed: 'failed', error })
      }
      this.#acting.delete(level)
      // An action of the caller's that says nothing of it must not leave work refused for good.
      if (!hasRefused && this.#level !== 'critical') this.#refuse(false, deeds)
    }
    return Object.freeze({ at, level, deeds: Object.freeze(deeds) })
  }

  /** Takes back what was done: until the next state, all may do and hold what their options say. */
  rest(): void {
    for (const relief of this.#reliefs) release(relief)
    this.#isRefusing = false
    this.#shrunk = undefined
  }

  #means(state: PressureState, deeds: PressureDeed[]): PressureMeans {
    return {
      shrinkCaches: (share) => this.#shrink(state, share, deeds),
      growCaches: (factor) => this.#grow(state, factor, deeds),
      collect: () => this.#collectNow(deeds),
      packIdleSessions: (maxSessions) => this.#pack(maxSessions, deeds),
      refuseWork: () => this.#refuse(true, deeds),
      allowWork: () => this.#refuse(false, deeds),
    }
  }

  #shrink({ at, level, before, fullCollections }: PressureState, share: number, deeds: PressureDeed[]): void {
    // On its way down the process has what it needs.
    if (pressureNumber(level) < pressureNumber(before)) return
    const last = this.#shrunk
    const isShown =
      last === undefined ||
      hasPassed(SHRINK_AGAIN_MS, last.at, at) ||
      (fullCollections !== undefined && last.fullCollections !== undefined && fullCollections > last.fullCollections)
    // A worse level doesn't wait.
    if (!isShown && share >= last.share) return
    this.#shrunk = { at, fullCollections, share }
    let freedBytes = 0
    this.#eachCache(deeds, (cache) => {
      freedBytes += shrinkCaches([cache], share)
    })
    deeds.push({ deed: 'caches-shrunk', freedBytes })
  }

  #grow({ at }: PressureState, factor: number, deeds: PressureDeed[]): void {
    if (this.#shrunk === undefined) return
    if (!hasPassed(GROW_AFTER_SHRINK_MS, this.#shrunk.at, at) || !hasPassed(GROW_AGAIN_MS, this.#grownAt, at)) return
    this.#grownAt = at
    let isWhole = true
    this.#eachCache(deeds, (cache) => {
      isWhole = growCaches([cache], factor) && isWhole
    })
    if (isWhole) this.#shrunk = undefined
    deeds.push({ deed: 'caches-grown' })
  }

  /** Each once: pruners share what they know of texts. */
  #eachCache(deeds: PressureDeed[], act: (cache: BoundedCache) => void): void {
    const caches = new Set<BoundedCache>()
    this.#eachPart(deeds, (relief) => {
      for (const cache of relief.caches) caches.add(cache)
    })
    for (const cache of caches) attempt(deeds, () => act(cache))
  }

  /** A part that fails is told of, and the others don't depend on it. */
  #eachPart(deeds: PressureDeed[], act: (relief: PressureRelief) => void): void {
    for (const relief of this.#reliefs) attempt(deeds, () => act(relief))
  }

  #collectNow(deeds: PressureDeed[]): void {
    if (!this.#mayCollect) return
    try {
      const collected = this.#collect(this.#collectIntervalMs)
      if (collected !== undefined) deeds.push({ deed: 'collected', ...collected })
    } catch (error) {
      // A runtime may refuse flags after its start; the other deeds don't depend on it.
      deeds.push({ deed: 'failed', error })
    }
  }

  async #pack(maxSessions: number, deeds: PressureDeed[]): Promise<void> {
    // One that takes longer than from one reading to the next must not pile up.
    if (this.#packing !== undefined) return
    const packing = Promise.allSettled(
      [...this.#reliefs].map(async (relief) => relief.packIdleSessions?.(maxSessions) ?? 0),
    )
    this.#packing = packing.then(() => undefined)
    const outcomes = await packing
    this.#packing = undefined
    const sessions = outcomes.reduce((sum, one) => sum + (one.status === 'fulfilled' ? one.value : 0), 0)
    if (sessions > 0) deeds.push({ deed: 'sessions-packed', sessions })
    for (const one of outcomes) if (one.status === 'rejected') deeds.push({ deed: 'failed', error: one.reason })
  }

  #refuse(isRefusing: boolean, deeds: PressureDeed[]): void {
    if (isRefusing === this.#isRefusing) return
    this.#isRefusing = isRefusing
    this.#eachPart(deeds, (relief) => relief.refuse(isRefusing ? this.#refusedWork : []))
    deeds.push({ deed: isRefusing ? 'work-refused' : 'work-allowed' })
  }
}

function isRelievable(part: unknown): boolean {
  const relief: unknown = typeof part === 'object' && part !== null ? Reflect.get(part, 'relief') : undefined
  return typeof relief === 'object' && relief !== null && typeof Reflect.get(relief, 'refuse') === 'function'
}

function attempt(deeds: PressureDeed[], act: () => void): void {
  try {
    act()
  } catch (error) {
    deeds.push({ deed: 'failed', error })
  }
}

/** A clock that was set back would keep everything waiting. */
function hasPassed(ms: number, since: number, at: number): boolean {
  return at - since >= ms || at < since
}

function release(relief: PressureRelief): void {
  contained(() => relief.refuse([]))
  contained(() => growCaches(relief.caches, Number.MAX_SAFE_INTEGER))
}

function resolveActions(given: Partial<PressureActions> = {}): PressureActions {
  checkNames('INVALID_OPTION', 'Cannot use option actions', given, Object.keys(PRESSURE_ACTIONS))
  for (const [level, action] of Object.entries(given))
    if (typeof action !== 'function') throw invalidOption(`actions.${level}`, 'a function', action)
  return { ...PRESSURE_ACTIONS, ...given }
}
