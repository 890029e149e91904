import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startFirestoreEmulator } from '../../emulators/firestore-emulator.ts'
import { freePort } from '../../emulators/free-port.ts'
import { startRedis } from '../../emulators/redis.ts'
import { sendCommand } from '../../emulators/resp.ts'
import { until } from '../../emulators/until.ts'
import { displayWidth } from '../../src/cli/text-layout.ts'
import { ROOT } from '../package/repository.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'thermocline-demo-test-'))
})

afterEach(() => {
  rmSync(folder, { recursive: true })
})

/** Runs the built command line, with a temporary folder of its own. */
function thermocline(...args: readonly string[]): SpawnSyncReturns<string> {
  return thermoclineWith({}, ...args)
}

function thermoclineWith(more: NodeJS.ProcessEnv, ...args: readonly string[]): SpawnSyncReturns<string> {
  const { NO_COLOR, FORCE_COLOR, ...env } = process.env
  return spawnSync(process.execPath, [`${ROOT}dist/cli/main.js`, ...args], {
    encoding: 'utf8',
    env: { ...env, TMPDIR: folder, REDIS_HOST: '', REDIS_PORT: '', FIRESTORE_EMULATOR_HOST: '', ...more },
  })
}

function widest(text: string): number {
  return Math.max(...text.split('\n').map(displayWidth))
}

describe('thermocline demo', () => {
  it('plays its own conversation through all tiers, within 80 columns', () => {
    const { stdout, stderr, status } = thermocline('demo')
    expect(stderr).toBe('')
    expect(status).toBe(0)

    expect(stdout).toMatch(/✓ \d+ hot, \d+ warm, \d+ cold: every item came back equal and in order/)
    expect(stdout).toMatch(/✓ \d+ cold: every item came back equal and in order/)
    for (const tier of ['hot', 'warm', 'cold']) expect(stdout).toMatch(new RegExp(`^ +${tier} +\\d+ +[\\d.]+ k?B`, 'm'))
    expect(stdout).toMatch(/swept: \d+ items to cold, [\d.]+ kB → [\d.]+ kB \([\d.]+x\) in/)
    expect(stdout).toMatch(/brought \d+ items back to warm/)
    expect(stdout).toMatch(/tool calls kept with all results, \d+ hidden with all; none torn/)
    expect(widest(stdout)).toBeLessThanOrEqual(80)
    expect(readdirSync(folder), 'leaves nothing behind').toEqual([])
  })

  it('shows what a question picks of what was said long ago, and a summary', () => {
    const { stdout } = thermocline('demo')
    expect(stdout).toContain('asked: What was beeping under the chart table?')
    expect(stdout).toMatch(/^ +user +Something is beeping/m)
    expect(stdout).toMatch(/✓ picked for the question: what was said [4-9]\d items ago/)
    expect(stdout).toMatch(/✓ a summary of \d+ items in \d+ tokens/)
  })

  it('keeps the context within the budget that it names', () => {
    const { stdout } = thermocline('demo')
    const [, after, budget] = /✓ ([\d,]+) of a budget of ([\d,]+) tokens, exact by o200k_base/.exec(stdout) ?? []
    const number = (text: string | undefined): number => Number(text?.replaceAll(',', ''))
    expect(number(after)).toBeGreaterThan(0)
    expect(number(after)).toBeLessThanOrEqual(number(budget))
  })

  it('takes a file of JSON lines', () => {
    const { stdout, stderr, status } = thermocline('demo', `${ROOT}test/fixtures/conversation.jsonl`)
    expect(stderr).toBe('')
    expect(status).toBe(0)
    expect(stdout).toContain('conversation.jsonl: 9 items in 2 sessions of 2 users,')
    expect(stdout).toContain('✓ 9 cold: every item came back equal and in order')
    expect(readdirSync(folder)).toEqual([])
  })

  it.each([
    ['Latin', 'u'.repeat(60), 's'.repeat(60)],
    ['CJK', '海'.repeat(60), '港'.repeat(60)],
  ])('stays within 80 columns with long ids, %s, and counts one token as one', (_, userId, sessionId) => {
    const path = join(folder, `${userId}.jsonl`)
    const item = { userId, sessionId, role: 'user', content: 'hello', createdAt: '2025-01-03T09:00:00Z' }
    writeFileSync(path, JSON.stringify(item))
    const { stdout, status } = thermocline('demo', path)
    expect(status).toBe(0)
    expect(widest(stdout)).toBeLessThanOrEqual(80)
    expect(stdout).toMatch(/…: read, and pruned for a model$/m)
    expect(stdout).toMatch(/…: 1 item in 1 session of 1 user,$/m)
    expect(stdout).toContain(' 1 token ')
    expect(stdout).not.toContain(' 1 tokens')
  })

  it('leaves nothing behind when it is interrupted', async () => {
    const env = { ...process.env, TMPDIR: folder }
    const child = spawn(process.execPath, [`${ROOT}dist/cli/main.js`, 'demo'], {
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    await once(child.stdout, 'data')
    child.kill('SIGINT')
    const [code] = await once(child, 'exit')
    expect(code).toBe(130)
    expect(readdirSync(folder)).toEqual([])
  })

  it('uses no colours where nobody looks', () => {
    expect(thermocline('demo').stdout).not.toContain('\u001b')
  })

  it.each([
    ['{"userId":"a"', 'line 2: it is not JSON'],
    [
      '{"userId":"a","sessionId":"s","role":"user","content":1,"createdAt":1}',
      'line 2: content: expected text: received 1',
    ],
    [
      '{"userId":"a\\u0000","sessionId":"s","role":"user","content":"","createdAt":9000}',
      'line 2: Cannot use userId: expected text without control characters (INVALID_ID)',
    ],
  ])('ends with 1, the line and the reason for %s', (line, message) => {
    const path = join(folder, 'bad.jsonl')
    writeFileSync(path, `{"userId":"a","sessionId":"s","role":"user","content":"fine","createdAt":8000}\n${line}\n`)
    const { stderr, status } = thermocline('demo', path)
    expect(status).toBe(1)
    expect(stderr.trim().split('\n')).toEqual([expect.stringContaining(`bad.jsonl, ${message}`)])
    expect(readdirSync(folder)).toEqual(['bad.jsonl'])
  })

  it('ends with 1 for a file that is not there', () => {
    const { stderr, status } = thermocline('demo', join(folder, 'none.jsonl'))
    expect([status, stderr]).toEqual([1, expect.stringContaining('there is no such file')])
  })

  it('looks for the file where `npm run demo` was typed, and names the path that it tried', () => {
    const env = { npm_lifecycle_event: 'demo', npm_package_name: 'thermocline', INIT_CWD: folder }
    const { stderr, status } = thermoclineWith(env, 'demo', 'none.jsonl')
    expect([status, stderr]).toEqual([1, expect.stringContaining(`Cannot read ${join(folder, 'none.jsonl')}: `)])
  })
})

describe('thermocline demo --hot redis', () => {
  it('shares a conversation between processes, kills Redis and goes on, within 80 columns', () => {
    const { stdout, stderr, status } = thermocline('demo', '--hot', 'redis')
    expect(stderr).toBe('')
    expect(status).toBe(0)
    for (const place of ['file', 'Redis', 'this process'])
      expect(stdout).toMatch(new RegExp(`^ +${place} +█+ +[\\d.]+ [mµ]?s$`, 'm'))
    expect(stdout).toMatch(/✓ \d+ reads, all equal and in order; [1-9]\d* of them answered by Redis/)
    expect(stdout).toContain('✓ it added, and this process has it: "Is there wind on Saturday?"')
    expect(stdout).toContain('✓ this process added, and the other has it: "Five knots, and sun."')
    expect(stdout).toMatch(/✓ 2 adds and 2 reads went on, from the file/)
    expect(stdout).toContain('✓ another process added, and this process has it')
    expect(stdout).toMatch(/✓ it answers again [\d.]+ m?s after its start/)
    expect(stdout).toMatch(/^ {2}│ killed +slowest call .*; Redis in use again after/m)
    expect(widest(stdout)).toBeLessThanOrEqual(80)
    expect(readdirSync(folder), 'leaves nothing behind').toEqual([])
  })

  it('takes the Redis that it is given, leaves it alive, and what it holds as it was', async () => {
    const redis = await startRedis({ password: 'open-sesame' })
    try {
      await sendCommand(redis, ['SET', 'theirs', '1'])
      const given = { REDIS_HOST: redis.host, REDIS_PORT: String(redis.port) }
      const { stdout, stderr, status } = thermoclineWith(
        { ...given, THERMOCLINE_REDIS_PASSWORD: 'open-sesame' },
        ...['demo', '--hot', 'redis', `${ROOT}test/fixtures/conversation.jsonl`],
      )
      expect([status, stderr]).toEqual([0, ''])
      expect(stdout).toContain('✓ this process added, and the other has it')
      expect(stdout).not.toContain('SIGKILL')
      expect(await sendCommand(redis, ['KEYS', '*'])).toEqual(['theirs'])
      expect(await sendCommand(redis, ['TTL', 'theirs'])).toBe(-1)
      expect(readdirSync(folder)).toEqual([])
    } finally {
      await redis.stop()
    }
  })

  it('says how to get a redis-server where there is none', () => {
    const { stderr, stdout, status } = thermoclineWith(
      { PATH: folder, THERMOCLINE_REDIS_SERVER: '' },
      ...['demo', '--hot', 'redis'],
    )
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/^thermocline demo: Cannot start redis-server: not found: install it with "apt-get install/)
    expect(stderr).toContain('REDIS_HOST and REDIS_PORT')
    expect(readdirSync(folder)).toEqual([])
  })

  it('ends with 1 where nobody listens at the address that it is given', async () => {
    const { stderr, status } = thermoclineWith({ REDIS_PORT: String(await freePort()) }, 'demo', '--hot', 'redis')
    expect([status, stderr]).toEqual([
      1,
      expect.stringMatching(/Cannot reach Redis at 127\.0\.0\.1:\d+: .*ECONNREFUSED/),
    ])
  })

  it.each(['SIGINT', 'SIGKILL'] as const)('takes its Redis along when it is ended by %s', async (signal) => {
    const env = { ...process.env, TMPDIR: folder, REDIS_HOST: '', REDIS_PORT: '' }
    const child = spawn(process.execPath, [`${ROOT}dist/cli/main.js`, 'demo', '--hot', 'redis'], {
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    await once(child.stdout, 'data')
    const [name] = readdirSync(folder)
    const config = readFileSync(join(folder, name!, 'redis.conf'), 'utf8')
    const port = Number(/^port (\d+)$/m.exec(config)?.[1])
    expect(await sendCommand({ host: '127.0.0.1', port }, ['PING'])).toMatchObject({
      message: expect.stringContaining('NOAUTH'),
    })
    child.kill(signal)
    await once(child, 'exit')
    await until('its Redis is gone', () =>
      sendCommand({ host: '127.0.0.1', port }, ['PING']).then(
        () => false,
        () => true,
      ),
    )
    if (signal === 'SIGINT') expect(readdirSync(folder)).toEqual([])
  })

  it('refuses another place', () => {
    expect(thermocline('demo', '--hot', 'memcached')).toMatchObject({
      ...{ status: 2, stderr: expect.stringContaining('--hot: expected redis: received "memcached"') },
    })
  })
})

describe('thermocline demo --durable firestore', { timeout: 120_000 }, () => {
  it('plays the conversation through all tiers in an emulator of its own, within 80 columns', () => {
    const { stdout, stderr, status } = thermocline('demo', '--durable', 'firestore')
    expect(stderr).toBe('')
    expect(status).toBe(0)
    expect(stdout).toContain('into a Firestore emulator.')
    expect(stdout).toMatch(/✓ \d+ hot, \d+ warm, \d+ cold: every item came back equal and in order/)
    expect(stdout).toMatch(/✓ in Firestore lie 22 documents: 11 records, 11 fences/)
    expect(stdout).toMatch(/brought \d+ items back to warm/)
    expect(stdout).toContain('the emulator is stopped')
    expect(widest(stdout)).toBeLessThanOrEqual(80)
    expect(readdirSync(folder), 'leaves nothing behind').toEqual([])
  })

  it('goes with Redis, which is killed, to an emulator that somebody else runs and that is left as it was', async () => {
    const emulator = await startFirestoreEmulator()
    try {
      const { stdout, stderr, status } = thermoclineWith(
        emulator.env,
        'demo',
        '--durable',
        'firestore',
        '--hot',
        'redis',
      )
      expect(stderr).toBe('')
      expect(status).toBe(0)
      expect(stdout).toMatch(/swept: 281 items to cold, /)
      expect(stdout).toMatch(/✓ in Firestore lie 22 documents/)
      for (const place of ['Firestore', 'Redis', 'this process'])
        expect(stdout).toMatch(new RegExp(`^ +${place} +█+ +[\\d.]+ [mµ]?s$`, 'm'))
      expect(stdout).toMatch(/✓ \d+ reads, all equal and in order; [1-9]\d* of them answered by Redis/)
      expect(stdout).toMatch(/✓ 2 adds and 2 reads went on, from Firestore/)
      expect(stdout).toContain('Redis is stopped, and the emulator is as it was')
      expect(widest(stdout)).toBeLessThanOrEqual(80)
      expect(readdirSync(folder)).toEqual([])
    } finally {
      await emulator.stop()
    }
  })

  it('takes a file of JSON lines', () => {
    const { stdout, status } = thermocline('demo', '--durable=firestore', `${ROOT}test/fixtures/conversation.jsonl`)
    expect(status).toBe(0)
    expect(stdout).toContain('✓ 9 cold: every item came back equal and in order')
  })

  it.each([
    [{ PATH: '', JAVA_HOME: '' }, 'no Java: install Java 17 or newer'],
    [{ THERMOCLINE_FIRESTORE_JAR: '/none.jar' }, 'Cannot start the Firestore emulator of /none.jar: '],
    [{ FIRESTORE_EMULATOR_HOST: '127.0.0.1:1' }, 'at 127.0.0.1:1, which FIRESTORE_EMULATOR_HOST names'],
  ])('says how to get what is missing: %j', (env, message) => {
    const { stderr, status } = thermoclineWith(env, 'demo', '--durable', 'firestore')
    expect([status, stderr]).toEqual([1, expect.stringContaining(message)])
    expect(readdirSync(folder)).toEqual([])
  })

  it('refuses another place', () => {
    expect(thermocline('demo', '--durable', 'paper')).toMatchObject({
      ...{ status: 2, stderr: expect.stringContaining('--durable: expected firestore: received "paper"') },
    })
  })
})

describe('thermocline', () => {
  it.each([
    [['demo', '--colour'], "unknown option '--colour'"],
    [['demo', 'a', 'b'], 'expected at most one file'],
    [['demonstrate'], 'unknown command "demonstrate"'],
    [['--verbose'], 'unknown option "--verbose"'],
  ])('ends with 2 and a hint for %j', (args, message) => {
    const { stdout, stderr, status } = thermocline(...args)
    expect(status).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toContain(message)
    expect(stderr).toContain('--help" shows what there is')
  })

  it('says what there is, and which version it is', () => {
    expect(thermocline('--help')).toMatchObject({ status: 0, stdout: expect.stringMatching(/^ {2}demo {2}/m) })
    expect(thermocline().stdout).toBe(thermocline('--help').stdout)
    expect(thermocline('demo', '--help').stdout).toContain(
      'usage: thermocline demo [--hot redis] [--durable firestore] [FILE]',
    )
    expect(widest(thermocline('demo', '--help').stdout)).toBeLessThanOrEqual(80)
    expect(thermocline('--version').stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })
})
