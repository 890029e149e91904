import { deepStrictEqual } from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { ItemBody } from '../src/memory/memory-item.ts'
import {
  decodeSegment,
  type EncodeOptions,
  encodeSegment,
  type SegmentContent,
  type SegmentEntry,
} from '../src/memory/segment-format/index.ts'
import { StampMaker } from '../src/memory/stamp.ts'

/** A line of a data file without its bookkeeping: what a cold session must give back. */
interface Line {
  readonly userId: string
  readonly sessionId: string
  readonly role: string
  readonly contentType: string
  readonly content: string
  readonly toolCallId?: string
  readonly toolName?: string
  readonly createdAt: string
}

const SETS = ['locomo', 'taubench', 'sweagent', 'taskmaster4'] as const
type SetName = (typeof SETS)[number]
const LONG_ARCHIVE_BYTES = 64 * 1024
const DICTIONARY_BYTES = 64 * 1024
const STRONG: EncodeOptions = { codec: 'zstd', level: 'strong' }

/**
 * How much smaller a cold session is than its items as JSON: bytes of JSON by bytes of the whole stored segments, every
 * field given back. `cold_ratio.<set>`: one archive a session. `cold_ratio_64k.locomo`: each of its conversations as one
 * session, in archives of 64 KiB of JSON or more.
 */
export async function coldRatios(dataDir: string, options: EncodeOptions = STRONG): Promise<Record<string, number>> {
  const ratios: Record<string, number> = {}
  for (const set of SETS) {
    const lines = await readLines(dataDir, set)
    ratios[`cold_ratio.${set}`] = await ratioOf(bySession(lines), options)
    if (set !== 'locomo') continue
    const conversations = groupBy(lines, ({ conversation }) => String(conversation))
    ratios['cold_ratio_64k.locomo'] = await ratioOf(conversations.flatMap(longArchives), options)
  }
  return ratios
}

/**
 * The same with a dictionary of raw texts of the other sets, as `cold_ratio_dictionary.<set>`. LoCoMo's licence forbids
 * to ship anything made of it, so it gives to no dictionary; none is shipped anyway.
 */
export async function coldRatiosWithDictionary(dataDir: string): Promise<Record<string, number>> {
  const sessions = new Map<SetName, ReadLine[][]>()
  for (const set of SETS) sessions.set(set, bySession(await readLines(dataDir, set)))
  const ratios: Record<string, number> = {}
  for (const set of SETS) {
    const givers = SETS.filter((other) => other !== set && other !== 'locomo')
    const shares = await Promise.all(
      givers.map((giver) => rawTexts(sessions.get(giver) ?? [], DICTIONARY_BYTES / givers.length)),
    )
    const options = { ...STRONG, dictionary: Buffer.concat(shares) }
    ratios[`cold_ratio_dictionary.${set}`] = await ratioOf(sessions.get(set) ?? [], options)
  }
  return ratios
}

/** Texts as segments hold them before compression, of sessions from the whole set. */
async function rawTexts(sessions: readonly (readonly ReadLine[])[], bytes: number): Promise<Buffer> {
  const parts: Buffer[] = []
  const share = Math.ceil(bytes / 16)
  for (let at = 0; at < sessions.length && parts.length < 16; at += Math.max(1, Math.floor(sessions.length / 16))) {
    const segment = await encodeSegment(segmentOf((sessions[at] ?? []).map(({ line }) => line)), { codec: 'none' })
    parts.push(Buffer.from(segment.subarray(-share)))
  }
  return Buffer.concat(parts).subarray(0, bytes)
}

function bySession(lines: readonly ReadLine[]): ReadLine[][] {
  return groupBy(lines, ({ line }) => JSON.stringify([line.userId, line.sessionId]))
}

interface ReadLine {
  readonly line: Line
  readonly jsonBytes: number
  readonly conversation: unknown
}

async function readLines(dataDir: string, set: SetName): Promise<ReadLine[]> {
  const text = await readFile(join(dataDir, `${set}-items.jsonl`), 'utf8')
  return text
    .trimEnd()
    .split('\n')
    .map((row) => {
      const all = Object.entries(JSON.parse(row) as Record<string, unknown>)
      const kept = all.filter(([key]) => !key.startsWith('_') && key !== 'id' && key !== 'updatedAt')
      const line = Object.fromEntries(kept) as unknown as Line
      const conversation = all.find(([key]) => key === '_conv')?.[1]
      return { line, jsonBytes: Buffer.byteLength(JSON.stringify(line)), conversation }
    })
}

/** One archive for each group; throws unless each gives back its lines. */
async function ratioOf(groups: readonly (readonly ReadLine[])[], options: EncodeOptions): Promise<number> {
  let jsonBytes = 0
  let stored = 0
  for (const group of groups) {
    const lines = group.map(({ line }) => line)
    const bytes = await encodeSegment(segmentOf(lines), options)
    const { dictionary } = options
    const { entries } = await decodeSegment(bytes, dictionary ? { dictionaries: () => dictionary } : {})
    deepStrictEqual(
      entries.map(({ body }, i) => lineOf(body, lines[i] as Line)),
      lines,
    )
    jsonBytes += group.reduce((sum, line) => sum + line.jsonBytes, 0)
    stored += bytes.length
  }
  return jsonBytes / stored
}

const TYPES: Readonly<Record<string, string>> = {
  'user/text': 'user_message',
  'assistant/text': 'assistant_message',
  'assistant/tool_call': 'tool_call',
  'tool/tool_result': 'tool_result',
}

function segmentOf(lines: readonly Line[]): SegmentContent {
  const maker = new StampMaker()
  return {
    entries: lines.map((line) => ({ stamp: maker.next(Date.parse(line.createdAt)), body: bodyOf(line) })),
    gone: [],
  }
}

/** What is neither text nor a tool's keeps its type in the metadata. */
function bodyOf(line: Line): SegmentEntry['body'] {
  const { role, contentType, content, toolCallId, toolName, createdAt } = line
  const known = TYPES[`${role}/${contentType}`]
  const spoken = known ?? TYPES[`${role}/text`]
  const metadata = {
    ...(known === undefined && { contentType, ...(spoken === undefined && { role }) }),
    ...(toolName !== undefined && { toolName }),
  }
  return {
    content,
    contentType: spoken ?? contentType,
    createdAt: Date.parse(createdAt),
    ...(Object.keys(metadata).length > 0 && { metadata }),
    ...(toolCallId !== undefined && { callId: toolCallId }),
  }
}

/** The line that a body was made of. The ids of the session come from its record, which names them once. */
function lineOf(body: ItemBody, { userId, sessionId }: Line): Line {
  const { role, contentType, toolName } = (body.metadata ?? {}) as Partial<Line>
  const key = Object.keys(TYPES).find((pair) => TYPES[pair] === body.contentType) ?? '/'
  return {
    userId,
    sessionId,
    role: role ?? (key.split('/')[0] as string),
    contentType: contentType ?? (key.split('/')[1] as string),
    content: body.content,
    ...(body.callId !== undefined && { toolCallId: body.callId }),
    ...(toolName !== undefined && { toolName }),
    createdAt: new Date(body.createdAt).toISOString(),
  }
}

function longArchives(lines: readonly ReadLine[]): ReadLine[][] {
  const archives: ReadLine[][] = []
  let open: ReadLine[] = []
  let bytes = 0
  for (const line of lines) {
    open.push(line)
    bytes += line.jsonBytes
    if (bytes < LONG_ARCHIVE_BYTES) continue
    archives.push(open)
    open = []
    bytes = 0
  }
  // What is left is too little for an archive of its own, so the last one takes it.
  const last = archives.pop() ?? []
  return [...archives, [...last, ...open]]
}

function groupBy<T>(values: readonly T[], keyOf: (value: T) => string): T[][] {
  return [...Map.groupBy(values, keyOf).values()]
}

if (import.meta.main) {
  const { data } = parseArgs({ options: { data: { type: 'string', default: 'data' } } }).values
  const ratios = { ...(await coldRatios(data)), ...(await coldRatiosWithDictionary(data)) }
  for (const [name, value] of Object.entries(ratios)) console.log(`${name} ${value.toFixed(3)}`)
}
