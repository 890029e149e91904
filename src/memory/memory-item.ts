import type { JsonObject } from './json.ts'

/** What an item is. Any other non-empty text of up to 64 characters is kept as it is. */
export type ContentType =
  | 'user_message'
  | 'assistant_message'
  | 'system_message'
  | 'tool_call'
  | 'tool_result'
  | 'summary'
  | 'note'
  | (string & {})

/** Where placement puts an item: by its age and reads, `cold` when it lies in an archive. */
export type Tier = 'hot' | 'warm' | 'cold'

/** A framework's own message, kept byte for byte beside {@link MemoryItem.content}. */
export interface Payload {
  /** What can read `data`, for example `openai.chat`. */
  readonly format: string
  readonly data: string
}

/** What a maker says of an item, apart from whose it is. The part that stores write. */
export interface ItemBody {
  readonly content: string
  readonly contentType: ContentType
  /** Milliseconds since 1970. */
  readonly createdAt: number
  readonly payload?: Payload
  /** At most 8 KiB as JSON, 64 keys, 16 levels. */
  readonly metadata?: JsonObject
  /** 0 (may go first) to 1 (keep). Absent: not said. */
  readonly importance?: number
  /** Pruning keeps a pinned item. */
  readonly pinned?: boolean
  /** The same in a tool call and its results. */
  readonly callId?: string
  /** Milliseconds since 1970; from then on no read returns the item. */
  readonly expiresAt?: number
  readonly idempotencyKey?: string
}

/** One message, tool call, tool result, summary or note. Frozen, and shared between readers. */
export interface MemoryItem extends ItemBody {
  /** `<session key>.<stamp>`: leads to the item by itself. */
  readonly id: string
  readonly tenantId: string
  readonly userId: string
  readonly sessionId: string
  /** As of the read that brought the item into the process; see docs/architecture.md, "What an item knows". */
  readonly tier: Tier
  /** Whether a hot copy served it. */
  readonly cached: boolean
  /** When anything of the item's unit was last read, in milliseconds since 1970. Approximate. */
  readonly lastAccessedAt?: number
  /** Reads of the item's unit. Approximate. */
  readonly accessCount: number
}

/** An item as a caller hands it in. */
export interface NewMemoryItem {
  /** @default "default" */
  readonly tenantId?: string
  readonly userId: string
  readonly sessionId: string
  /** Up to 512 KiB with everything else of the item. May be empty. */
  readonly content: string
  readonly contentType: ContentType
  /** When it was said. Up to 5 minutes ahead of the clock. @default now */
  readonly createdAt?: Date | number | string
  readonly payload?: Payload
  readonly metadata?: JsonObject
  readonly importance?: number
  /** @default false */
  readonly pinned?: boolean
  readonly callId?: string
  readonly expiresAt?: Date | number | string
  /**
   * Makes adding safe to repeat, from any process: the same key with the same `createdAt` (which it needs) is the same
   * item, and its place in the session is by that time. 1-512 bytes.
   */
  readonly idempotencyKey?: string
  /**
   * Place among items of the session with an idempotency key and the same `createdAt`, 0 to 65535. It belongs to the
   * key: with another one, it is another item. @default none: they come in no particular order
   */
  readonly sequence?: number
  /** Id of an item of this session that the new one must sort after. */
  readonly after?: string
}

/** What is to be different of an item. Absent: as before. `null`: no longer there. */
export interface ItemChange {
  /** Where it changes, a payload goes that is not given anew: it would still have the old one. */
  readonly content?: string
  readonly contentType?: ContentType
  readonly payload?: Payload | null
  /** Replaces all of it. */
  readonly metadata?: JsonObject | null
  readonly importance?: number | null
  readonly pinned?: boolean
  readonly callId?: string | null
  readonly expiresAt?: Date | number | string | null
}
