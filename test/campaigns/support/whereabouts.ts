import type { TieredStorageManagerOptions } from '../../../src/thermocline.ts'

/** Where a memory is, as JSON tells it to another process. */
export type Whereabouts = Pick<
  TieredStorageManagerOptions,
  'path' | 'projectId' | 'firestore' | 'redisHost' | 'redisPort' | 'redis'
>
