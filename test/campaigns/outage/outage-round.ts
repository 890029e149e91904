import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type FirestoreEmulator, startFirestoreEmulator } from '../../../emulators/firestore-emulator.ts'
import { startRedis } from '../../../emulators/redis.ts'
import { startTcpProxy, type TcpProxy } from '../../../emulators/tcp-proxy.ts'
import type { MemoryItem } from '../../../src/memory/memory-item.ts'
import { TieredStorageManager } from '../../../src/thermocline.ts'
import { CHECKED_STORE_DEFAULTS } from '../../../src/tiers/checked-durable-store.ts'
import { Chance } from '../../support/random.ts'
import { TempFolder } from '../../support/temp-folder.ts'
import { microseconds } from '../erase/journal.ts'
import { DocumentReader } from '../kill/documents.ts'
import { readLines } from '../support/line-journal.ts'
import { startTold, type ToldProcess } from '../support/told-process.ts'
import type { Whereabouts } from '../support/whereabouts.ts'
import { checkOutage, type OutageFindings } from './checker.ts'
import { type Fault, type JournalLine, USER } from './journal.ts'
import type { WriterProcessPlan } from './writer-process.ts'

export interface OutageOptions {
  readonly seed: number
  /** One after another, in this order. */
  readonly faults: readonly Fault['kind'][]
  /** Between two faults, in milliseconds. */
  readonly calmMs: readonly [from: number, to: number]
}

export interface OutageReport extends OutageFindings {
  readonly faults: number
}

const SCRIPT = fileURLToPath(new URL('writer-process.ts', import.meta.url))
const PROJECT = 'demo-outage-campaign'
const PREFIX = 'outage'
const OPS_OF_WRITER = 1_000_000
/** The last one is written by both. */
const SESSIONS = [
  ['first a', 'first b', 'both'],
  ['second a', 'second b', 'both'],
] as const
/** Their own deadline and one second more; after a fault the machine may be busy with starting an emulator. */
const BOUNDS = { errorMs: CHECKED_STORE_DEFAULTS.timeoutMs + 1000, recoveryMs: 10_000 }
/** Some end before calls give up, and some after. */
const PAUSE_MS = [300, 8000] as const
/** After the last fault. */
const CALM_AT_LAST_MS = 2000

/** Two processes write while their Firestore, or the way there, breaks down again and again. */
export async function outageRound(options: OutageOptions): Promise<OutageReport> {
  await using services = new AsyncDisposableStack()
  const emulator = await startFirestoreEmulator()
  services.defer(() => emulator.stop())
  const redis = await startRedis()
  services.defer(() => redis.stop())
  const proxy = await startTcpProxy(emulator)
  services.defer(() => proxy.stop())
  const folder = services.use(new TempFolder())
  const where = {
    projectId: PROJECT,
    firestore: { collectionPrefix: PREFIX },
    redisHost: redis.host,
    redisPort: redis.port,
  }
  // The writers go through the proxy, and who looks on does not.
  Object.assign(process.env, emulator.env, { FIRESTORE_EMULATOR_HOST: `${proxy.host}:${proxy.port}` })
  const writers = SESSIONS.map((sessions, i) =>
    startWriter(i, { where, sessions, seed: options.seed * 10 + i }, folder),
  )
  services.defer(async () => void (await endAll(writers)))
  Object.assign(process.env, emulator.env)
  const reader = services.use(new DocumentReader(PROJECT))

  await Promise.all(writers.map(({ ready }) => ready))
  const faults: Fault[] = []
  const chance = new Chance(options.seed)
  for (const kind of options.faults) {
    await delay(chance.between(...options.calmMs))
    faults.push({ kind, ...(await strike(kind, chance, { emulator, proxy, reader })) })
  }
  await delay(CALM_AT_LAST_MS)
  const problems = await endAll(writers)
  const histories = await lookAtAll(where, reader, problems)
  const logs = SESSIONS.map((_, i) => ({ name: `writer ${i}`, lines: readLines<JournalLine>(journalOf(i, folder)) }))
  const findings = checkOutage(logs, faults, histories, BOUNDS)
  return { ...findings, problems: [...problems, ...findings.problems], faults: faults.length }
}

function startWriter(
  i: number,
  plan: Pick<WriterProcessPlan, 'where' | 'sessions' | 'seed'>,
  folder: TempFolder,
): ToldProcess {
  const firstOp = (i + 1) * OPS_OF_WRITER
  return startTold<WriterProcessPlan>(SCRIPT, {
    ...plan,
    firstOp,
    journal: journalOf(i, folder),
    compileCache: folder.path,
  })
}

function journalOf(i: number, folder: TempFolder): string {
  return folder.file(`writer-${i}.jsonl`)
}

/** Gives what they said that they should not have. */
async function endAll(writers: readonly ToldProcess[]): Promise<string[]> {
  for (const writer of writers) writer.tell()
  const ends = await Promise.all(writers.map(({ ended }) => ended))
  return ends.flatMap(({ code, output }, i) => (code === 0 && output === 'ready\n' ? [] : [`writer ${i}: ${output}`]))
}

interface Target {
  readonly emulator: FirestoreEmulator
  readonly proxy: TcpProxy
  readonly reader: DocumentReader
}

async function strike(kind: Fault['kind'], chance: Chance, target: Target): Promise<Omit<Fault, 'kind'>> {
  const from = microseconds()
  if (kind === 'cut') await cut(chance, target)
  else if (kind === 'pause') await pause(chance, target)
  else await restart(target)
  return { from, to: microseconds() }
}

/** What is sent meanwhile is carried out, or cut off before it is whole, and nobody is told which. */
async function cut(chance: Chance, { proxy }: Target): Promise<void> {
  proxy.swallow('replies')
  await delay(chance.between(0, 60))
  proxy.cut()
  proxy.resume()
}

async function pause(chance: Chance, { emulator }: Target): Promise<void> {
  await emulator.pause()
  await delay(chance.between(...PAUSE_MS))
  emulator.resume()
}

/**
 * It keeps nothing by itself. So it is given back what it held when the last of its answers was on its way: what comes
 * later is held back, and lost with it, and nobody is told anything of it.
 */
async function restart({ emulator, proxy, reader }: Target): Promise<void> {
  proxy.blackhole('requests')
  await reader.settle(PREFIX)
  const saved = await emulator.save(PROJECT)
  await emulator.kill()
  proxy.cut()
  await emulator.restart(saved)
  proxy.resume()
}

/** All there is, as it lies there and as it is read with a strong read, before and after a sweep. */
async function lookAtAll(
  where: Whereabouts,
  reader: DocumentReader,
  problems: string[],
): Promise<ReadonlyMap<string, readonly MemoryItem[]>> {
  await reader.read(PREFIX, problems)
  const histories = new Map<string, readonly MemoryItem[]>()
  await using memory = new TieredStorageManager({ ...where, tierMigrationInterval: 0 })
  const { failures } = await memory.runMigration({ all: true })
  problems.push(...failures.map(({ message }) => `a sweep failed: ${message}`))
  await using durable = new TieredStorageManager({
    projectId: PROJECT,
    firestore: { collectionPrefix: PREFIX },
    tierMigrationInterval: 0,
  })
  for (const sessionId of new Set(SESSIONS.flat())) {
    const address = { userId: USER, sessionId }
    const items = await durable.getConversationHistory(address)
    histories.set(sessionId, items)
    const copy = await memory.getConversationHistory({ ...address, read: 'strong' })
    if (copy.length !== items.length || copy.some(({ id }, i) => id !== items[i]!.id))
      problems.push(`${sessionId}: ${items.length} items are stored, and ${copy.length} are read`)
  }
  await reader.read(PREFIX, problems)
  return histories
}
