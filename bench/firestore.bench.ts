/** Firestore: what a chat is billed for, and times against the client that ours is built on. */
import { Firestore } from '@google-cloud/firestore'
import { TieredStorageManager } from '../dist/index.js'
import { startFirestoreEmulator } from '../emulators/firestore-emulator.ts'
import { startFirestoreMeter } from '../emulators/firestore-meter.ts'
import { type Comparison, compare, type Round } from './compare.ts'
import { addsInTurn, addsToMany, addsToOne } from './firestore/adds.ts'
import { chatOperations } from './firestore/chat-operations.ts'
import { coldStart } from './firestore/cold-start.ts'
import { loadRounds } from './firestore/loads.ts'
import { targetPair } from './firestore/targets.ts'
import { benchOptions, type Result, report } from './report.ts'

const PROJECT = 'demo-bench'
const ROUNDS = 15
/** Of both sides, before anything is timed: Java compiles the emulator's code, and V8 ours, only when it runs often. */
const WARM_UP_MS = 4000

const options = benchOptions()
const emulator = await startFirestoreEmulator()
const results: Result[] = []

async function operations(): Promise<void> {
  const meter = await startFirestoreMeter(emulator)
  try {
    Object.assign(process.env, meter.env)
    results.push(...(await chatOperations(meter, options.data)))
  } finally {
    await meter.stop()
  }
}

async function times(): Promise<void> {
  Object.assign(process.env, emulator.env)
  const raw = new Firestore({ projectId: PROJECT })
  const memory = new TieredStorageManager({ projectId: PROJECT, tierMigrationInterval: 0 })
  try {
    const loads = await loadRounds(PROJECT, raw, options.data)
    // Both sides with what is open already; then ours with a manager that is made and closed within the time.
    await ratio('load200_vs_doc_per_message', loads.strong, loads.documents, 4)
    await ratio('load200_new_manager_vs_doc_per_message', loads.fresh, loads.documents)
    await loads.close()

    const small = await targetPair(memory, raw, 4 * 1024)
    const large = await targetPair(memory, raw, 60 * 1024)
    const inTurn = []
    for (const [name, { ours, raw }] of Object.entries({ '4k': small, '60k': large })) {
      inTurn.push(await timesLonger(`add_p50_vs_raw_update_${name}`, addsInTurn(ours, 10, 12), addsInTurn(raw, 10, 12)))
    }
    results.push({ name: 'add_p50_vs_raw_update', value: Math.max(...inTurn), unit: 'x', aim: 1.15, better: 'less' })

    const atOnce = addsToOne(small.ours, 64, 'at once')
    await ratio('add64_one_session_vs_sequential', atOnce, addsToOne(small.raw, 64, 'in turn'), 10)
    await ratio('add64_sessions_vs_raw', addsToMany(small.ours, 64, 4), addsToMany(small.raw, 64, 4), 0.8)
  } finally {
    await memory.close()
    await raw.terminate()
  }
}

async function coldStarts(): Promise<void> {
  const [ours, client] = [coldStart('first-add.mjs', PROJECT), coldStart('first-set.mjs', PROJECT)]
  await timesLonger('cold_start_ms_vs_client', ours, client, 1.2)
}

/** How many times faster ours is. */
async function ratio(name: string, ours: Round, theirs: Round, aim?: number): Promise<void> {
  const { ratio, oursMs, theirsMs } = await warmAndCompare(ours, theirs)
  results.push({ name, value: ratio, unit: 'x', ...(aim !== undefined && { aim }) })
  results.push(
    { name: `${name}.ours`, value: oursMs, unit: 'ms' },
    { name: `${name}.theirs`, value: theirsMs, unit: 'ms' },
  )
}

/** How many times longer ours takes. */
async function timesLonger(name: string, ours: Round, theirs: Round, aim?: number): Promise<number> {
  const { ratio, oursMs, theirsMs } = await warmAndCompare(ours, theirs)
  results.push({ name, value: 1 / ratio, unit: 'x', better: 'less', ...(aim !== undefined && { aim }) })
  results.push(
    { name: `${name}.ours`, value: oursMs, unit: 'ms' },
    { name: `${name}.theirs`, value: theirsMs, unit: 'ms' },
  )
  return 1 / ratio
}

async function warmAndCompare(ours: Round, theirs: Round): Promise<Comparison> {
  for (const endsAt = performance.now() + WARM_UP_MS; performance.now() < endsAt; ) {
    await ours()
    await theirs()
  }
  return compare(ours, theirs, ROUNDS)
}

try {
  await operations()
  await times()
  await coldStarts()
} finally {
  await emulator.stop()
}
report('firestore', results, options)
