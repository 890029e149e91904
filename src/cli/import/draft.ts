import type { JsonObject, Payload } from '../../index.ts'

/** What a source says of an item, before it is put into its place. */
export interface Draft {
  readonly content: string
  readonly contentType: string
  /** Milliseconds since 1970. */
  readonly createdAt?: number
  readonly callId?: string
  readonly payload?: Payload
  readonly metadata?: JsonObject
  readonly importance?: number
  readonly pinned?: boolean
  /** Milliseconds since 1970. */
  readonly expiresAt?: number
  /** The user's own. */
  readonly idempotencyKey?: string
  /** What the source calls it. */
  readonly sourceId?: string
}

/** Whose a message is, as far as the source says. */
export interface SourceAddress {
  readonly tenantId?: string
  readonly userId?: string
  readonly sessionId?: string
}
