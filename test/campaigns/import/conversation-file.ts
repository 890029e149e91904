import { exportLines } from '../../../src/cli/export-lines.ts'
import type { JsonObject } from '../../../src/memory/json.ts'
import type { NewMemoryItem } from '../../../src/memory/memory-item.ts'
import { ManualClock } from '../../../src/testing/manual-clock.ts'
import { TieredStorageManager } from '../../../src/thermocline.ts'
import { collect } from '../../support/items.ts'
import type { Chance } from '../../support/random.ts'
import { TempFolder } from '../../support/temp-folder.ts'
import { geminiContent, makeTurns, openaiMessage, ownItem, type Turn } from './turns.ts'

/** A file to import. */
export interface ConversationFile {
  readonly kind: FileKind
  readonly name: string
  readonly text: string
  /** Whether its beginning is a file that can be imported too. */
  readonly canGrow: boolean
}

export const FILE_KINDS = ['openai', 'gemini', 'items', 'conversations', 'document', 'export'] as const
export type FileKind = (typeof FILE_KINDS)[number]

export async function makeConversationFile(
  kind: FileKind,
  chance: Chance,
  [min, max]: readonly [number, number],
): Promise<ConversationFile> {
  const turns = makeTurns(chance, chance.between(min, max))
  const file = { kind, name: `${kind}.jsonl`, canGrow: true }
  switch (kind) {
    case 'openai':
      return { ...file, text: linesOf(turns.map((turn) => ({ ...inTheirWords(turn), ...openaiMessage(turn) }))) }
    case 'gemini':
      return { ...file, text: linesOf(turns.map((turn) => ({ ...inTheirWords(turn), ...geminiContent(turn) }))) }
    case 'items':
      return { ...file, text: linesOf(turns.map((turn) => ({ ...inOurWords(turn), ...ownItem(turn) }))) }
    case 'conversations':
      return { ...file, canGrow: false, text: linesOf(conversations(turns)) }
    case 'document':
      return {
        ...file,
        name: 'document.json',
        canGrow: false,
        text: JSON.stringify(conversations(turns), undefined, 1),
      }
    case 'export':
      return { ...file, text: await exported(turns, chance) }
  }
}

function linesOf(values: readonly JsonObject[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join('')
}

function inTheirWords({ userId, sessionId }: Turn): JsonObject {
  return { user: userId, session_id: sessionId }
}

function inOurWords({ userId, sessionId }: Turn): JsonObject {
  // The same session of two tenants is two.
  return { ...(userId === 'ben' && { tenantId: 'harbour' }), userId, sessionId }
}

/** One object a conversation; some have no id of their own. */
function conversations(turns: readonly Turn[]): readonly JsonObject[] {
  const bySession = Map.groupBy(turns, ({ sessionId }) => sessionId)
  return [...bySession].map(([sessionId, said], i) => ({
    user: said[0]!.userId,
    ...(i % 3 !== 0 && { id: sessionId }),
    ...(i % 2 === 0
      ? { messages: said.map(openaiMessage) }
      : { systemInstruction: { parts: [{ text: 'Be brief.' }] }, contents: said.map(geminiContent) }),
  }))
}

/** What `export` writes of a memory with items with and without keys, settings, and a session that has nothing else. */
async function exported(turns: readonly Turn[], chance: Chance): Promise<string> {
  using folder = new TempFolder()
  const clock = new ManualClock(Date.UTC(2025, 0, 5))
  await using memory = new TieredStorageManager({ path: folder.file('source.db'), synchronous: 'normal', clock })
  let items: NewMemoryItem[] = []
  for (const [i, turn] of turns.entries()) {
    const { userId, sessionId, kind, text, at } = turn
    const key = chance.of(0.4) && at !== undefined && { idempotencyKey: `turn ${i}`, createdAt: at, sequence: i % 7 }
    const contentType = kind === 'call' || kind === 'result' ? `tool_${kind}` : `${kind}_message`
    items.push({ ...inOurWords(turn), userId, sessionId, content: text, contentType, ...key })
    // Those of one call share a millisecond.
    if (chance.of(0.95)) continue
    await memory.addMemoryItems(items)
    items = []
    clock.advance(chance.between(0, 2) * 1000)
  }
  await memory.addMemoryItems(items)
  for (const { tenantId, userId, sessionId } of await collect(memory.iterateSessions()))
    if (chance.of(0.6)) {
      const metadata = { title: `About ${sessionId}` }
      await memory.updateSession({ tenantId, userId, sessionId, metadata, retentionDays: 20_000 })
    }
  await memory.updateSession({ userId: 'ada', sessionId: 'nothing yet', metadata: { title: 'Nothing yet' } })
  const lines = exportLines(memory, memory.iterateSessions(), new Date(clock.now()), { sessions: 0, items: 0 })
  return `${(await collect(lines)).join('\n')}\n`
}
