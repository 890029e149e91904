import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readSettings } from '../../src/cli/config.ts'
import type { Check } from '../../src/cli/doctor/check.ts'
import { checkFree, checkWal, fileChecks } from '../../src/cli/doctor/file-checks.ts'
import { adviceFor } from '../../src/cli/doctor/firestore-checks.ts'
import { checkHeap, checkPackage, checkSqlite, checkVariables } from '../../src/cli/doctor/machine-checks.ts'
import { checkMemory, checkVersion, redisChecks } from '../../src/cli/doctor/redis-checks.ts'
import { openThermocline, ThermoclineError } from '../../src/index.ts'
import { TempFolder } from '../support/temp-folder.ts'

let folder: TempFolder

beforeEach(() => {
  folder = new TempFolder()
})

afterEach(() => {
  folder[Symbol.dispose]()
})

async function look(path = folder.file('chat.db')): Promise<Record<string, Check>> {
  const checks = await fileChecks(readSettings({ path }, { env: {}, cwd: folder.path }), path)
  return Object.fromEntries(checks.map((check) => [check.name, check]))
}

async function makeMemory(): Promise<string> {
  const path = folder.file('chat.db')
  const { memory, close } = await openThermocline({ path })
  await memory.addMemoryItem({ userId: 'ada', sessionId: 's', contentType: 'note', content: 'hello' })
  await close()
  return path
}

describe('the doctor on a file', () => {
  it('finds nothing wrong with a memory, and leaves it as it is', async () => {
    const path = await makeMemory()
    const before = readFileSync(path)
    const checks = await look()
    expect(Object.values(checks).filter(({ status }) => status !== 'ok')).toEqual([])
    expect(Object.keys(checks)).toEqual(['file', 'file mode', 'log', 'contents', 'folder', 'disk'])
    expect(readFileSync(path).equals(before)).toBe(true)
    expect(readdirSync(folder.path)).toEqual(['chat.db'])
  })

  it('makes no file and no folder where there is none', async () => {
    const path = folder.file('not/yet/chat.db')
    expect((await look(path)).file).toMatchObject({ status: 'warning', message: `there is none at ${path} yet` })
    expect(existsSync(folder.file('not'))).toBe(false)
  })

  it('warns where others may read it, and says what to do', async () => {
    const path = await makeMemory()
    chmodSync(path, 0o644)
    expect((await look())['file mode']).toMatchObject({ status: 'warning', advice: `chmod 600 ${path}` })
    expect(statSync(path).mode & 0o777).toBe(0o644)
  })

  it.each([
    ['is no database', 'this is no database', 'problem', 'not a SQLite database'],
    ['is empty', '', 'warning', 'the file is empty'],
  ])('tells of a file that %s', async (_, content, status, message) => {
    writeFileSync(folder.file('chat.db'), content)
    expect((await look()).contents).toMatchObject({ status, message: expect.stringContaining(message) })
    expect(readFileSync(folder.file('chat.db'), 'utf8')).toBe(content)
  })

  it('tells of a folder in place of the file', async () => {
    mkdirSync(folder.file('chat.db'))
    expect((await look()).file).toMatchObject({ status: 'problem', message: expect.stringContaining('is not a file') })
  })

  it('judges the room on the disk and the log', () => {
    expect([4e9, 4e8, 4e6].map((bytes) => checkFree(bytes).status)).toEqual(['ok', 'warning', 'problem'])
    expect([0, 16e6, 400e6].map((walBytes) => checkWal({ walBytes }).status)).toEqual(['ok', 'ok', 'warning'])
  })
})

describe('the doctor on the machine', () => {
  it.each([
    ['3.50.4', 'warning'],
    ['3.51.2', 'warning'],
    ['3.51.3', 'ok'],
    ['3.52.0', 'ok'],
    ['4.0.0', 'ok'],
  ])('judges SQLite %s: %s', (version, status) => {
    expect(checkSqlite(version).status).toBe(status)
  })

  it('warns of a heap that may outgrow what the process may take', () => {
    expect(checkHeap(2e9, 8e9).status).toBe('ok')
    expect(checkHeap(4e9, 512 * 1024 * 1024)).toMatchObject({
      status: 'warning',
      advice: expect.stringContaining('--max-old-space-size=256'),
    })
  })

  it('warns of a package only where it is missed', () => {
    expect(checkPackage('gpt-tokenizer', '4.0.0', 'exact token counts need it').status).toBe('ok')
    expect(checkPackage('gpt-tokenizer', undefined, 'exact token counts need it').status).toBe('warning')
    expect(checkPackage('lz4-napi', undefined).status).toBe('ok')
  })

  it('finds misspelt variables', () => {
    const checks = checkVariables({ THERMOCLINE_PAHT: 'x', THERMOCLINE_PATH: 'y', PATH: 'z' }, ['THERMOCLINE_PATH'])
    expect(checks).toMatchObject([{ status: 'warning', advice: 'did you mean THERMOCLINE_PATH?' }])
  })
})

describe('the doctor on Redis', () => {
  it('has nothing to look at where none is set up', async () => {
    const checks = await redisChecks(readSettings({}, { env: {}, cwd: folder.path }))
    expect(checks).toMatchObject([{ name: 'Redis', status: 'ok', message: expect.stringMatching(/^none; /) }])
  })

  it('judges version and memory', () => {
    expect(['5.0.14', '6.0.0', '7.0.15', '10.1.0'].map((version) => checkVersion('a:1', version).status)).toEqual([
      'problem',
      ...['ok', 'ok', 'ok'],
    ])
    expect(checkMemory(1e6, 0, 'allkeys-lru')).toMatchObject({
      status: 'warning',
      message: expect.stringContaining('no limit'),
    })
    expect(checkMemory(1e6, 5e6, 'noeviction')).toMatchObject({
      status: 'warning',
      advice: expect.stringContaining('allkeys-lru'),
    })
    expect(checkMemory(1e6, 5e6, 'volatile-lru').status).toBe('ok')
  })
})

describe('the doctor on Firestore', () => {
  const place = { projectId: 'acme', databaseId: 'chats', collectionPrefix: 'thermocline', emulator: undefined }

  it.each([
    ['STORE_REFUSED', 5, "gcloud firestore databases create --project=acme --database='chats' --location=LOCATION"],
    ['STORE_REFUSED', 7, 'grant roles/datastore.user on project acme'],
    ['STORE_REFUSED', 9, 'deploy firestore.indexes.json'],
    ['STORE_REFUSED', 16, 'gcloud auth application-default login'],
    ['STORE_REFUSED', undefined, 'gcloud auth application-default login'],
    ['STORE_TIMEOUT', 4, 'is firestore.googleapis.com reachable'],
    ['STORE_UNAVAILABLE', 14, 'is firestore.googleapis.com reachable'],
    ['STORE_FAILED', 2, 'docs/errors.md explains STORE_FAILED'],
    ['PEER_MISSING', undefined, 'npm install @google-cloud/firestore@9'],
  ] as const)('has advice for %s with gRPC code %s', (code, grpcCode, advice) => {
    const error = new ThermoclineError(code, 'Cannot read', { details: grpcCode === undefined ? {} : { grpcCode } })
    expect(adviceFor(error, place)).toContain(advice)
  })

  it('thinks of the emulator where one is named', () => {
    const error = new ThermoclineError('STORE_UNAVAILABLE', 'Cannot read')
    expect(adviceFor(error, { ...place, emulator: '127.0.0.1:1' })).toContain('is the emulator running at 127.0.0.1:1?')
  })
})
