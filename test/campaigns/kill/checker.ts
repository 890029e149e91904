import { isDeepStrictEqual } from 'node:util'
import type { MemoryItem } from '../../../src/memory/memory-item.ts'
import { ManualClock } from '../../../src/testing/manual-clock.ts'
import { TieredStorageManager } from '../../../src/thermocline.ts'
import type { Whereabouts } from '../support/whereabouts.ts'
import type { SessionContents } from './contents.ts'
import { type Fate, fatesOf } from './fates.ts'
import { type Intent, type JournalLine, lastClock } from './journal.ts'
import { itemOf, USER } from './journal-item.ts'
import type { Place } from './places.ts'
import { WRITER_OPTIONS } from './writer.ts'

const DAY_MS = 86_400_000

/** What writers said, by `op`. */
interface Expected {
  readonly intents: ReadonlyMap<number, Intent>
  readonly fates: ReadonlyMap<number, Fate>
  /** How often each item was sent. */
  readonly sent: ReadonlyMap<number, number>
  readonly acks: ReadonlyMap<number, string>
  /** By session, how often it was removed. */
  readonly removals: ReadonlyMap<string, number>
}

type Histories = ReadonlyMap<string, readonly MemoryItem[]>

/**
 * Holds what is stored against what its writers said: nothing acknowledged lost, nothing removed back, nothing double,
 * nothing unreferenced, all in order; and all of it still so after one more sweep. Gives what is wrong, in words.
 */
export async function checkPlace(place: Place, journal: readonly JournalLine[]): Promise<readonly string[]> {
  const problems: string[] = []
  const expected = expectedOf(journal)
  checkContents(await place.contents(problems), expected, problems)
  // What can't be trusted by itself is not worth comparing.
  if (problems.length > 0) return problems
  const { where, durable } = place
  const now = lastClock(journal, 0) + 1
  const before = await readAll(durable, expected, now, problems)
  checkHistories(before, expected, problems)
  // A copy that processes share may lack, or still have, what a process that died has told nobody of.
  if (where !== durable) {
    const copies = await readAll(where, expected, now)
    checkHistories(copies, expected, problems, 'in a hot copy, ')
  }
  const later = now + DAY_MS * (journal.length % 4)
  await sweep(where, later, problems)
  const after = await readAll(durable, expected, later)
  if (!isDeepStrictEqual([...after].map(plain), [...before].map(plain)))
    problems.push('a sweep changed what can be read')
  checkContents(await place.contents(problems), expected, problems)
  return problems
}

function expectedOf(journal: readonly JournalLine[]): Expected {
  const intents = new Map<number, Intent>()
  const sent = new Map<number, number>()
  const acks = new Map<number, string>()
  const removals = new Map<string, number>()
  for (const line of journal) {
    if (line.kind === 'ack') acks.set(line.op, line.id)
    if (line.kind === 'remove') removals.set(line.session, (removals.get(line.session) ?? 0) + 1)
    if (line.kind !== 'intent') continue
    if (!intents.has(line.op)) intents.set(line.op, line)
    sent.set(line.op, (sent.get(line.op) ?? 0) + 1)
  }
  return { intents, fates: fatesOf(journal), sent, acks, removals }
}

function checkContents(
  sessions: readonly SessionContents[],
  { intents, sent, removals }: Expected,
  problems: string[],
): void {
  for (const { sessionId, tail, segments, n, tailItems } of sessions) {
    const places = new Map<string, { op: unknown; body: string }[]>()
    const put = (stamp: string, op: unknown, body: string): void => {
      places.set(stamp, [...(places.get(stamp) ?? []), { op, body }])
    }
    for (const { content } of segments) {
      for (const { stamp, body } of content.entries) put(stamp, body.metadata?.op, JSON.stringify(body))
    }
    for (const { stamp, body } of tail) {
      const parsed = JSON.parse(body) as { metadata?: { op?: unknown } }
      put(stamp, parsed.metadata?.op, body)
    }
    let again = 0
    for (const [stamp, found] of places) {
      const times = sent.get(found[0]!.op as number) ?? 0
      // What is sent again after it was sealed lies in the tail beside it until the next rewrite, and only then.
      if (found.length > Math.min(2, times)) problems.push(`${sessionId}: ${stamp} lies in ${found.length} places`)
      if (found.some(({ body }) => body !== found[0]!.body)) problems.push(`${sessionId}: ${stamp} has two contents`)
      again += Math.max(0, times - 1)
    }
    if (removals.has(sessionId)) {
      // What was removed was counted too, and each removal counts as one.
      for (const [op, times] of sent) if (intents.get(op)!.session === sessionId) again += times
      again += removals.get(sessionId)!
    }
    if (n < places.size || n > places.size + again)
      problems.push(`${sessionId}: n is ${n}, but there are ${places.size} items, of which ${again} were sent again`)
    if (tailItems > tail.length + again)
      problems.push(`${sessionId}: tailItems is ${tailItems}, but there are ${tail.length}`)
  }
}

/** Every session as a fresh manager gives it; with `problems`, both as a list and item by item. */
async function readAll(
  where: Whereabouts,
  { intents }: Expected,
  now: number,
  problems?: string[],
): Promise<Histories> {
  await using memory = new TieredStorageManager({ ...WRITER_OPTIONS, ...where, clock: new ManualClock(now) })
  const read = new Map<string, readonly MemoryItem[]>()
  for (const sessionId of new Set([...intents.values()].map(({ session }) => session))) {
    const address = { userId: USER, sessionId }
    const items = await memory.getConversationHistory(address)
    read.set(sessionId, items)
    if (problems === undefined) continue
    const ids: string[] = []
    for await (const { id } of memory.iterateConversationHistory(address)) ids.push(id)
    const listed = items.map(({ id }) => id)
    if (!isDeepStrictEqual(ids, listed)) problems.push(`${sessionId}: list and iterator differ`)
  }
  return read
}

async function sweep(where: Whereabouts, at: number, problems: string[]): Promise<void> {
  await using memory = new TieredStorageManager({ ...WRITER_OPTIONS, ...where, clock: new ManualClock(at) })
  const { failed, failures } = await memory.runMigration()
  if (failed > 0) problems.push(`a sweep failed: ${failures.map(({ message }) => message).join('; ')}`)
}

function checkHistories(read: Histories, expected: Expected, problems: string[], prefix = ''): void {
  const found: string[] = []
  for (const [session, items] of read) checkItems(session, items, expected, found)
  checkAcks(read, expected, found)
  problems.push(...found.map((problem) => prefix + problem))
}

function checkItems(session: string, items: readonly MemoryItem[], expected: Expected, problems: string[]): void {
  const seen = new Set<unknown>()
  let newest = -1
  for (const [i, item] of items.entries()) {
    const op = item.metadata?.op as number
    const intent = expected.intents.get(op)
    if ((items[i - 1]?.id ?? '') >= item.id) problems.push(`${session}: ${item.id} is not in order`)
    if (seen.has(op)) problems.push(`${session}: item ${op} is there twice`)
    seen.add(op)
    if (intent === undefined || intent.session !== session) {
      problems.push(`${session}: item ${op} was never sent there`)
      continue
    }
    if (expected.fates.get(op) === 'gone') problems.push(`${session}: item ${op} was removed and is there`)
    const { content, contentType, callId, idempotencyKey } = itemOf(intent)
    const sent = { content, contentType, callId, idempotencyKey }
    const got = {
      content: item.content,
      contentType: item.contentType,
      callId: item.callId,
      idempotencyKey: item.idempotencyKey,
    }
    if (!isDeepStrictEqual(got, sent)) problems.push(`${session}: item ${op} is not as it was sent`)
    if (intent.keyedAt !== undefined) {
      if (item.createdAt !== intent.keyedAt) problems.push(`${session}: item ${op} has another createdAt`)
      continue
    }
    // Items without a key get their place when they are sent, and `op` counts those calls.
    // What was under way while its session was removed takes its place anew, behind what was added after it.
    if (expected.removals.has(session)) continue
    if (op < newest) problems.push(`${session}: item ${op} comes after item ${newest}`)
    newest = Math.max(newest, op)
  }
}

function checkAcks(read: Histories, expected: Expected, problems: string[]): void {
  const ids = new Map([...read.values()].flat().map((item) => [item.metadata?.op, item.id]))
  for (const [op, id] of expected.acks) {
    const found = ids.get(op)
    if (found === undefined && expected.fates.get(op) !== 'kept') continue
    if (found === undefined) problems.push(`item ${op} was acknowledged and is lost`)
    else if (found !== id) problems.push(`item ${op} was acknowledged as ${id} and is ${found}`)
  }
}

/** Without what depends on when and whence it was read. */
function plain([session, items]: readonly [string, readonly MemoryItem[]]): unknown {
  return [session, items.map(({ tier: _t, cached: _c, accessCount: _a, lastAccessedAt: _l, ...rest }) => rest)]
}
