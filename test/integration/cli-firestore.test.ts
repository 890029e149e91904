import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { FirestoreEmulator } from '../../emulators/firestore-emulator.ts'
import { freePort } from '../../emulators/free-port.ts'
import { TieredStorageManager } from '../../src/index.ts'
import { ROOT } from '../package/repository.ts'
import { freshPrefix, startFirestoreForTests } from '../support/firestore.ts'
import { TempFolder } from '../support/temp-folder.ts'

const SESSION = { userId: 'ada', sessionId: 'oslo' }
const ADA = ['--user', 'ada', '--session', 'oslo'] as const

let emulator: FirestoreEmulator
let folder: TempFolder
let prefix: string

beforeAll(async () => {
  emulator = await startFirestoreForTests()
  // On a busy machine the first calls of a new emulator take longer than what is tried here may.
  await using memory = new TieredStorageManager({ projectId: 'demo-warm', durableCalls: { timeoutMs: 30_000 } })
  await memory.addMemoryItem({ ...SESSION, contentType: 'note', content: 'warm' })
  await memory.listSessions({ userId: SESSION.userId })
})

afterAll(() => emulator?.stop())

beforeEach(() => {
  folder = new TempFolder()
  prefix = freshPrefix()
})

afterEach(() => {
  folder[Symbol.dispose]()
})

/** Runs the built command line where only these settings are. */
function thermoclineWith(env: NodeJS.ProcessEnv, ...args: readonly string[]): SpawnSyncReturns<string> {
  const ours = /^(THERMOCLINE_|GOOGLE_|GCLOUD_|FIRESTORE_|NO_COLOR|FORCE_COLOR)/
  const others = Object.entries(process.env).filter(([name]) => !ours.test(name))
  return spawnSync(process.execPath, [`${ROOT}dist/cli/main.js`, ...args], {
    ...{ encoding: 'utf8', cwd: folder.path, env: { ...Object.fromEntries(others), ...env } },
  })
}

/** The same on the Firestore of this test. */
function thermocline(command: string, ...args: readonly string[]): SpawnSyncReturns<string> {
  return thermoclineWith(emulator.env, command, '--project', 'demo-cli', '--collection-prefix', prefix, ...args)
}

function printed({ status, stdout, stderr }: SpawnSyncReturns<string>): string {
  expect([status, stderr]).toEqual([0, ''])
  return stdout
}

function manager(): TieredStorageManager {
  return new TieredStorageManager({ projectId: 'demo-cli', firestore: { collectionPrefix: prefix } })
}

describe('the command line on Firestore', () => {
  it('adds, reads, finds, counts, sweeps and erases, and makes no file', async () => {
    const id = printed(thermocline('add', ...ADA, 'I am allergic to nuts.')).trim()
    expect(printed(thermocline('get', id))).toContain('I am allergic to nuts.')
    expect(printed(thermocline('history', ...ADA))).toMatch(/user_message +I am allergic to nuts\.\n$/)
    expect(printed(thermocline('sessions', '--user', 'ada'))).toContain('oslo')
    expect(printed(thermocline('search', '--user', 'ada', 'nuts'))).toContain('allergic')
    expect(printed(thermocline('sweep'))).toContain('nothing was due to be moved')
    expect(printed(thermocline('sweep', '--compact', '--all', '--quiet'))).toContain('1 session looked at')
    expect(printed(thermocline('stats'))).toMatch(/^hot +1 +\d+ B +\d+ B$/m)
    expect(printed(thermocline('erase', '--user', 'ada', '--yes'))).toMatch(/receipt/i)
    expect(thermocline('history', ...ADA).status).toBe(3)
    expect(existsSync(folder.file('thermocline.db'))).toBe(false)
  })

  it('is one memory with that of a program', async () => {
    await using memory = manager()
    await memory.addMemoryItem({ ...SESSION, contentType: 'note', content: 'one' })
    expect(printed(thermocline('add', ...ADA, 'two'))).not.toBe('')
    const history = await memory.getConversationHistory({ ...SESSION, read: 'strong' })
    expect(history.map(({ content }) => content)).toEqual(['one', 'two'])
  })

  it('takes a memory out of a file and puts it in, and the other way round', () => {
    writeFileSync(
      folder.file('chats.jsonl'),
      '{"role":"user","content":"hello"}\n{"role":"assistant","content":"hi"}\n',
    )
    const file = ['--path', folder.file('chat.db')] as const
    printed(thermoclineWith({}, 'import', 'chats.jsonl', ...ADA, ...file))
    printed(thermoclineWith({}, 'export', '--output', 'all.jsonl', ...file))
    expect(printed(thermocline('import', 'all.jsonl'))).toContain('2 items')
    printed(thermocline('export', '--output', 'back.jsonl'))
    printed(thermoclineWith({}, 'import', 'back.jsonl', '--path', folder.file('back.db')))
    const read = printed(thermoclineWith({}, 'history', ...ADA, '--path', folder.file('back.db')))
    expect(read).toMatch(/hello\n.* hi\n$/)
  })

  it('says with stats which Firestore it is', () => {
    const place = { projectId: 'demo-cli', databaseId: '(default)', collectionPrefix: prefix }
    expect(JSON.parse(printed(thermocline('stats', '--json')))).toMatchObject({
      firestore: { ...place, emulator: emulator.env.FIRESTORE_EMULATOR_HOST },
      sessions: 0,
    })
  })

  it('takes its settings from the config file, and a named database', () => {
    const firestore = { databaseId: 'chats', collectionPrefix: prefix }
    writeFileSync(folder.file('thermocline.json'), JSON.stringify({ projectId: 'demo-cli', userId: 'ada', firestore }))
    printed(thermoclineWith(emulator.env, 'add', '--session', 'oslo', 'in a database of its own'))
    expect(printed(thermoclineWith(emulator.env, 'history', '--session', 'oslo'))).toContain('of its own')
    expect(thermocline('history', ...ADA, '--database', '(default)').status).toBe(3)
  })
})

describe('thermocline doctor', () => {
  it('finds a Firestore that works, and leaves nothing in it', async () => {
    const stdout = printed(thermocline('doctor'))
    for (const name of ['Firestore', 'Firestore package', 'Firestore read', 'Firestore indexes'])
      expect(stdout).toMatch(new RegExp(`^ {2}ok +${name} {2}`, 'm'))
    expect(stdout).toContain(`on the emulator at ${emulator.env.FIRESTORE_EMULATOR_HOST}`)
    expect(stdout).not.toMatch(/^ {2}\w+ +(file|disk|folder) {2}/m)
    await using memory = manager()
    expect(await memory.getTierCounts()).toMatchObject({ sessions: 0 })
  })

  it('says where nobody answers, and asks for the emulator', async () => {
    const host = `127.0.0.1:${await freePort()}`
    const gone = thermoclineWith({ ...emulator.env, FIRESTORE_EMULATOR_HOST: host }, 'doctor', '--project', 'demo-cli')
    expect([gone.status, gone.stdout]).toEqual([
      1,
      expect.stringMatching(/^ {2}problem +Firestore read +.*UNAVAILABLE/m),
    ])
    expect(gone.stdout).toContain(`→ is the emulator running at ${host}?`)
  })

  it('says that no project was found', () => {
    const lost = thermoclineWith(
      { METADATA_SERVER_DETECTION: 'none', HOME: folder.path },
      'doctor',
      '--database',
      'chats',
    )
    expect([lost.status, lost.stdout]).toEqual([1, expect.stringContaining('→ name it: --project PROJECT')])
  })

  it('says that nobody is logged in, and shows no key', () => {
    const env = { METADATA_SERVER_DETECTION: 'none', HOME: folder.path }
    const stranger = thermoclineWith(env, 'doctor', '--project', 'acme-prod')
    expect([stranger.status, stranger.stdout]).toEqual([
      1,
      expect.stringContaining('gcloud auth application-default login'),
    ])
    expect(stranger.stderr).toMatch(/^thermocline doctor: found 1 problem\n$/)

    const key = { type: 'service_account', client_email: 'a@b.example', private_key: 'sesame' }
    writeFileSync(folder.file('key.json'), JSON.stringify(key))
    const firestore = { keyFilename: 'key.json' }
    writeFileSync(folder.file('thermocline.json'), JSON.stringify({ projectId: 'acme-prod', firestore }))
    const wrong = thermoclineWith(env, 'doctor')
    expect(wrong.status).toBe(1)
    expect(wrong.stdout + wrong.stderr).not.toContain('sesame')
  })
})
