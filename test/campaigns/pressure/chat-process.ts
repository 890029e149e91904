// A chat service as a process of its own, with a small heap and a hot tier that is set larger than that heap. Its plan is
// the only argument, as JSON. It holds nothing of what it adds and reads.
import { writeSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { getHeapStatistics } from 'node:v8'
import { isThermoclineError } from '../../../src/errors.ts'
import { MemoryProfiler } from '../../../src/telemetry/memory-profiler.ts'
import { TieredStorageManager } from '../../../src/thermocline.ts'
import { LineJournal } from '../support/line-journal.ts'
import { type ChatLoad, contentOf, sessionIdOf } from './chat-load.ts'

export interface ChatPlan {
  readonly path: string
  readonly journal: string
  readonly load: ChatLoad
  /** Whether pressure is watched and acted on. */
  readonly watched: boolean
  /** `tight`: nothing is awaited but the memory, whose file is in this process. `turns`: the event loop goes round too. */
  readonly pace: 'tight' | 'turns'
  readonly compileCache: string
}

/** An item that was acknowledged. */
export interface ChatLine {
  readonly id: string
  readonly session: number
  readonly index: number
}

/** What the process tells of itself at its end. */
export interface ChatEnd {
  readonly heapLimitMb: number
  /** Changes to each level. */
  readonly levels: Readonly<Record<string, number>>
  /** What was done, by kind. */
  readonly deeds: Readonly<Record<string, number>>
  readonly freedMb: number
  readonly failures: readonly string[]
  readonly refused: number
  readonly hot: { readonly bytes: number; readonly maxBytes: number; readonly hits: number }
}

const AT_ONCE = 4
const MB = 1024 * 1024

const plan = JSON.parse(process.argv[2]!) as ChatPlan
const { load } = plan
const memory = new TieredStorageManager({
  path: plan.path,
  synchronous: 'normal',
  inProcess: { maxBytes: 400 * MB },
})
await memory.initialize()

const levels: Record<string, number> = {}
const deeds: Record<string, number> = {}
const failures: string[] = []
let freedBytes = 0
let refused = 0
const profiler = new MemoryProfiler({ env: {} })
profiler.on('pressureChanged', ({ level }) => {
  levels[level] = (levels[level] ?? 0) + 1
})
profiler.on('pressureAnswered', (report) => {
  for (const { deed, freedBytes: freed = 0, error } of report.deeds) {
    deeds[deed] = (deeds[deed] ?? 0) + 1
    if (deed === 'caches-shrunk') freedBytes += freed
    if (error !== undefined) failures.push(String(error))
  }
})
if (plan.watched) {
  profiler.setTieredStorage(memory)
  profiler.startProfiling()
}

const journal = new LineJournal<ChatLine>(plan.journal)
let next = 0
await Promise.all(Array.from({ length: AT_ONCE }, chats))

/** One conversation after the other, each read again after every few items, and an old one now and then. */
async function chats(): Promise<void> {
  for (let session = next++; session < load.sessions; session = next++) {
    const address = { userId: 'ada', sessionId: sessionIdOf(session) }
    for (let index = 0; index < load.itemsPerSession; index++) {
      const content = contentOf(session, index, load)
      const id = await memory.addMemoryItem({ ...address, contentType: 'user_message', content })
      journal.write({ id, session, index })
      if (plan.pace === 'turns') await setImmediate()
      if (index % 8 === 0) await memory.getConversationHistory(address)
    }
    await memory.getConversationHistory(address)
    const older = sessionIdOf((session * 7919) % (session + 1))
    await memory.getConversationHistory({ userId: 'ada', sessionId: older })
    await memory.promote(address).catch((error: unknown) => {
      if (!isThermoclineError(error, 'MEMORY_PRESSURE')) throw error
      refused += 1
    })
  }
}

await profiler.stopProfiling()
const { bytes, maxBytes, hits } = memory.getStats().hot
const end: ChatEnd = {
  heapLimitMb: getHeapStatistics().heap_size_limit / MB,
  ...{ levels, deeds, failures, refused },
  freedMb: freedBytes / MB,
  hot: { bytes, maxBytes, hits },
}
writeSync(process.stdout.fd, `${JSON.stringify(end)}\n`)
journal[Symbol.dispose]()
await memory.close()
