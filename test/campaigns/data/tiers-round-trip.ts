import { isDeepStrictEqual } from 'node:util'
import type { MemoryItem } from '../../../src/memory/memory-item.ts'
import { ManualClock } from '../../../src/testing/manual-clock.ts'
import { TieredStorageManager } from '../../../src/thermocline.ts'
import { type ConversationLine, itemOfLine, sessionsOf } from './conversation-lines.ts'

const DAY_MS = 86_400_000

export interface RoundTrip {
  readonly items: number
  readonly sessions: number
  /** What came back otherwise than it went in, and from where. */
  readonly problems: readonly string[]
  /** JSON bytes over stored bytes of what the sweep archived. */
  readonly ratio: number
}

/**
 * Puts conversations into a new file and takes them out again from each tier: the hot copy, the tail, pages, archives
 * in and out of their record, and back from there, also after the file was opened anew.
 */
export async function tiersRoundTrip(lines: readonly ConversationLine[], path: string): Promise<RoundTrip> {
  const sessions = sessionsOf(lines)
  const newest = lines.reduce((max, { createdAt }) => Math.max(max, Date.parse(createdAt)), 0)
  const clock = new ManualClock(newest)
  const problems: string[] = []
  const open = (): TieredStorageManager => new TieredStorageManager({ path, clock, tierMigrationInterval: 0 })
  const check = (memory: TieredStorageManager, place: string, read: 'cached' | 'strong'): Promise<void> =>
    compare(memory, sessions, `${place} (${read})`, read, problems)

  let memory = open()
  for (const session of sessions) await memory.addMemoryItems(session.map(itemOfLine))
  await check(memory, 'tail and pages', 'strong')
  await check(memory, 'hot copy, filled', 'cached')
  await check(memory, 'hot copy', 'cached')
  // Sent again, as by a resumed import: nothing changes.
  for (const session of sessions) await memory.addMemoryItems(session.map(itemOfLine))
  await check(memory, 'tail and pages, sent again', 'strong')
  for (const session of sessions) await memory.demote(session[0]!, 'warm')
  await check(memory, 'pages', 'strong')
  await memory.close()

  memory = open()
  clock.advance(31 * DAY_MS)
  const report = await memory.runMigration()
  if (report.failed > 0) problems.push(`the sweep failed: ${report.failures.map(({ message }) => message).join('; ')}`)
  await check(memory, 'archives', 'strong')
  await check(memory, 'hot copy of archives', 'cached')
  await memory.close()

  memory = open()
  await check(memory, 'archives, opened anew', 'cached')
  for (const session of sessions) await memory.promote(session[0]!)
  await check(memory, 'pages, brought back', 'strong')
  await memory.close()
  return { items: lines.length, sessions: sessions.length, problems, ratio: report.ratio }
}

async function compare(
  memory: TieredStorageManager,
  sessions: readonly (readonly ConversationLine[])[],
  place: string,
  read: 'cached' | 'strong',
  problems: string[],
): Promise<void> {
  for (const lines of sessions) {
    const { userId, sessionId } = lines[0]!
    const items = await memory.getConversationHistory({ userId, sessionId, read })
    const problem = differenceOf(items, lines)
    if (problem !== undefined) problems.push(`${place}: session ${sessionId}: ${problem}`)
  }
}

function differenceOf(items: readonly MemoryItem[], lines: readonly ConversationLine[]): string | undefined {
  if (items.length !== lines.length) return `${lines.length} items went in, ${items.length} came out`
  const byId = new Map(lines.map((line) => [line.id, line]))
  for (const [i, item] of items.entries()) {
    const line = byId.get(item.idempotencyKey ?? '')
    if (line === undefined) return `item ${i} was never put in, or came out twice`
    byId.delete(line.id)
    const { createdAt, ...sent } = itemOfLine(line)
    const got = Object.fromEntries(Object.keys(sent).map((name) => [name, item[name as keyof MemoryItem]]))
    if (!isDeepStrictEqual(got, sent)) return `item ${line.id} came out changed`
    if (item.createdAt !== Date.parse(lines[i]!.createdAt) || item.createdAt !== Date.parse(String(createdAt)))
      return `item ${line.id} came out at another place`
  }
  return undefined
}
