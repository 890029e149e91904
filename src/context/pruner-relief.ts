import { CacheRelief } from '../lib/cache-relief.ts'
import type { BoundedCache } from '../lib/lru-bytes.ts'
import { knownCounts } from './item-tokens.ts'
import type { ResolvedPrunerOptions } from './pruner-options.ts'
import type { HistoryIndexes } from './relevance/history-indexes.ts'
import { knownVectors } from './relevance/rerank-by-embeddings.ts'
import { knownHashes } from './summaries/item-marks.ts'

/**
 * What a pruner gives up while the process is short of memory: indexes of histories, and what is known of texts, which it
 * may share with other pruners. It has to be found out again then, so views are the same and take longer.
 */
export class PrunerRelief extends CacheRelief {
  readonly caches: readonly BoundedCache[]

  constructor({ tokenCounter, embedder }: ResolvedPrunerOptions, indexes: HistoryIndexes) {
    super()
    const vectors = embedder === undefined ? [] : [knownVectors(embedder)]
    this.caches = Object.freeze([indexes.cache, knownCounts(tokenCounter), knownHashes, ...vectors])
  }
}
