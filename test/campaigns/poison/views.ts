import { ContextPruner, estimatingTokenCounter, type PrunedHistory } from '../../../src/context/index.ts'
import type { Summarizer } from '../../../src/context/summaries/summarizer.ts'
import type { ItemBody, MemoryItem } from '../../../src/memory/memory-item.ts'

export interface ViewOptions {
  readonly summarizer: Summarizer
  readonly summaryMaxTokens: number
  /** Items of tools and the web are kept out of the summary. */
  readonly isExcluded: boolean
}

/** Shows the sessions of one user as a model is given them: a summary, and the newest items. */
export class Views {
  readonly #pruner: ContextPruner

  constructor({ summarizer, summaryMaxTokens, isExcluded }: ViewOptions) {
    this.#pruner = new ContextPruner({
      summarizer,
      summaryMaxTokens,
      // A summary may have a quarter of it.
      maxContextTokens: 4 * Math.max(summaryMaxTokens, 1000),
      maxContextItems: 2,
      summarizationThreshold: 2,
      excludeFromSummary: isExcluded ? 'untrusted' : 'none',
      tokenCounter: estimatingTokenCounter(),
    })
  }

  of(sessionId: string, bodies: readonly ItemBody[]): Promise<PrunedHistory> {
    const items = bodies.map((body, n): MemoryItem => {
      const about = {
        tenantId: 'default',
        userId: 'ada',
        sessionId,
        tier: 'hot',
        cached: false,
        accessCount: 0,
      } as const
      return Object.freeze({ id: `${sessionId}-${n}`, ...about, ...body })
    })
    return this.#pruner.pruneConversationHistory(items, { userId: 'ada', sessionId })
  }
}
