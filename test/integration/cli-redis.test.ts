import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { freePort } from '../../emulators/free-port.ts'
import { type RedisServer, startRedis } from '../../emulators/redis.ts'
import { sendCommand } from '../../emulators/resp.ts'
import { TieredStorageManager } from '../../src/index.ts'
import { ROOT } from '../package/repository.ts'
import { TempFolder } from '../support/temp-folder.ts'

const SESSION = { userId: 'ada', sessionId: 'oslo' }
const ADA = ['--user', 'ada', '--session', 'oslo'] as const

let redis: RedisServer
let folder: TempFolder

beforeAll(async () => {
  redis = await startRedis({ args: ['--maxmemory', '64mb', '--maxmemory-policy', 'allkeys-lru'] })
})

afterAll(() => redis?.stop())

beforeEach(async () => {
  folder = new TempFolder()
  await sendCommand(redis, ['FLUSHALL'])
})

afterEach(() => {
  folder[Symbol.dispose]()
})

/** Runs the built command line where only these settings are. */
function thermocline(env: NodeJS.ProcessEnv, ...args: readonly string[]): SpawnSyncReturns<string> {
  const others = Object.entries(process.env).filter(([name]) => !/^(THERMOCLINE_|NO_COLOR|FORCE_COLOR)/.test(name))
  return spawnSync(process.execPath, [`${ROOT}dist/cli/main.js`, ...args], {
    ...{ encoding: 'utf8', cwd: folder.path, env: { ...Object.fromEntries(others), ...env } },
  })
}

function atRedis(): NodeJS.ProcessEnv {
  return { THERMOCLINE_REDIS_HOST: redis.host, THERMOCLINE_REDIS_PORT: String(redis.port) }
}

describe('the command line beside a program, with one file and one Redis', () => {
  it('tells the program of what it adds and erases', async () => {
    const path = folder.file('thermocline.db')
    await using memory = new TieredStorageManager({ path, redisHost: redis.host, redisPort: redis.port })
    const contents = async (): Promise<string[]> =>
      (await memory.getConversationHistory({ ...SESSION, read: 'strong' })).map(({ content }) => content)
    await memory.addMemoryItem({ ...SESSION, contentType: 'note', content: 'one' })
    expect(await contents()).toEqual(['one'])
    // Answered by Redis from now on, not by the file.
    expect(await contents()).toEqual(['one'])
    expect(memory.getStats().hot.shared?.hits).toBeGreaterThan(0)

    expect(thermocline(atRedis(), 'add', ...ADA, 'two')).toMatchObject({ status: 0, stderr: '' })
    expect(await contents()).toEqual(['one', 'two'])
    expect(thermocline(atRedis(), 'erase', ...ADA, '--yes')).toMatchObject({ status: 0, stderr: '' })
    expect(await contents()).toEqual([])
  })

  it('counts what Redis holds', async () => {
    const path = folder.file('thermocline.db')
    {
      await using memory = new TieredStorageManager({ path, redisHost: redis.host, redisPort: redis.port })
      await memory.addMemoryItem({ ...SESSION, contentType: 'note', content: 'one' })
      await memory.getConversationHistory(SESSION)
    }
    expect(thermocline(atRedis(), 'stats').stdout).toMatch(
      /^Redis: copies of 1 session; [\d.]+ MB used in all, of [\d.]+ MB, allkeys-lru$/m,
    )
    const { redis: facts } = JSON.parse(thermocline(atRedis(), 'stats', '--json').stdout)
    expect(facts).toMatchObject({ isReachable: true, sessions: 1, maxBytes: 64 * 1024 * 1024, policy: 'allkeys-lru' })
    expect(thermocline({}, 'stats').stdout).not.toContain('Redis')
  })
})

describe('the command line without its Redis', () => {
  it('does what was asked, and says who may not see it yet', async () => {
    const gone = ['--redis-port', String(await freePort())]
    const added = thermocline({}, 'add', ...ADA, 'one', ...gone)
    expect([added.status, added.stderr]).toEqual([0, expect.stringMatching(/Redis was not told .* for up to 600 s\n$/)])
    expect(thermocline({}, 'history', ...ADA, ...gone)).toMatchObject({
      ...{ status: 0, stderr: '', stdout: expect.stringMatching(/ one\n$/) },
    })
    expect(thermocline({}, 'stats', ...gone)).toMatchObject({
      ...{ status: 0, stdout: expect.stringMatching(/^Redis: Cannot connect to redis: .*ECONNREFUSED [\d.:]+$/m) },
    })
    const doctor = thermocline({}, 'doctor', ...gone)
    expect([doctor.status, doctor.stdout]).toEqual([1, expect.stringMatching(/problem +Redis +Cannot connect/)])
  })
})

describe('thermocline doctor', () => {
  it('finds a Redis that is set up well, says nothing beside it, and leaves nothing in it', async () => {
    expect(thermocline(atRedis(), 'add', ...ADA, 'one').status).toBe(0)
    await sendCommand(redis, ['FLUSHALL'])
    const { status, stdout, stderr } = thermocline(atRedis(), 'doctor')
    expect([status, stderr]).toEqual([0, ''])
    for (const name of ['Redis', 'Redis memory', 'Redis commands', 'Redis tracking'])
      expect(stdout).toMatch(new RegExp(`^ {2}ok +${name} {2}`, 'm'))
    expect(stdout).toContain(`${redis.host}:${redis.port}, version `)
    expect(await sendCommand(redis, ['DBSIZE'])).toBe(0)
  })

  it('warns of a server that never makes room, and once only', async () => {
    const server = await startRedis()
    try {
      const { stdout, stderr } = thermocline({}, 'doctor', '--redis-port', String(server.port))
      expect(stdout).toMatch(/^ {2}warning +Redis memory +.* no limit/m)
      expect(stderr).toBe('')
    } finally {
      await server.stop()
    }
  })

  it('gets in by a password of the environment, and shows it nowhere', async () => {
    const server = await startRedis({ password: 'open-sesame' })
    try {
      const env = { THERMOCLINE_REDIS_PORT: String(server.port) }
      expect(thermocline(env, 'doctor').stdout).toMatch(/^ {2}problem +Redis +.*NOAUTH/m)
      const { stdout } = thermocline({ ...env, THERMOCLINE_REDIS_PASSWORD: 'open-sesame' }, 'doctor')
      expect(stdout).toMatch(/^ {2}ok +Redis commands /m)
      expect(stdout).not.toContain('open-sesame')
      expect(thermocline({ ...env, THERMOCLINE_REDIS_PASSWORD: 'wrong' }, 'doctor').status).toBe(1)
    } finally {
      await server.stop()
    }
  })

  describe('with the rights of a user', () => {
    const documented = /ACL SETUSER thermocline on >PASSWORD (.*)$/m.exec(readFileSync(`${ROOT}docs/redis.md`, 'utf8'))
    const rules = documented![1]!.split(' ')

    async function doctorAs(rights: readonly string[]): Promise<SpawnSyncReturns<string>> {
      await sendCommand(redis, ['ACL', 'SETUSER', 'app', 'reset', 'on', '>secret', ...rights])
      writeFileSync(folder.file('thermocline.json'), JSON.stringify({ redis: { username: 'app' } }))
      return thermocline({ ...atRedis(), THERMOCLINE_REDIS_PASSWORD: 'secret' }, 'doctor')
    }

    it('finds that the rules of docs/redis.md are enough', async () => {
      const { status, stdout } = await doctorAs(rules)
      expect(stdout.match(/^ {2}\w+ +Redis\b.*/gm)?.map((line) => line.trim().split(' ')[0])).toEqual(
        Array(4).fill('ok'),
      )
      expect(status).toBe(0)
    })

    it.each([
      ['+getrange', 'a command within scripts, getrange'],
      ['+unlink', 'unlink'],
      ['+time', 'a command within scripts'],
    ])('finds that %s is missing', async (rule, found) => {
      const { status, stdout } = await doctorAs(rules.filter((other) => other !== rule))
      expect([status, stdout]).toEqual([1, expect.stringContaining(`this user may not use ${found}\n`)])
    })

    it.each(['&__redis__:invalidate', '+client|tracking'])(
      'finds that processes are told nothing without %s',
      async (rule) => {
        const { status, stdout } = await doctorAs(rules.filter((other) => other !== rule))
        expect([status, stdout]).toEqual([0, expect.stringMatching(/^ {2}warning +Redis tracking +it does not tell/m)])
      },
    )
  })
})
