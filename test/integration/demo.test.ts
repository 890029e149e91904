import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
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
    env: { ...env, TMPDIR: folder, ...more },
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
    expect(thermocline('demo', '--help').stdout).toContain('usage: thermocline demo [FILE]')
    expect(widest(thermocline('demo', '--help').stdout)).toBeLessThanOrEqual(80)
    expect(thermocline('--version').stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })
})
