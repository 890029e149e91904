interface Bucket {
  tokens: number
  refilledAt: number
  heldBack: number
}

/** How often each subject may be told of: some times in a row, then once in a while. A state that flaps can't flood anybody. */
export class NoticeBudget {
  readonly #burst: number
  readonly #refillMs: number
  readonly #maxKeys: number
  readonly #buckets = new Map<string, Bucket>()

  constructor(burst: number, refillMs: number, maxKeys: number) {
    this.#burst = burst
    this.#refillMs = refillMs
    this.#maxKeys = maxKeys
  }

  /** How many were held back since the last one that passed, or undefined where this one may not pass either. */
  take(key: string, now: number): number | undefined {
    const bucket = this.#bucket(key, now)
    this.#refill(bucket, now)
    if (bucket.tokens < 1) return undefined
    bucket.tokens -= 1
    const { heldBack } = bucket
    bucket.heldBack = 0
    return heldBack
  }

  holdBack(key: string, now: number): void {
    this.#bucket(key, now).heldBack += 1
  }

  #refill(bucket: Bucket, now: number): void {
    // A clock that steps back refills nothing, and counts anew from there.
    const passedMs = Math.max(0, now - bucket.refilledAt)
    bucket.tokens = Math.min(this.#burst, bucket.tokens + passedMs / this.#refillMs)
    bucket.refilledAt = now
  }

  #bucket(key: string, now: number): Bucket {
    const known = this.#buckets.get(key)
    if (known !== undefined) return known
    const fresh = { tokens: this.#burst, refilledAt: now, heldBack: 0 }
    this.#buckets.set(key, fresh)
    if (this.#buckets.size > this.#maxKeys) this.#buckets.delete(this.#buckets.keys().next().value!)
    return fresh
  }
}
