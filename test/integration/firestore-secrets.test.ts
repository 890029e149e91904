import { writeFileSync } from 'node:fs'
import { inspect } from 'node:util'
import { Firestore } from '@google-cloud/firestore'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { freePort, LOCAL_HOST } from '../../emulators/free-port.ts'
import { connectFirestore } from '../../src/clients/firestore.ts'
import { TieredStorageManager, type TieredStorageManagerOptions } from '../../src/index.ts'
import { CHAT, message } from '../support/items.ts'
import { TempFolder } from '../support/temp-folder.ts'

const CANARY = 'CANARYisTheCanaryOfThisTestCANARY'
const PEM = `-----BEGIN PRIVATE KEY-----\n${CANARY}\n-----END PRIVATE KEY-----\n`
const BAD_CREDENTIALS: readonly object[] = [
  { client_email: 'a@b.test', private_key: CANARY },
  { client_email: 'a@b.test', private_key: PEM },
  { private_key: CANARY },
  { client_email: 'a@b.test', private_key: [CANARY] },
]
const BAD_KEY_FILES: readonly string[] = [
  CANARY,
  `{"private_key":${CANARY}}`,
  JSON.stringify({ type: 'service_account', private_key: CANARY }),
  JSON.stringify({ type: 'service_account', client_email: 'a@b.test', private_key: PEM }),
  JSON.stringify({ type: CANARY, private_key: CANARY }),
]

afterEach(() => vi.unstubAllEnvs())

/** All that anybody may write of an error into a log. */
function allOf(error: unknown): string {
  const parts: unknown[] = [inspect(error, { depth: 10, showHidden: true, getters: true }), JSON.stringify(error)]
  for (let each = error; each instanceof Error; each = each.cause) parts.push(each.message, each.stack, String(each))
  return parts.join('\n')
}

/** Each error that calls of a manager end with, as text. */
async function errorsOf(options: TieredStorageManagerOptions): Promise<readonly string[]> {
  const memory = new TieredStorageManager({
    tierMigrationInterval: 0,
    durableCalls: { timeoutMs: 1_000 },
    ...options,
  })
  const calls = [
    () => memory.initialize(),
    () => memory.addMemoryItem(message('one')),
    () => memory.getConversationHistory(CHAT),
    () => memory.listSessions({ userId: CHAT.userId }),
    () => memory.runMigration({ all: true }),
    () => memory.close(),
  ]
  const errors: string[] = []
  for (const call of calls) await call().catch((error: unknown) => errors.push(allOf(error)))
  return errors
}

async function expectNoSecrets(options: TieredStorageManagerOptions): Promise<void> {
  const errors = await errorsOf(options)
  expect(errors.length).toBeGreaterThan(0)
  for (const text of errors) {
    expect(text).toContain('Cannot ')
    expect(text).not.toContain('CANARY')
  }
}

describe('no error shows a key', () => {
  it.each(BAD_CREDENTIALS)('that was given and is none: %#', async (credentials) => {
    vi.stubEnv('FIRESTORE_EMULATOR_HOST', '')
    vi.stubEnv('METADATA_SERVER_DETECTION', 'none')
    await expectNoSecrets({ projectId: 'some-project', firestore: { credentials } })
  })

  it.each(BAD_KEY_FILES)('that is in a file: %#', async (text) => {
    vi.stubEnv('FIRESTORE_EMULATOR_HOST', '')
    vi.stubEnv('METADATA_SERVER_DETECTION', 'none')
    using folder = new TempFolder()
    const keyFilename = folder.file('key.json')
    writeFileSync(keyFilename, text)
    await expectNoSecrets({ projectId: 'some-project', firestore: { keyFilename } })
  })

  it('where nobody listens', async () => {
    vi.stubEnv('FIRESTORE_EMULATOR_HOST', `${LOCAL_HOST}:${await freePort()}`)
    await expectNoSecrets({ projectId: 'some-project', firestore: { credentials: BAD_CREDENTIALS[0]! } })
  })

  it('of a client that was given', async () => {
    const host = `${LOCAL_HOST}:${await freePort()}`
    const client = new Firestore({ projectId: 'p', credentials: { private_key: CANARY }, host, ssl: false })
    onTestFinished(() => client.terminate())
    await expectNoSecrets({ firestore: { client } })
    const failing = () => {
      throw new Error(CANARY, { cause: { private_key: CANARY } })
    }
    await expectNoSecrets({ firestore: { client: failing } })
  })

  it('in options that are refused', async () => {
    const refused: readonly object[] = [
      { projectId: CANARY },
      { databaseId: CANARY },
      { credentials: CANARY },
      { keyFilename: { key: CANARY } },
      { projectID: 'p', credentials: { private_key: CANARY } },
      { client: { private_key: CANARY } },
      { client: CANARY },
      { client: () => ({ private_key: CANARY }) },
      { client: () => undefined, credentials: { private_key: CANARY } },
    ]
    for (const options of refused) {
      const error = await connectFirestore(options).catch((error: unknown) => error)
      expect(error).toMatchObject({ code: 'INVALID_OPTION' })
      expect(allOf(error)).not.toContain('CANARY')
    }
  })
})
