/** Whose the messages are. */
export interface MessageSession {
  /** @default "default" */
  readonly tenantId?: string
  readonly userId: string
  readonly sessionId: string
}
