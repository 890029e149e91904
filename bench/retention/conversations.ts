import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { MemoryItem } from '../../dist/index.js'

/** A long conversation of LoCoMo, with questions about it. */
export interface Conversation {
  readonly id: number
  readonly history: readonly MemoryItem[]
  /** What questions name items by, in the order of the history. */
  readonly turns: readonly string[]
  readonly questions: readonly Question[]
}

export interface Question {
  readonly conv: number
  readonly category: number
  readonly question: string
  /** Turns that hold the answer. */
  readonly evidence: readonly string[]
}

interface Line {
  readonly id: string
  readonly userId: string
  readonly sessionId: string
  readonly role: string
  readonly content: string
  readonly createdAt: string
  readonly _conv: number
  readonly _turn: string
  readonly _speaker: string
}

export function readConversations(folder: string): readonly Conversation[] {
  const lines = readLines<Line>(join(folder, 'locomo-items.jsonl'))
  const questions = readLines<Question>(join(folder, 'locomo-qa.jsonl')).filter(({ evidence }) => evidence.length > 0)
  return [...Map.groupBy(lines, ({ _conv }) => _conv)].map(([id, ofConversation]) => ({
    id,
    history: ofConversation.map((line) => itemOf(line)),
    turns: ofConversation.map(({ _turn }) => _turn),
    questions: questions.filter(({ conv }) => conv === id),
  }))
}

/** As many items as asked for, of all conversations one after the other, again and again. */
export function longHistory(conversations: readonly Conversation[], length: number): readonly MemoryItem[] {
  const all = conversations.flatMap(({ history }) => history)
  return Array.from({ length }, (_, i) => {
    const item = all[i % all.length]!
    const copy = Math.floor(i / all.length)
    return Object.freeze({ ...item, id: `${item.id}-${copy}`, sessionId: `${item.sessionId}-${copy}` })
  })
}

function itemOf({ id, userId, sessionId, role, content, createdAt, _speaker }: Line): MemoryItem {
  return Object.freeze({
    id,
    tenantId: 'default',
    userId,
    sessionId,
    content,
    contentType: `${role}_message`,
    createdAt: Date.parse(createdAt),
    metadata: Object.freeze({ _speaker }),
    tier: 'hot',
    cached: false,
    accessCount: 0,
  })
}

function readLines<T>(path: string): readonly T[] {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
  return lines.map((line) => JSON.parse(line) as T)
}
