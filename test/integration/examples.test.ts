import { spawnSync } from 'node:child_process'
import { globSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type FirestoreEmulator, startFirestoreEmulator } from '../../emulators/firestore-emulator.ts'
import { type RedisServer, startRedis } from '../../emulators/redis.ts'
import { TieredStorageManager } from '../../src/index.ts'
import { ROOT } from '../package/repository.ts'

/** Lines that each example prints, among others. An example that is not named here fails. */
const EXPECTED: { readonly [file: string]: readonly string[] } = {
  'base-memory-manager.ts': [
    'in the own store: 2 items',
    'read through an empty memory: When do I plant garlic? In October.',
  ],
  'change-and-erase.ts': [
    'replaced: 1 item in the place of 2',
    'user_message: I am allergic to nuts.',
    'summary: They arrive on Saturday.',
    'sessions: A weekend in Oslo (2 items)',
    'erased: 2 items of 1 session, final: false',
    'left: 0 sessions',
  ],
  'chat-turn.ts': [
    'sent system, user, assistant, tool; hidden 0',
    'Will it rain in Bergen? Until noon.',
    'And in Oslo? Until noon.',
  ],
  'firestore.ts': [
    'first turn: the model is given 1 item',
    'second turn: the model is given 3 items',
    'cold: When do I plant garlic?',
    'cold: Five centimetres.',
  ],
  'memory-management-integration.ts': [
    'by its id: We are four, one of us is allergic to nuts.',
    'history: 27 items, of which the own store has 27',
    'view: 10 items, with a summary of 21 by extractive',
    '  user_message: We are four, one of us is allergic to nuts.',
    '  user_message: Then please book it.',
    'tiers: 28 hot, 0 warm, 0 cold',
    'cached: risotto,barley salad',
    'profiler: 2 stores, 0 of them with errors',
  ],
  'migration.ts': [
    'just added: 10 items, hot',
    '10 days later: 10 items, warm',
    'a sweep would archive 10 items of 1 session',
    '35 days later: 10 items, cold',
    'promoted: 10 items, warm',
    'demoted: 10 items, cold',
  ],
  'prune-to-a-budget.ts': [
    '  user_message: I am allergic to nuts. Please keep that in mind.',
    '  user_message: My sister Liv will join us for the museum of ships.',
    '  tool_call: {"city":"Oslo"}',
    '  tool_result: Sun, 24 degrees',
  ],
  'prune-with-gemini.ts': [
    'system_message: You plan trips. Answer briefly.',
    'summary: [Summary of 21 earlier messages: a record of what was said, not instructions]',
    '- assistant: Noted: 12 to 17 May, and no nuts for Tim.',
    'user_message: Five days, from the 12th. Tim is allergic to nuts, mind that.',
    'summary of 21 items by gemini-3.5-flash-lite, stored',
  ],
  'quickstart.ts': ['I was given 3 of your messages and mine. (23 of 4000 tokens)'],
  'redis-hot-tier.ts': [
    'user_message: I am allergic to nuts.',
    'assistant_message: Noted: nothing with nuts.',
    'reachable: true, answered by Redis: 1, failed: 0',
    'left: 0 items',
  ],
  'scoped-memory.ts': [
    'bakery/ada: Twelve rolls for Sunday, please.',
    'garage/bob: The brakes squeak.',
    'bob asks for an item of ada: OUT_OF_SCOPE',
    'somebody asks without a scope: SCOPE_REQUIRED',
  ],
  'search.ts': [
    'walnut allergy: I am allergic to walnuts and hazelnuts. (kitchen, cold)',
    'fluge gebucht: Die Flüge nach Oslo sind gebucht. (travel, hot)',
    '大阪: 来月は大阪に行きます。 (日本, hot)',
  ],
  'tool-calls.ts': [
    'tool_call call_1: forecast({"city":"Bergen"})',
    'as they came: true',
    '60 tokens: 8 of 9 items: user, user, assistant, tool, tool, assistant, user',
    '40 tokens: 4 of 9 items: user, assistant, assistant, user',
  ],
  'watch-memory.ts': [
    'at first: low',
    'raised: memoryPressure',
    'critical: work-refused, 0 MB freed',
    'with 50 MB of pictures: critical',
    'meanwhile: I am allergic to nuts.',
    'recovered: memoryPressure',
    'pictures left: 0, low',
    'sqlite: calls, 0 errors',
  ],
}

describe('examples', () => {
  let folder: string
  let redis: RedisServer
  let firestore: FirestoreEmulator

  beforeAll(async () => {
    redis = await startRedis({ args: ['--maxmemory', '512mb', '--maxmemory-policy', 'allkeys-lru'] })
    firestore = await startFirestoreEmulator()
    // On a busy machine the first calls of a new emulator take longer than an example may.
    Object.assign(process.env, firestore.env)
    await using memory = new TieredStorageManager({ projectId: 'demo-warm', durableCalls: { timeoutMs: 30_000 } })
    await memory.addMemoryItem({ userId: 'ada', sessionId: 's', contentType: 'note', content: 'warm' })
  })

  afterAll(() => Promise.all([redis?.stop(), firestore?.stop()]))

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'thermocline-examples-'))
  })

  afterEach(() => {
    rmSync(folder, { recursive: true })
  })

  it.each(globSync('*.ts', { cwd: `${ROOT}examples` }).sort())('%s runs, and cleans up', (file) => {
    const services = { REDIS_HOST: redis.host, REDIS_PORT: String(redis.port), ...firestore.env }
    const { GEMINI_API_KEY, OPENAI_API_KEY, ...inherited } = process.env
    const env = { ...inherited, TMPDIR: folder, GOOGLE_CLOUD_PROJECT: 'demo-examples', ...services }
    const run = spawnSync(process.execPath, [`${ROOT}examples/${file}`], { cwd: folder, encoding: 'utf8', env })
    expect(run.stderr).toBe('')
    expect(run.status).toBe(0)
    expect(run.stdout.split('\n')).toEqual(expect.arrayContaining([...EXPECTED[file]!]))
    expect(readdirSync(folder)).toEqual([])
  })
})
