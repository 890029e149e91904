import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { TieredStorageManager } from '../../../src/thermocline.ts'
import { TempFolder } from '../../support/temp-folder.ts'
import { openGround, type Place } from '../kill/places.ts'
import { readLines } from '../support/line-journal.ts'
import { startTold, type ToldProcess } from '../support/told-process.ts'
import { type MemberLine, type MemberPlan, SESSION, textOf, USER } from './member.ts'

export interface CrowdOptions {
  readonly members: number
  /** Of all of them together. */
  readonly bytes: number
  /** Each awaits one add before it begins the next. @default false */
  readonly oneByOne?: boolean
}

export interface CrowdReport {
  /** What is wrong, in words. */
  readonly problems: readonly string[]
  readonly acknowledged: number
  readonly bytes: number
  readonly segments: number
  /** From the word to the last acknowledgement. */
  readonly tookMs: number
  readonly slowestAddMs: number
  /** Of all processes together while they waited for the word; 0 where the machine does not say. */
  readonly memoryBytes: number
}

const SCRIPT = fileURLToPath(new URL('member.ts', import.meta.url))
const ITEM_BYTES = 1024
/** They need little, and there are many of them. */
const NODE_ARGS = ['--max-old-space-size=64']
/** Starting all at once would only make each slower. */
const STARTED_AT_ONCE = 4

/** Fresh processes, none of which has said a word to Firestore, all add to one session at the same moment. */
export async function crowdRound({ members, bytes, oneByOne = false }: CrowdOptions): Promise<CrowdReport> {
  await using ground = await openGround('firestore+redis')
  using folder = new TempFolder()
  const place = ground.place()
  const items = Math.ceil(bytes / ITEM_BYTES / members)
  const journalOf = (member: number): string => folder.file(`member-${member}.jsonl`)
  const crowd: ToldProcess[] = []
  for (let member = 0; member < members; member++) {
    const { where } = place
    const journal = journalOf(member)
    const plan = { where, member, items, itemBytes: ITEM_BYTES, oneByOne, journal, compileCache: folder.path }
    crowd.push(startTold<MemberPlan>(SCRIPT, plan, NODE_ARGS))
    if (crowd.length % STARTED_AT_ONCE === 0) await Promise.all(crowd.map(({ ready }) => ready))
  }
  await Promise.all(crowd.map(({ ready }) => ready))
  const memoryBytes = crowd.reduce((sum, { pid }) => sum + residentBytes(pid), 0)
  const from = performance.now()
  for (const member of crowd) member.tell()
  const ends = await Promise.all(crowd.map(({ ended }) => ended))
  const tookMs = performance.now() - from
  const problems = ends.flatMap(({ code, output }, i) =>
    code === 0 && output === 'ready\n' ? [] : [`member ${i} ended with ${code}: ${output}`],
  )
  const lines = crowd.map((_, member) => readLines<MemberLine>(journalOf(member)))
  const segments = await check(place, lines, items, problems)
  const all = lines.flat()
  return {
    problems,
    acknowledged: all.filter((line) => 'id' in line).length,
    bytes: items * members * ITEM_BYTES,
    segments,
    tookMs,
    slowestAddMs: all.reduce((slowest, line) => Math.max(slowest, line.tookMs), 0),
    memoryBytes,
  }
}

/** All are there, once, as they were sent and as they were acknowledged, in order, and each member's in its own. */
async function check(
  place: Place,
  lines: readonly (readonly MemberLine[])[],
  items: number,
  problems: string[],
): Promise<number> {
  const sessions = await place.contents(problems)
  await using memory = new TieredStorageManager({ ...place.durable, tierMigrationInterval: 0 })
  const history = await memory.getConversationHistory({ userId: USER, sessionId: SESSION })
  const found = new Map(history.map((item) => [item.content, item.id]))
  if (found.size !== history.length) problems.push(`${history.length} items say ${found.size} things`)
  if (history.some(({ id }, i) => i > 0 && id <= history[i - 1]!.id)) problems.push('the history is not in order')
  for (const [member, ofMember] of lines.entries()) {
    if (ofMember.length !== items) problems.push(`member ${member} was answered ${ofMember.length} of ${items} times`)
    let before = ''
    for (const line of ofMember.toSorted((a, b) => a.item - b.item)) {
      const text = textOf(member, line.item, ITEM_BYTES)
      const id = found.get(text)
      found.delete(text)
      if ('error' in line) problems.push(`member ${member}, item ${line.item}: ${line.error}`)
      else if (id !== line.id)
        problems.push(`member ${member}, item ${line.item}: acknowledged as ${line.id}, is ${id}`)
      if (id !== undefined && id < before) problems.push(`member ${member}: item ${line.item} is not in its place`)
      before = id ?? before
    }
  }
  for (const text of found.keys()) problems.push(`nobody sent ${text.slice(0, 40)}`)
  return sessions.reduce((sum, session) => sum + session.segments.length, 0)
}

function residentBytes(pid: number): number {
  try {
    const [, kilobytes = 0] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return Number(kilobytes) * 1024
  } catch {
    return 0
  }
}
