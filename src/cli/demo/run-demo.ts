import type { MemoryItem, TierCounts } from '../../index.ts'
import { CommandError } from '../command.ts'
import type { Terminal } from '../terminal.ts'
import { clip, displayWidth, formatBytes, formatCount, formatMs, median, plural } from '../text-layout.ts'
import { TIERS } from '../tiers.ts'
import type { Conversation } from './conversation.ts'
import type { DemoPlace } from './durable/demo-place.ts'
import { Playback } from './playback.ts'
import { type PrunedContext, pruneContext } from './prune-context.ts'
import { addressOf, compare, type ReadBack, Reader } from './read-back.ts'
import { dateOf, Screen } from './screen.ts'
import { afterDays, playTimes } from './timeline.ts'

/** Rounds of a month each until nothing is left to move; reads made on the way may keep something warm for one. */
const MOST_MONTHS = 6
const MOST_QUESTION_CHARS = 200

/**
 * Plays a conversation into a place and shows what becomes of it.
 * @throws CommandError where anything does not come back as it was
 */
export async function runDemo(conversation: Conversation, place: DemoPlace, terminal: Terminal): Promise<void> {
  const startedAt = performance.now()
  const screen = new Screen(terminal, conversation)
  introduce(conversation, terminal, place.into)
  const playback = new Playback(place, conversation)
  const reader = new Reader(conversation)
  try {
    await play(playback, screen)
    const readings = [await readBack(playback, reader, screen)]
    readings.push(...(await age(playback, reader, screen)))
    const archived = await playback.census()
    for (const line of (await place.contents?.()) ?? []) screen.done(line)
    const pruned = await comeBack(playback, screen)
    screen.summary(summary(conversation, readings, archived, pruned, place, performance.now() - startedAt))
  } finally {
    await playback.close()
  }
}

/** What is played, and into what. */
export function introduce(
  { title, items, sessions, users, jsonBytes }: Conversation,
  terminal: Terminal,
  into: string,
): void {
  terminal.line(
    `\n  ${terminal.paint('bold', 'thermocline')}  ${terminal.paint('dim', `Node ${process.versions.node}`)}`,
  )
  const counts = `: ${plural(items.length, 'item')} in ${plural(sessions.size, 'session')} of ${plural(users, 'user')},`
  terminal.line(`\n  ${clip(title, terminal.columns - 2 - displayWidth(counts))}${counts}`)
  terminal.line(
    `  ${dateOf(items[0]!.item.createdAt)} to ${dateOf(items.at(-1)!.item.createdAt)}, ${formatBytes(jsonBytes)} as JSON, into ${into}.`,
  )
}

async function play(playback: Playback, screen: Screen): Promise<void> {
  screen.section(
    'Time passes',
    'Each item is added at its own time, by a clock that is moved by hand. Past',
    '7 days it is warm; past 30 a sweep packs it into a cold archive.',
  )
  screen.tierHeadings()
  for (const time of playTimes(playback.conversation)) {
    await playback.playUntil(time)
    const report = await playback.sweep()
    screen.tiers(time, await playback.census())
    screen.sweep(report)
  }
}

async function readBack(playback: Playback, reader: Reader, screen: Screen): Promise<ReadBack> {
  screen.section(
    'All is closed, opened again, and read',
    `Whole sessions first from ${playback.place.name}, then cached in this process, and one`,
    'item by its id. Medians, measured on this machine just now.',
  )
  await playback.reopen()
  return readAll(playback, reader, screen)
}

async function readAll(playback: Playback, reader: Reader, screen: Screen): Promise<ReadBack> {
  const found = await reader.readAll(playback.memory)
  screen.readings(found, await playback.census())
  const parts = TIERS.filter((tier) => found[tier].items > 0).map((tier) => `${formatCount(found[tier].items)} ${tier}`)
  screen.done(`${parts.join(', ')}: every item came back equal and in order`)
  return found
}

/** Lets everything cool down, and reads it from each tier that had nothing before. */
async function age(playback: Playback, reader: Reader, screen: Screen): Promise<ReadBack[]> {
  screen.section('Nobody writes any more')
  const readings: ReadBack[] = []
  if ((await playback.census()).warm.items === 0) {
    await sweepAt(playback, screen, afterDays(playback.now, 8))
    readings.push(await readAll(playback, reader, screen))
  }
  for (let month = 0; month < MOST_MONTHS; month++) {
    await sweepAt(playback, screen, afterDays(playback.now, 31))
    const { hot, warm } = await playback.census()
    if (hot.items + warm.items === 0) break
    if (month === MOST_MONTHS - 1) throw new CommandError('some items did not become cold')
  }
  readings.push(await readAll(playback, reader, screen))
  return readings
}

async function sweepAt(playback: Playback, screen: Screen, time: number): Promise<void> {
  await playback.playUntil(time)
  const report = await playback.sweep()
  screen.tiers(time, await playback.census())
  screen.sweep(report)
}

/** The longest session is asked something: read from where it went cold, and pruned to what a model may be sent. */
async function comeBack(playback: Playback, screen: Screen): Promise<PrunedContext> {
  const { sessions, question } = playback.conversation
  const longest = [...sessions.values()].reduce((a, b) => (sizeOf(a) >= sizeOf(b) ? a : b))
  const { userId, sessionId } = addressOf(longest)
  screen.sessionSection('A user comes back', `${userId}, session ${sessionId}`, ': read, and pruned for a model')
  const history = await playback.memory.getConversationHistory({ userId, sessionId })
  compare(longest, history)
  await playback.memory.getConversationHistory({ userId, sessionId })
  const query = question ?? firstQuestion(history)
  const { hits } = await playback.memory.searchMemory({ userId, sessionId, query })
  const pruned = await pruneContext(
    history,
    query,
    hits.map(({ item }) => item),
  )
  screen.pruned(pruned, history)
  const report = await playback.sweep()
  if (report.rehydrated.items > 0) {
    screen.done(`read twice, so the next sweep brought ${plural(report.rehydrated.items, 'item')} back to warm`)
  }
  return pruned
}

/** What a user said first, or else anybody, with something to look for in it. */
function firstQuestion(history: readonly MemoryItem[]): string {
  const said = history.filter(({ content }) => content.trim() !== '')
  const { content } = said.find(({ contentType }) => contentType === 'user_message') ?? said[0] ?? { content: '?' }
  return content.trim().slice(0, MOST_QUESTION_CHARS)
}

function sizeOf(session: Conversation['items']): number {
  return session.reduce((sum, { item }) => sum + item.content.length, 0)
}

function summary(
  { items, sessions, jsonBytes }: Conversation,
  readings: readonly ReadBack[],
  { cold }: TierCounts,
  { view }: PrunedContext,
  { end }: DemoPlace,
  ms: number,
): (readonly [string, string])[] {
  const checked = readings.reduce((total, found) => total + TIERS.reduce((sum, tier) => sum + found[tier].items, 0), 0)
  const times = TIERS.map((tier) => {
    const first = readings.flatMap((found) => found[tier].first)
    return `${tier} ${first.length === 0 ? '-' : formatMs(median(first))}`
  })
  const copy = readings.flatMap((found) => TIERS.flatMap((tier) => found[tier].copy))
  const { tokensBefore, tokensAfter, tokenBudget } = view.report
  return [
    [
      'stored',
      `${plural(items.length, 'item')} in ${plural(sessions.size, 'session')}, ${formatBytes(jsonBytes)} as JSON`,
    ],
    ['checked', `${plural(checked, 'read')} of an item: all equal and in order`],
    [
      'cold',
      `${formatBytes(cold.bytes)}: ${timesSmaller(jsonBytes, cold.bytes)} times smaller (${timesSmaller(cold.rawBytes, cold.bytes)} without users and sessions)`,
    ],
    ['reading', `${times.join(', ')}; cached ${copy.length === 0 ? '-' : formatMs(median(copy))}`],
    ['context', `${plural(tokensBefore, 'token')} → ${formatCount(tokensAfter)}, budget ${formatCount(tokenBudget)}`],
    ['time', `${formatMs(ms)}; ${end}`],
  ]
}

function timesSmaller(bytes: number, stored: number): string {
  return (bytes / stored).toFixed(1)
}
