import type { RedisClient } from '../../clients/ioredis.ts'
import { redisErrorText } from '../../clients/redis-error.ts'
import type { Clock } from '../../lib/clock.ts'
import {
  configureMemory,
  type MemorySettings,
  memoryWarnings,
  type NodeCall,
  readServerMemory,
  type ServerMemory,
} from './server-memory.ts'

export interface ServerReport {
  /** Undefined while the server does not say. */
  readonly memory?: ServerMemory
  readonly warnings: readonly string[]
}

/** Keeps an eye on the memory of a server, and sets its limits where that was asked for. */
export class ServerWatch {
  readonly #asked: MemorySettings
  readonly #configures: boolean
  readonly #clock: Clock
  /** What each server had evicted when it was last looked at, by its run id: another one after a restart. */
  readonly #evicted = new Map<string, number>()
  #evictions = 0
  #since: number | undefined
  #refusal: string | undefined

  constructor(asked: MemorySettings, configures: boolean, clock: Clock) {
    this.#asked = asked
    this.#configures = configures
    this.#clock = clock
  }

  get evictions(): number {
    return this.#evictions
  }

  get evictionsPerSecond(): number {
    const seconds = (this.#clock.now() - (this.#since ?? this.#clock.now())) / 1_000
    return seconds > 0 ? this.#evictions / seconds : 0
  }

  /** For each new connection: a server that started again has the settings of its own file. Warns the first time. */
  async meet(client: RedisClient, call: NodeCall): Promise<void> {
    if (this.#configures) this.#refusal = await this.#configure(client, call)
    const isFirst = this.#since === undefined
    const { warnings } = await this.look(client, call)
    if (!isFirst || warnings.length === 0) return
    process.emitWarning(`${warnings.join(' ')} getStats() says this too.`, { type: 'RedisLRUCacheWarning' })
  }

  async look(client: RedisClient, call: NodeCall): Promise<ServerReport> {
    const refusals = this.#refusal === undefined ? [] : [this.#refusal]
    try {
      const memory = await readServerMemory(client, call)
      this.#countEvictions(memory.evictedKeys)
      return { memory, warnings: [...refusals, ...memoryWarnings(this.#asked, memory)] }
    } catch (error) {
      return { warnings: [...refusals, `Redis does not say how its memory is: ${redisErrorText(error)}.`] }
    }
  }

  async #configure(client: RedisClient, call: NodeCall): Promise<string | undefined> {
    try {
      await configureMemory(client, this.#asked, call)
      return undefined
    } catch (error) {
      return `Redis was not configured: ${redisErrorText(error)}.`
    }
  }

  #countEvictions(evictedKeys: ReadonlyMap<string, number>): void {
    const isFirst = this.#since === undefined
    this.#since ??= this.#clock.now()
    for (const [runId, evicted] of evictedKeys) {
      const before = this.#evicted.get(runId) ?? 0
      // What was evicted before we came is none of ours; and somebody may set the count of a server to zero.
      if (!isFirst) this.#evictions += evicted < before ? evicted : evicted - before
      this.#evicted.set(runId, evicted)
    }
  }
}
