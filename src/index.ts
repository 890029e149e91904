export type { FirestoreClient, FirestoreConnectionOptions } from './clients/firestore-options.ts'
export type {
  RedisAddress,
  RedisClient,
  RedisConnection,
  RedisConnectionOptions,
  RedisSentinelOptions,
} from './clients/ioredis.ts'
export { connectRedis } from './clients/ioredis.ts'
export {
  ERROR_CODES,
  type ErrorCode,
  isThermoclineError,
  ThermoclineError,
  type ThermoclineErrorOptions,
} from './errors.ts'
export type { Clock } from './lib/clock.ts'
export type { JsonObject, JsonValue } from './memory/json.ts'
export type {
  ContentType,
  ItemBody,
  ItemChange,
  MemoryItem,
  NewMemoryItem,
  Payload,
  Tier,
} from './memory/memory-item.ts'
export type { SearchQuery } from './search/search-query.ts'
export type { FirestoreStoreOptions, RedisHotTierOptions } from './stores/choose-stores.ts'
export { inProcessDurableStore } from './stores/in-process/durable-store.ts'
export { type InProcessHotStoreOptions, inProcessHotStore } from './stores/in-process/hot-store.ts'
export type { EvictionPolicy, RedisLRUCacheOptions } from './stores/redis/cache-options.ts'
export type { RedisLRUCacheStats } from './stores/redis/cache-stats.ts'
export { RedisLRUCache } from './stores/redis/redis-lru-cache.ts'
export { type SqliteDurableStoreOptions, sqliteDurableStore } from './stores/sqlite/durable-store.ts'
export {
  openThermocline,
  type Thermocline,
  type ThermoclineOptions,
  TieredStorageManager,
  type TieredStorageManagerOptions,
} from './thermocline.ts'
export type { BaseMemoryManager, BaseMemoryScope } from './tiers/base-memory-manager.ts'
export type { ItemChanger } from './tiers/changing/change-path.ts'
export type { EraseReceipt } from './tiers/changing/erase-jobs.ts'
export type {
  EndReplacement,
  OwnerAddress,
  RestoreReport,
  SessionAddress,
  SessionChange,
} from './tiers/check-arguments.ts'
export type { CheckedStoreOptions } from './tiers/checked-durable-store.ts'
export type * from './tiers/durable-store.ts'
export type { SessionCopy } from './tiers/hot/session-copy.ts'
export type { HotAnswer, HotLease, HotMiss, HotStats, HotStore } from './tiers/hot-store.ts'
export { TIER_DEFAULTS, type TierOptions } from './tiers/options.ts'
export type { PlacementOptions } from './tiers/placement/placement.ts'
export type { HistoryQuery, ItemReadOptions } from './tiers/reading/history-query.ts'
export type { SearchHit, SearchResult } from './tiers/reading/search-path.ts'
export type { ListedSessions, SessionInfo, SessionPageOptions } from './tiers/reading/sessions.ts'
export type { TierCount, TierCounts } from './tiers/reading/tier-counts.ts'
export type { MigrationOptions, MigrationProgress, MigrationReport, Moved } from './tiers/rewriting/migrator.ts'
export type { ScopedMemory, ScopedNewItem } from './tiers/scoped-memory.ts'
export type { Stores, TieredStorageOptions, TieredStorageStats } from './tiers/tiered-storage.ts'
