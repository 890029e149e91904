import type { TierCounts } from '../../index.ts'
import { type Command, type CommandIo, parseCommandArgs, UsageError } from '../command.ts'
import { ownerOf, readSettings, type Settings } from '../config.ts'
import { fileFacts } from '../file-facts.ts'
import { firestorePlace, placeText } from '../firestore-place.ts'
import { MEMORY_FLAGS, MEMORY_HELP, OWNER_FLAGS } from '../flags.ts'
import { toJson } from '../json-output.ts'
import { withMemory } from '../open-memory.ts'
import { type RedisFacts, redisFacts } from '../redis-facts.ts'
import { hasRedis } from '../redis-secrets.ts'
import type { Terminal } from '../terminal.ts'
import { formatBytes, formatCount, oneLine, padEnd, padStart, plural } from '../text-layout.ts'
import { TIERS } from '../tiers.ts'

const HELP = `thermocline stats: how much is stored, and in which tier

usage: thermocline stats

  --user USER      of this user; settings do not narrow it, only the flag does
  --tenant TENANT  of which customer, beside --user

Looks at every session, and is no read of the items. Sizes are those of items,
as JSON and as stored; a file has some room to spare. In Firestore each session
takes three billed reads. Of Redis, where one is set up: how many sessions it
has a copy of, and how full it is.

${MEMORY_HELP}`

const COLUMNS = 12

export const statsCommand: Command = { name: 'stats', summary: 'how much is stored', help: HELP, run }

async function run(args: readonly string[], io: CommandIo): Promise<void> {
  const { values } = parseCommandArgs({ args: [...args], options: { ...MEMORY_FLAGS, ...OWNER_FLAGS } })
  const settings = readSettings(values, io)
  if (values.tenant !== undefined && values.user === undefined) throw new UsageError('expected --user beside --tenant')
  const owner = values.user === undefined ? undefined : ownerOf(settings)
  const counts = await withMemory(settings, 'existing', (memory) => memory.getTierCounts(owner))
  const redis = hasRedis(settings.options) ? await redisFacts(settings.options) : undefined
  const place = placeOf(settings, io.env)
  if (values.json) return io.out.line(toJson({ ...place.json, ...counts, redis }))
  io.out.line(place.line)
  print(counts, io.out)
  if (redis !== undefined) io.out.line(`Redis: ${redisText(redis)}`)
}

function placeOf(
  { path, options }: Settings,
  env: NodeJS.ProcessEnv,
): { readonly json: object; readonly line: string } {
  if (path === undefined) {
    const firestore = firestorePlace(options, env)
    return { json: { firestore }, line: oneLine(placeText(firestore)) }
  }
  const { bytes: fileBytes, walBytes } = fileFacts(path) ?? { bytes: 0, walBytes: 0 }
  const log = walBytes > 0 ? `, and ${formatBytes(walBytes)} of log` : ''
  return { json: { path, fileBytes, walBytes }, line: `${oneLine(path)}: ${formatBytes(fileBytes)}${log}` }
}

function redisText(redis: RedisFacts): string {
  if (!redis.isReachable) return oneLine(redis.reason)
  const { sessions, usedBytes, maxBytes, policy } = redis
  const room = maxBytes === 0 ? 'without a limit' : `of ${formatBytes(maxBytes)}, ${policy}`
  return `copies of ${plural(sessions, 'session')}; ${formatBytes(usedBytes)} used in all, ${room}`
}

function print(counts: TierCounts, out: Terminal): void {
  out.line(plural(counts.sessions, 'session'))
  const row = (cells: readonly string[]): string => cells.map((cell) => padStart(cell, COLUMNS)).join('')
  out.line(out.paint('dim', `${padEnd('', 6)}${row(['items', 'as JSON', 'stored'])}`))
  for (const tier of TIERS) {
    const { items, rawBytes, bytes } = counts[tier]
    out.line(`${padEnd(tier, 6)}${row([formatCount(items), formatBytes(rawBytes), formatBytes(bytes)])}`)
  }
}
