import { readFileSync } from 'node:fs'
import type { NewMemoryItem } from '../../../src/memory/memory-item.ts'

/** A line of a set of conversations, as other systems write them. Keys with `_` in front are bookkeeping. */
export interface ConversationLine {
  readonly id: string
  readonly userId: string
  readonly sessionId: string
  readonly role: string
  readonly contentType: string
  readonly content: string
  /** ISO 8601. */
  readonly createdAt: string
  readonly toolCallId?: string
  readonly toolName?: string
}

export function readConversationLines(path: string): readonly ConversationLine[] {
  const lines = readFileSync(path, 'utf8').split('\n')
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as ConversationLine)
}

/** The line as an item of ours. Its id becomes the idempotency key, so that its place is by `createdAt`. */
export function itemOfLine(line: ConversationLine): NewMemoryItem {
  const contentType = CONTENT_TYPES[`${line.role}/${line.contentType}`] ?? CONTENT_TYPES[line.contentType]
  const metadata = {
    ...(line.toolName !== undefined && { toolName: line.toolName }),
    ...(contentType === undefined && { role: line.role, contentType: line.contentType }),
  }
  return {
    userId: line.userId,
    sessionId: line.sessionId,
    content: line.content,
    contentType: contentType ?? 'note',
    createdAt: line.createdAt,
    idempotencyKey: line.id,
    ...(line.toolCallId !== undefined && { callId: line.toolCallId }),
    ...(Object.keys(metadata).length > 0 && { metadata }),
  }
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  'user/text': 'user_message',
  'assistant/text': 'assistant_message',
  'system/text': 'system_message',
  tool_call: 'tool_call',
  tool_result: 'tool_result',
}

/** Lines by session, each in the order of its times; lines of the same time as they stand. */
export function sessionsOf(lines: readonly ConversationLine[]): readonly (readonly ConversationLine[])[] {
  const sessions = Map.groupBy(lines, ({ userId, sessionId }) => JSON.stringify([userId, sessionId]))
  return [...sessions.values()].map((session) =>
    session.toSorted((a, b) => Date.parse(a.createdAt) - Date.parse(b.createdAt)),
  )
}
