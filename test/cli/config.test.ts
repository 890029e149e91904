import { writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SettingsError, UsageError } from '../../src/cli/command.ts'
import { nameSource, ownerOf, readSettings, type SettingFlags, type Settings } from '../../src/cli/config.ts'
import { TempFolder } from '../support/temp-folder.ts'

let folder: TempFolder

beforeEach(() => {
  folder = new TempFolder()
})

afterEach(() => {
  folder[Symbol.dispose]()
})

function read(flags: SettingFlags = {}, env: NodeJS.ProcessEnv = {}): Settings {
  return readSettings(flags, { env, cwd: folder.path })
}

function write(name: string, value: unknown): string {
  const path = folder.file(name)
  writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value))
  return path
}

function sourceOf(settings: Settings, name: string): string {
  return nameSource(settings.list.find((setting) => setting.name === name)!.source)
}

describe('readSettings()', () => {
  it('needs nothing: a file where one stands, of the default tenant', () => {
    const settings = read()
    expect(settings).toMatchObject({
      configFile: undefined,
      path: folder.file('thermocline.db'),
      tenantId: 'default',
      userId: undefined,
      options: { path: folder.file('thermocline.db') },
    })
    expect(new Set(settings.list.map(({ source }) => nameSource(source)))).toEqual(new Set(['default']))
  })

  it('takes flags before the environment before the config file, and says so', () => {
    const file = write('thermocline.json', { path: 'file.db', tenantId: 'file', userId: 'file', synchronous: 'normal' })
    const env = { THERMOCLINE_PATH: 'env.db', THERMOCLINE_TENANT_ID: 'env' }
    const settings = read({ path: 'flag.db' }, env)
    expect(settings).toMatchObject({ path: folder.file('flag.db'), tenantId: 'env', userId: 'file', configFile: file })
    expect(settings.options).toEqual({ path: folder.file('flag.db'), synchronous: 'normal' })
    expect(['path', 'tenantId', 'userId', 'tailMaxItems'].map((name) => sourceOf(settings, name))).toEqual([
      'flag --path',
      'THERMOCLINE_TENANT_ID',
      file,
      'default',
    ])
  })

  it('hands options of the tiers to the manager, and keeps its own', () => {
    write('thermocline.json', {
      hotTierMaxAgeDays: 3,
      inProcess: { maxBytes: 1000 },
      context: { maxContextTokens: 9 },
      userId: 'ada',
    })
    const { options } = read()
    expect(options).toEqual({
      path: folder.file('thermocline.db'),
      hotTierMaxAgeDays: 3,
      inProcess: { maxBytes: 1000 },
    })
  })

  it('takes a path in a config file from that file, and one that was typed from where it was typed', () => {
    const config = write('elsewhere.json', { path: 'data/chat.db' })
    expect(readSettings({ config }, { env: {}, cwd: '/' }).path).toBe(folder.file('data/chat.db'))
    expect(readSettings({ config, path: 'typed.db' }, { env: {}, cwd: '/' }).path).toBe('/typed.db')
  })

  it.each([
    ['by a flag', { config: 'mine.json' }, {}],
    ['by the environment', {}, { THERMOCLINE_CONFIG: 'mine.json' }],
  ])('takes another config file %s, and refuses one that is not there', (_, flags, env) => {
    expect(() => read(flags, env)).toThrow(SettingsError)
    expect(() => read(flags, env)).toThrow(`Cannot read ${folder.file('mine.json')}: ENOENT`)
    write('mine.json', { userId: 'ada' })
    write('thermocline.json', { userId: 'bob' })
    expect(read(flags, env).userId).toBe('ada')
  })

  it('takes an empty variable for none', () => {
    expect(read({}, { THERMOCLINE_PATH: '', THERMOCLINE_CONFIG: '' }).path).toBe(folder.file('thermocline.db'))
  })

  it.each([
    ['{', 'JSON'],
    ['[]', 'expected a JSON object'],
    [{ hotTierMaxAgeDay: 3 }, 'there is no setting "hotTierMaxAgeDay": did you mean hotTierMaxAgeDays?'],
    [{ stores: {} }, 'there is no setting "stores": expected one of path, synchronous, tenantId,'],
    ['{"__proto__":{"path":"x"}}', 'there is no setting "__proto__"'],
    [{ userId: 7 }, 'userId: expected text'],
    [{ hotTierMaxAgeDays: -1 }, 'Cannot use option hotTierMaxAgeDays: expected a number from 0 to 36500: received -1'],
    [{ hotTierMaxAgeDays: 40 }, 'expected at least hotTierMaxAgeDays (40)'],
    [{ inProcess: { maxByte: 1 } }, 'did you mean maxBytes?'],
    [{ context: { maxContextTokens: 0 } }, 'maxContextTokens'],
    [{ retentionDaysByTenant: { '': 3 } }, 'tenant'],
    [{ synchronous: 'off' }, 'Cannot use option synchronous'],
    [{ path: ':memory:' }, '":memory:" keeps nothing'],
  ])('refuses %j, and names the file', (content, message) => {
    const file = write('thermocline.json', content)
    expect(() => read()).toThrow(SettingsError)
    expect(() => read()).toThrow(message)
    expect(() => read()).toThrow(file)
  })

  it('names the variable that a wrong value came from', () => {
    const env = { THERMOCLINE_SYNCHRONOUS: 'always' }
    expect(() => read({}, env)).toThrow(/expected "full" or "normal".* \(THERMOCLINE_SYNCHRONOUS\)$/)
  })
})

describe('settings of Redis', () => {
  it('come from flags, the environment and the config file, with the port as a number', () => {
    write('thermocline.json', { redisHost: 'by-file', redis: { keyPrefix: 'mine', db: 2 } })
    const settings = read(
      { 'redis-port': '7000' },
      { THERMOCLINE_REDIS_HOST: 'by-env', THERMOCLINE_REDIS_PORT: '7001' },
    )
    expect(settings.options).toMatchObject({
      redisHost: 'by-env',
      redisPort: 7000,
      redis: { keyPrefix: 'mine', db: 2 },
    })
    expect([sourceOf(settings, 'redisHost'), sourceOf(settings, 'redisPort')]).toEqual([
      'THERMOCLINE_REDIS_HOST',
      'flag --redis-port',
    ])
  })

  it('are none where nobody named a Redis, whatever other programs are told', () => {
    const { options } = read({}, { REDIS_HOST: 'of-somebody', REDIS_PORT: '1', THERMOCLINE_REDIS_PASSWORD: 'sesame' })
    expect(Object.keys(options)).toEqual(['path'])
  })

  it('take passwords from the environment, and show none', () => {
    write('thermocline.json', {
      redis: { sentinel: { name: 'main', sentinels: [{ host: 'a', port: 1 }] }, tls: { key: 'private' } },
    })
    const env = { THERMOCLINE_REDIS_PASSWORD: 'sesame', THERMOCLINE_REDIS_SENTINEL_PASSWORD: 'open' }
    const { options, list } = read({}, env)
    expect(options.redis).toMatchObject({ password: 'sesame', sentinel: { password: 'open', name: 'main' } })
    expect(JSON.stringify(list)).not.toMatch(/sesame|open|private/)
  })

  it.each([
    [{ redis: { password: 'x' } }, 'redis.password: expected in the environment, as THERMOCLINE_REDIS_PASSWORD'],
    [{ redis: { sentinel: { password: 'x' } } }, 'as THERMOCLINE_REDIS_SENTINEL_PASSWORD'],
    [{ redis: 'redis://host' }, 'redis: expected an object: received "redis://host"'],
    [{ redis: null }, 'redis: expected an object: received null'],
    [{ redisHost: 'redis://host' }, 'redisHost: expected a host name'],
    [{ redis: { keyPrefix: '{a}' } }, 'keyPrefix'],
    [{ redis: { redisHots: 'a' } }, 'did you mean redisHost?'],
  ])('refuses %j, and names the file', (content, message) => {
    const file = write('thermocline.json', content)
    expect(() => read()).toThrow(SettingsError)
    expect(() => read()).toThrow(message)
    expect(() => read()).toThrow(file)
  })

  it('refuses a port that is none, and names the flag', () => {
    expect(() => read({ 'redis-port': '7x' })).toThrow(/redisPort: .* \(flag --redis-port\)$/)
  })
})

describe('settings of Firestore', () => {
  it('take the place of the file that nobody asked for', () => {
    const settings = read({ project: 'acme-prod' })
    expect(settings.path).toBeUndefined()
    expect(settings.options).toEqual({ projectId: 'acme-prod' })
    expect(sourceOf(settings, 'projectId')).toBe('flag --project')
    expect(settings.list.find(({ name }) => name === 'path')?.value).toBeUndefined()
  })

  it('come from flags, the environment and the config file, part by part', () => {
    const file = write('thermocline.json', {
      projectId: 'by-file',
      firestore: { databaseId: 'by-file', collectionPrefix: 'by-file', keyFilename: 'keys/app.json' },
    })
    const settings = read({ database: 'by-flag' }, { THERMOCLINE_COLLECTION_PREFIX: 'by-env' })
    expect(settings.options).toEqual({
      projectId: 'by-file',
      firestore: { databaseId: 'by-flag', collectionPrefix: 'by-env', keyFilename: folder.file('keys/app.json') },
    })
    expect(
      ['projectId', 'firestore.databaseId', 'firestore.collectionPrefix'].map((n) => sourceOf(settings, n)),
    ).toEqual([file, 'flag --database', 'THERMOCLINE_COLLECTION_PREFIX'])
  })

  it('may leave the project to the environment, if a part of them is given', () => {
    expect(read({}, { THERMOCLINE_DATABASE_ID: 'chats' }).options).toEqual({ firestore: { databaseId: 'chats' } })
    write('thermocline.json', { firestore: {} })
    expect(read()).toMatchObject({ path: undefined, options: { firestore: {} } })
  })

  it('are none where nobody named one, whatever other programs are told', () => {
    const env = { GOOGLE_CLOUD_PROJECT: 'acme', GCLOUD_PROJECT: 'acme', FIRESTORE_EMULATOR_HOST: '127.0.0.1:1' }
    expect(read({}, env).options).toEqual({ path: folder.file('thermocline.db') })
  })

  it.each([
    [
      { firestore: { credentials: { private_key: 'sesame' } } },
      'firestore.credentials: expected the path of a key file',
    ],
    [{ firestore: { client: {} } }, 'firestore.client: expected in programs only'],
    [{ firestore: 'acme' }, 'firestore: expected an object: received "acme"'],
    [{ firestore: { databaseID: 'chats' } }, 'did you mean databaseId?'],
    [{ firestore: { collectionPrefix: 'a/b' } }, 'collectionPrefix'],
    [{ projectId: 'Acme Prod' }, 'projectId: expected the id of a Google Cloud project'],
    [{ 'firestore.databaseId': 'chats' }, 'there is no setting "firestore.databaseId"'],
  ])('refuses %j, and names the file', (content, message) => {
    const file = write('thermocline.json', content)
    expect(() => read()).toThrow(SettingsError)
    expect(() => read()).toThrow(message)
    expect(() => read()).toThrow(file)
    expect(() => read()).not.toThrow('sesame')
  })

  it('refuses a file beside them, and names where it was asked for', () => {
    const message = 'option path has no meaning beside projectId and firestore'
    expect(() => read({ project: 'acme', path: 'chat.db' })).toThrow(`${message}: expected one of them (flag --path)`)
    const file = write('thermocline.json', { path: 'chat.db' })
    expect(() => read({ project: 'acme' })).toThrow(`${message}: expected one of them (${file})`)
  })
})

describe('ownerOf()', () => {
  it('gives the user, or says where to name one', () => {
    expect(ownerOf(read({ user: 'ada', tenant: 'acme' }))).toEqual({ tenantId: 'acme', userId: 'ada' })
    expect(() => ownerOf(read())).toThrow(UsageError)
    expect(() => ownerOf(read())).toThrow('expected --user USER, or THERMOCLINE_USER_ID, or userId in the config file')
  })
})
