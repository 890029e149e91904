import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { TieredStorageManager } from '../../../src/thermocline.ts'
import type { ProcessEnd } from '../support/killed-process.ts'
import { readLines } from '../support/line-journal.ts'
import { startTold } from '../support/told-process.ts'
import { type ChatLoad, contentOf, sessionIdOf } from './chat-load.ts'
import type { ChatEnd, ChatLine, ChatPlan } from './chat-process.ts'

export interface ChatRound {
  readonly ended: ProcessEnd
  /** Undefined where it did not come to its end. */
  readonly told: ChatEnd | undefined
  readonly acknowledged: number
  /** Acknowledged items that are not there, or are not what was added. */
  readonly lost: readonly string[]
}

const SCRIPT = fileURLToPath(new URL('chat-process.ts', import.meta.url))
const HEAP_MB = 256

/** Runs the process in a folder, to whatever end it comes, and compares what it had acknowledged with what is stored. */
export async function chatRound(
  folder: string,
  options: Pick<ChatPlan, 'load' | 'watched' | 'pace'>,
): Promise<ChatRound> {
  const path = join(folder, 'chat.db')
  const journal = join(folder, 'journal')
  const plan: ChatPlan = { path, journal, compileCache: join(folder, 'compiled'), ...options }
  const ended = await startTold(SCRIPT, plan, [`--max-old-space-size=${HEAP_MB}`]).ended
  const lines = readLines<ChatLine>(journal)
  const last = ended.code === 0 ? ended.output.trim().split('\n').at(-1) : undefined
  return {
    ended,
    told: last === undefined ? undefined : (JSON.parse(last) as ChatEnd),
    acknowledged: lines.length,
    lost: await lostOf(path, lines, options.load),
  }
}

async function lostOf(path: string, lines: readonly ChatLine[], load: ChatLoad): Promise<string[]> {
  await using memory = new TieredStorageManager({ path })
  const bySession = Map.groupBy(lines, ({ session }) => session)
  const lost: string[] = []
  for (const [session, acknowledged] of bySession) {
    const address = { userId: 'ada', sessionId: sessionIdOf(session) }
    const stored = new Map<string, string>()
    for await (const { id, content } of memory.iterateConversationHistory(address)) stored.set(id, content)
    for (const { id, index } of acknowledged)
      if (stored.get(id) !== contentOf(session, index, load)) lost.push(`${session}/${index}`)
  }
  return lost
}
