import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { NewMemoryItem, TieredStorageManager } from '../../dist/index.js'

/** As many as fit in the process easily, so that no figure is about its room. */
const SESSIONS = 100
const ITEMS_PER_SESSION = 200
const ITEM_CHARS = 240

export interface BenchSession {
  readonly userId: string
  readonly sessionId: string
}

/** Adds the same number of items to each session, of 240 bytes, or what was said in the conversations in `dataDir`. */
export async function addSessions(
  memory: TieredStorageManager,
  dataDir: string | undefined,
): Promise<readonly BenchSession[]> {
  const texts = dataDir === undefined ? madeUpTexts() : realTexts(dataDir)
  const sessions = Array.from({ length: SESSIONS }, (_, i) => ({ userId: `user-${i}`, sessionId: 'bench' }))
  for (const [s, session] of sessions.entries()) {
    const first = s * ITEMS_PER_SESSION
    await memory.addMemoryItems(
      Array.from({ length: ITEMS_PER_SESSION }, (_, i): NewMemoryItem => {
        const content = texts[(first + i) % texts.length]!
        return { ...session, content, contentType: i % 2 === 0 ? 'user_message' : 'assistant_message' }
      }),
    )
  }
  return sessions
}

function madeUpTexts(): readonly string[] {
  const text = 'the quick brown fox jumps over the lazy dog, '.repeat(6)
  return Array.from({ length: 1000 }, (_, i) => `Message ${i}: ${text}`.slice(0, ITEM_CHARS))
}

function realTexts(dataDir: string): readonly string[] {
  const rows = readFileSync(join(dataDir, 'locomo-items.jsonl'), 'utf8').trimEnd().split('\n')
  return rows.map((row) => (JSON.parse(row) as { content: string }).content)
}
