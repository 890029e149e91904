import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fromOpenAI, type MemoryItem, type OpenAIMessage, toOpenAI } from '../../dist/context/index.js'

/** A conversation of an agent that calls tools. */
export interface ToolConversation {
  readonly id: string
  readonly history: readonly MemoryItem[]
}

const FILES = ['taubench-items.jsonl', 'sweagent-items.jsonl']
const CONTENT_TYPES: Readonly<Record<string, string>> = { user: 'user_message', assistant: 'assistant_message' }

interface Line {
  readonly id: string
  readonly userId: string
  readonly sessionId: string
  readonly role: string
  readonly contentType: string
  readonly content: string
  readonly createdAt: string
  readonly toolCallId?: string
  readonly _conv: number
}

/** All sessions, and all conversations, which are several sessions in a row, of the files that the folder has. */
export function readToolConversations(folder: string): {
  readonly sessions: readonly ToolConversation[]
  readonly conversations: readonly ToolConversation[]
} {
  const lines = FILES.filter((file) => existsSync(join(folder, file))).flatMap((file) =>
    readFileSync(join(folder, file), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => ({ ...(JSON.parse(line) as Line), file })),
  )
  return {
    sessions: grouped(lines, ({ file, sessionId }) => `${file}/${sessionId}`),
    conversations: grouped(lines, ({ file, _conv }) => `${file}/${_conv}`),
  }
}

function grouped<Of extends Line>(lines: readonly Of[], idOf: (line: Of) => string): ToolConversation[] {
  return [...Map.groupBy(lines, idOf)].map(([id, ofOne]) => ({ id, history: ofOne.map((line) => itemOf(line, id)) }))
}

function itemOf(
  { id, userId, role, contentType, content, createdAt, toolCallId }: Line,
  sessionId: string,
): MemoryItem {
  return {
    ...{ id, tenantId: 'default', userId, sessionId, content },
    contentType: contentType === 'text' ? (CONTENT_TYPES[role] ?? role) : contentType,
    createdAt: Date.parse(createdAt),
    ...{ tier: 'hot', cached: true, accessCount: 1 },
    ...(toolCallId !== undefined && { callId: toolCallId }),
  }
}

/** The same as an application has it that adds the messages of the API: with payloads. */
export function asMessages({ id, history }: ToolConversation): ToolConversation {
  const messages: OpenAIMessage[] = toOpenAI(history)
  const items = fromOpenAI(messages, { userId: 'u', sessionId: id })
  const first = history[0] as MemoryItem
  return {
    id,
    history: items.map(
      (item, i) => ({ ...first, ...item, id: `${id}/${i}`, createdAt: first.createdAt + i }) as MemoryItem,
    ),
  }
}
