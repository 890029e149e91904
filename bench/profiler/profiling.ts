import { MemoryHistory } from '../../src/telemetry/process/memory-history.ts'
import { ProcessSampler } from '../../src/telemetry/process/process-sampler.ts'
import { type RedisSource, RedisWatch } from '../../src/telemetry/tiers/redis-watch.ts'
import { StoreCalls } from '../../src/telemetry/tiers/store-calls.ts'
import { type TierSource, TierWatch } from '../../src/telemetry/tiers/tier-watch.ts'

/** All that is measured of a process, its tiers and its cache, collected once a second while it is started. */
export class Profiling {
  readonly #sampler = new ProcessSampler()
  readonly #history = new MemoryHistory()
  readonly #calls = new StoreCalls()
  readonly #tiers: TierWatch
  readonly #redis: RedisWatch
  #timer: NodeJS.Timeout | undefined

  constructor(tiers: TierSource, redis: RedisSource) {
    this.#tiers = new TierWatch(tiers)
    this.#redis = new RedisWatch(redis)
  }

  start(): void {
    this.#sampler.start()
    this.#calls.start()
    this.#timer = setInterval(() => void this.collect(), 1_000)
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#sampler.stop()
    this.#calls.stop()
  }

  async collect(): Promise<unknown> {
    const process = this.#sampler.sample()
    this.#history.add(process.at, process.rssBytes)
    return {
      process,
      history: this.#history.summary(),
      stores: this.#calls.collect(),
      tiers: this.#tiers.collect(),
      redis: await this.#redis.collect(),
    }
  }
}
