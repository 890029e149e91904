import { systemClock } from '../lib/clock.ts'
import type { SessionKey } from '../memory/session.ts'
import { MERGE_FROM_SEGMENTS, planMerge, planSeal } from './rewriting/rewrite-plan.ts'
import type { RewriteOutcome, Rewriter } from './rewriting/rewriter.ts'
import type { TierParts } from './tier-parts.ts'

/** `nothing`: the tail is within its bounds, maybe since another process has packed it. */
export type SealOutcome = 'packed' | 'nothing' | 'failed'

/** A turn comes within so long, by real time: the processes that wait for theirs are elsewhere. */
const MAX_TURN_MS = 500
/** A seal that loses to another process's is tried once more; by then there is mostly nothing left to do. */
const ATTEMPTS_AMONG_OTHERS = 2
/** A tail is sealed long before it holds so much, unless it could not be. */
const LARGE_SEAL_BYTES = 512 * 1024

/** Packs tails that have grown too long. A seal that fails leaves a longer tail, which the next add tries again. */
export class Sealer {
  readonly #parts: TierParts
  readonly #rewriter: Rewriter
  readonly #background: (work: Promise<void>) => void
  readonly #isShared: boolean
  readonly #waiting = new Map<SessionKey, Promise<SealOutcome>>()
  readonly #closing = new AbortController()

  constructor(parts: TierParts, rewriter: Rewriter, background: (work: Promise<void>) => void) {
    this.#parts = parts
    this.#rewriter = rewriter
    this.#background = background
    this.#isShared = parts.durable.capabilities.remote
  }

  /** Never rejects. */
  now(key: SessionKey): Promise<SealOutcome> {
    const sealing = this.#seal(key).catch((): SealOutcome => 'failed')
    this.#background(sealing.then(() => undefined))
    return sealing
  }

  /**
   * The same after a random moment, once for all who ask meanwhile. Of many processes that find one tail too long, the
   * first would otherwise be followed by all others, who pack the same items in vain; so they find it packed.
   */
  inTurn(key: SessionKey): Promise<SealOutcome> {
    if (!this.#isShared) return this.now(key)
    const waiting = this.#waiting.get(key)
    if (waiting !== undefined) return waiting
    const sealing = systemClock.sleep(Math.random() * MAX_TURN_MS, this.#closing.signal).then(() => {
      this.#waiting.delete(key)
      return this.now(key)
    })
    this.#waiting.set(key, sealing)
    this.#background(sealing.then(() => undefined))
    return sealing
  }

  /**
   * For a record without room, again and again until there is some. Each other time it only waits for another process to
   * make it: a record is as large as it can be then, and all of them would read it whole to pack the same items.
   */
  async makeRoom(key: SessionKey, attempt: number): Promise<SealOutcome> {
    if (attempt % 2 === 0 || !this.#isShared) return this.now(key)
    await systemClock.sleep(Math.random() * MAX_TURN_MS, this.#closing.signal)
    return 'packed'
  }

  /** Whoever waits has its turn at once. */
  close(): void {
    this.#closing.abort()
  }

  async #seal(key: SessionKey): Promise<SealOutcome> {
    const { options } = this.#parts
    const attempts = this.#isShared ? ATTEMPTS_AMONG_OTHERS : undefined
    let segments = 0
    let isPacked = false
    for (;;) {
      const outcome = await this.#rewriter.run(key, (record) => planSeal(record, options), attempts)
      if (outcome.lost) return 'failed'
      if (!outcome.changed) break
      isPacked = true
      segments = outcome.segments
      // Of a tail that many processes filled at once, one plan takes a part only.
      if (packedBytes(outcome) <= LARGE_SEAL_BYTES) break
    }
    if (segments >= MERGE_FROM_SEGMENTS) await this.#rewriter.run(key, planMerge, attempts)
    return isPacked ? 'packed' : 'nothing'
  }
}

function packedBytes({ groups }: RewriteOutcome): number {
  return groups.reduce((sum, { rawBytes }) => sum + rawBytes, 0)
}
