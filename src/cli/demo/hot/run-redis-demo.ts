import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { type MemoryItem, TieredStorageManager } from '../../../index.ts'
import { CommandError } from '../../command.ts'
import type { Terminal } from '../../terminal.ts'
import { formatBytes, formatCount, formatMs, plural } from '../../text-layout.ts'
import type { Conversation, PlayedItem } from '../conversation.ts'
import type { DemoPlace } from '../durable/demo-place.ts'
import { addressOf, compare } from '../read-back.ts'
import { introduce } from '../run-demo.ts'
import { Screen } from '../screen.ts'
import { measureReads, type Place, type PlaceReadings } from './measure-reads.ts'
import { OtherProcess } from './other-process.ts'
import { type DemoRedis, type RedisProcess, redisOptions } from './redis-server.ts'

/** Items of the history that is read again and again. */
const NEWEST = 50
/** Adds under way at once; a manager lets 10,000 wait. */
const BATCH = 500
const PATIENCE_MS = 10_000
const POLL_MS = 10

/** A running demo, with all that its sections share. */
interface Stage {
  readonly place: DemoPlace
  readonly screen: Screen
  readonly memory: TieredStorageManager
  readonly other: OtherProcess
  readonly session: { readonly userId: string; readonly sessionId: string }
  /** What was added on the way, here and in other processes. */
  readonly said: string[]
}

/** What happened while Redis was gone. */
interface Outage {
  readonly longestMs: number
  readonly backAfterMs: number
}

/**
 * Shows one conversation where it is kept, in Redis and in the process, shared with other processes, and what happens when
 * Redis is killed. Files are made in `folder`.
 * @throws CommandError where anything does not come back as it was
 */
export async function runRedisDemo(
  conversation: Conversation,
  redis: DemoRedis,
  place: DemoPlace,
  folder: string,
  env: NodeJS.ProcessEnv,
  terminal: Terminal,
): Promise<void> {
  const startedAt = performance.now()
  const screen = new Screen(terminal, conversation)
  const { redis: access, ...address } = redisOptions(redis)
  // Of its own: a Redis that somebody else runs has keys of theirs.
  const keyPrefix = `thermocline-demo-${randomBytes(6).toString('hex')}`
  const options = { ...place.options, ...address, redis: { ...access, keyPrefix }, tierMigrationInterval: 0 }
  introduce(conversation, terminal, `${place.kind} and Redis ${redis.version}`)
  await using memory = new TieredStorageManager(options)
  for (let i = 0; i < conversation.items.length; i += BATCH)
    await memory.addMemoryItems(conversation.items.slice(i, i + BATCH).map(({ item }) => item))
  const longest = [...conversation.sessions.values()].reduce((a, b) => (a.length >= b.length ? a : b))
  const stage: Stage = {
    ...{ place, screen, memory, session: addressOf(longest), said: [] },
    other: new OtherProcess(options, folder, env),
  }
  const newest = longest.slice(-NEWEST)
  await coolDown(stage)
  const readings = await readEverywhere(stage, newest)
  await share(stage)
  const outage = redis.process && (await survive(stage, redis.process))
  await checkAll(stage, newest)
  // A server that goes on running is left as it was found.
  for (const session of conversation.sessions.values()) await memory.deleteSession(addressOf(session))
  screen.summary(summary(stage, newest.length, readings, outage, performance.now() - startedAt))
}

/** What was said long ago was added just now, so all of it is due. */
async function coolDown({ place, screen, memory }: Stage): Promise<void> {
  if (place.contents === undefined) return
  screen.section('All of it is old, and a sweep packs it cold')
  screen.tierHeadings()
  const now = Date.now()
  screen.tiers(now, await memory.getTierCounts())
  const report = await memory.runMigration()
  if (report.failed > 0) throw new CommandError(`the sweep could not move ${plural(report.failed, 'session')}`)
  screen.tiers(now, await memory.getTierCounts())
  screen.sweep(report)
  for (const line of await place.contents()) screen.done(line)
}

async function readEverywhere(
  { place, screen, memory, session }: Stage,
  newest: readonly PlayedItem[],
): Promise<readonly PlaceReadings[]> {
  const bytes = newest.reduce((sum, { item }) => sum + Buffer.byteLength(JSON.stringify(item)), 0)
  screen.section(
    'One history, from three places',
    `The newest ${plural(newest.length, 'item')} of a session, ${formatBytes(bytes)} as JSON: from ${place.name}, from`,
    'Redis, which all processes share, and from a copy in this one. Medians.',
    ...(place.contents === undefined
      ? ['With a file this near, Redis is not there to be faster: it keeps the copies', 'in all processes current.']
      : ['Each read of Firestore is billed; what Redis answers is not.']),
  )
  const query = { ...session, limit: NEWEST }
  await using alone = new TieredStorageManager({
    ...place.options,
    inProcess: { maxBytes: 0 },
    tierMigrationInterval: 0,
  })
  const fromRedis = (): number => memory.getStats().hot.shared?.hits ?? 0
  // Its first read brings the copy to Redis, and a copy may be kept here once Redis tells of changes to it.
  await until('copies are kept in this process', async () => {
    const before = fromRedis()
    return (await memory.getConversationHistory(query)).length > 0 && fromRedis() === before && before > 0
  })
  const places: readonly Place[] = [
    { name: place.name.replace('the ', ''), read: () => alone.getConversationHistory(query) },
    { name: 'Redis', read: () => memory.getConversationHistory({ ...query, read: 'strong' }), hits: fromRedis },
    { name: 'this process', read: () => memory.getConversationHistory(query) },
  ]
  const readings: PlaceReadings[] = []
  for (const place of places) readings.push(await measureReads(place, (history) => compare(newest, history)))
  screen.places(readings)
  const reads = readings.reduce((sum, place) => sum + place.reads, 0)
  const hits = readings.reduce((sum, place) => sum + place.hits, 0)
  screen.done(`${plural(reads, 'read')}, all equal and in order; ${formatCount(hits)} of them answered by Redis`)
  return readings
}

async function share(stage: Stage): Promise<void> {
  const { place, screen, memory, other, session } = stage
  screen.section(
    'Another process joins in',
    '"thermocline add" and "thermocline history" run as processes of',
    `their own, on the same ${place.name.replace('the ', '')} and the same Redis.`,
  )
  const theirs = 'Is there wind on Saturday?'
  await otherAdds(stage, theirs)
  screen.done(`it added, and this process has it: "${theirs}"`)
  const ours = 'Five knots, and sun.'
  await memory.addMemoryItem({ ...session, contentType: 'assistant_message', content: ours })
  stage.said.push(ours)
  if ((await other.newest(session)) !== ours) throw new CommandError('the other process did not read what was added')
  screen.done(`this process added, and the other has it: "${ours}"`)
}

async function survive(stage: Stage, server: RedisProcess): Promise<Outage> {
  const { place, screen, memory, session } = stage
  screen.section('Redis is killed', 'With SIGKILL, and nobody is told.')
  await server.kill()
  const times: number[] = []
  const timed = async <T>(call: () => Promise<T>): Promise<T> => {
    const startedAt = performance.now()
    const result = await call()
    times.push(performance.now() - startedAt)
    return result
  }
  for (const content of ['Is anybody there?', `Yes: from ${place.name}.`]) {
    await timed(() => memory.addMemoryItem({ ...session, contentType: 'note', content }))
    stage.said.push(content)
    const history = await timed(() => memory.getConversationHistory({ ...session, limit: NEWEST, read: 'strong' }))
    expectEnd(history, stage.said)
  }
  const longestMs = Math.max(...times)
  screen.done(`2 adds and 2 reads went on, from ${place.name}; the slowest took ${formatMs(longestMs)}`)
  await otherAdds(stage, 'I have no Redis either.')
  screen.done('another process added, and this process has it')

  const startedAt = performance.now()
  await server.restart()
  screen.say('Redis starts again, empty.')
  const hits = memory.getStats().hot.shared?.hits ?? 0
  await until('Redis answers again', async () => {
    expectEnd(await memory.getConversationHistory({ ...session, limit: NEWEST, read: 'strong' }), stage.said)
    return (memory.getStats().hot.shared?.hits ?? 0) > hits
  })
  const backAfterMs = performance.now() - startedAt
  screen.done(`it answers again ${formatMs(backAfterMs)} after its start, and was never wrong`)
  return { longestMs, backAfterMs }
}

async function otherAdds({ other, memory, session, said }: Stage, content: string): Promise<void> {
  await other.add(session, content)
  said.push(content)
  // What others do may be heard of a moment later.
  await until('what another process added is read', async () => {
    const history = await memory.getConversationHistory({ ...session, limit: NEWEST })
    return history.at(-1)?.content === content
  })
}

/** The whole session once more: what was put in, then what was said on the way. */
async function checkAll({ memory, session, said }: Stage, newest: readonly PlayedItem[]): Promise<void> {
  const limit = newest.length + said.length
  const history = await memory.getConversationHistory({ ...session, limit, read: 'strong' })
  expectEnd(history, said)
  compare(newest, history.slice(0, -said.length))
}

function expectEnd(history: readonly MemoryItem[], said: readonly string[]): void {
  const end = history.slice(-said.length).map(({ content }) => content)
  if (JSON.stringify(end) !== JSON.stringify(said)) throw new CommandError('what was said last did not come back')
}

/** @throws CommandError where it does not come true in time */
async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new CommandError(`not so within ${PATIENCE_MS / 1000} s: ${what}`)
    await delay(POLL_MS)
  }
}

function summary(
  { place, said }: Stage,
  items: number,
  readings: readonly PlaceReadings[],
  outage: Outage | undefined,
  ms: number,
): (readonly [string, string])[] {
  const times = readings.map(({ name, medianMs }) => `${name} ${formatMs(medianMs)}`).join(', ')
  const end = outage === undefined ? place.end : `Redis is stopped, and ${place.end}`
  return [
    ['read', `${plural(items, 'item')}: ${times}`],
    ['shared', `${plural(said.length, 'item')} between processes, all read in order`],
    [
      'killed',
      outage === undefined
        ? 'no: this Redis is somebody else’s; it holds nothing of ours any more'
        : `slowest call ${formatMs(outage.longestMs)}; Redis in use again after ${formatMs(outage.backAfterMs)}`,
    ],
    ['time', `${formatMs(ms)}; ${end}`],
  ]
}
