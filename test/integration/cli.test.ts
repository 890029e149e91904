import { type ChildProcess, type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ROOT } from '../package/repository.ts'
import { TempFolder } from '../support/temp-folder.ts'

const MAIN = `${ROOT}dist/cli/main.js`

let folder: TempFolder

beforeEach(() => {
  folder = new TempFolder()
})

afterEach(() => {
  folder[Symbol.dispose]()
})

/** Variables of this machine's own settings must not reach the command. */
function environment(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(THERMOCLINE_|NO_COLOR|FORCE_COLOR)/.test(name))
  return { ...Object.fromEntries(own), ...more }
}

/** Runs the built command line in a folder of the test's own. */
function thermocline(...args: readonly string[]): SpawnSyncReturns<string> {
  return thermoclineWith({}, ...args)
}

function thermoclineWith(
  { input = '', env = {} }: { readonly input?: string | Uint8Array; readonly env?: NodeJS.ProcessEnv },
  ...args: readonly string[]
): SpawnSyncReturns<string> {
  const options = { encoding: 'utf8', cwd: folder.path, env: environment(env), input } as const
  return spawnSync(process.execPath, [MAIN, ...args], options)
}

/** What a command prints that must succeed. */
function printed(...args: readonly string[]): string {
  const { stdout, stderr, status } = thermocline(...args)
  expect([status, stderr]).toEqual([0, ''])
  return stdout
}

function json(...args: readonly string[]): unknown {
  return JSON.parse(printed(...args, '--json'))
}

const ADA = ['--user', 'ada', '--session', 'oslo'] as const

function add(content: string, ...more: readonly string[]): string {
  return printed('add', ...ADA, ...more, content).trim()
}

describe('thermocline add, get and history', () => {
  it('give back what was put in', () => {
    const more = ['--metadata', '{"locale":"en"}', '--importance', '0.5', '--pinned', '--type', 'note']
    const id = add('I am allergic to nuts.', ...more, '--call-id', 'c1', '--created-at', '2025-01-03T09:00:00Z')
    expect(json('get', id)).toMatchObject({
      ...{ id, userId: 'ada', sessionId: 'oslo', content: 'I am allergic to nuts.', contentType: 'note' },
      ...{ metadata: { locale: 'en' }, importance: 0.5, pinned: true, callId: 'c1' },
      createdAt: Date.UTC(2025, 0, 3, 9),
    })
    expect(printed('get', id)).toMatch(/^created +2025-01-03 09:00:00\n[\s\S]*\n\nI am allergic to nuts\.\n$/m)
    expect(statSync(folder.file('thermocline.db')).mode & 0o077, 'is for its owner only').toBe(0)
  })

  it('prints a session in order, and the part of it that was asked for', () => {
    const ids = ['one', 'two', 'three'].map((content) => add(content))
    const contents = (...args: readonly string[]): string[] =>
      printed('history', ...ADA, '--json', ...args)
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).content as string)
    expect(contents()).toEqual(['one', 'two', 'three'])
    expect(contents('--limit', '2')).toEqual(['two', 'three'])
    expect(contents('--limit', '1', '--from', 'oldest')).toEqual(['one'])
    expect(contents('--order', 'newest')).toEqual(['three', 'two', 'one'])
    expect(contents('--after', ids[0]!)).toEqual(['two', 'three'])
    expect(contents('--before', ids[1]!, '--after', '2020-01-01')).toEqual(['one'])
    expect(printed('history', ...ADA, '--after', '2100-01-01')).toBe('')
    expect(printed('history', ...ADA).split('\n')[1]).toMatch(/^[\d-]{10} [\d:]{8} {2}hot {3}user_message +two$/)
  })

  it('reads content from standard input, as it is but for the last line break', () => {
    const { stdout } = thermoclineWith({ input: 'ein Gruß\n\naus Förde\n' }, 'add', ...ADA, '-', '--json')
    const { id } = JSON.parse(stdout) as { readonly id: string }
    expect(json('get', id)).toMatchObject({ content: 'ein Gruß\n\naus Förde' })
  })

  it('refuses standard input that is not UTF-8, and adds nothing', () => {
    const { status, stderr } = thermoclineWith({ input: new Uint8Array([0x61, 0xff]) }, 'add', ...ADA, '-')
    expect([status, stderr]).toEqual([1, 'thermocline add: Cannot read standard input: expected UTF-8\n'])
    expect(existsSync(folder.file('thermocline.db'))).toBe(false)
  })

  it('adds with a key once', () => {
    const keyed = ['--key', 'm1', '--created-at', '1735894800000']
    expect(add('hello', ...keyed)).toBe(add('hello', ...keyed))
    expect(
      printed('history', ...ADA)
        .trimEnd()
        .split('\n'),
    ).toHaveLength(1)
  })

  it('lets no content drive the terminal, in either form', () => {
    const hostile = 'a\u001b]0;owned\u0007b\u009b2Jc'
    const id = add(hostile)
    for (const args of [
      ['get', id],
      ['get', id, '--json'],
      ['history', ...ADA],
      ['history', ...ADA, '--json'],
    ])
      expect(printed(...args).replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
    expect(json('get', id)).toMatchObject({ content: hostile })
  })
})

describe('settings', () => {
  it('come from flags, the environment and a config file', () => {
    writeFileSync(folder.file('thermocline.json'), JSON.stringify({ path: 'by-file.db', userId: 'ada' }))
    expect(thermocline('add', '--session', 's', 'x').status).toBe(0)
    const env = { THERMOCLINE_PATH: 'by-variable.db', THERMOCLINE_USER_ID: 'bob' }
    expect(thermoclineWith({ env }, 'add', '--session', 's', 'x').status).toBe(0)
    expect(thermoclineWith({ env }, 'add', '--session', 's', 'x', '--path', 'by-flag.db').status).toBe(0)
    const files = readdirSync(folder.path).filter((name) => name.endsWith('.db'))
    expect(files.sort()).toEqual(['by-file.db', 'by-flag.db', 'by-variable.db'])
  })

  it('are refused with 2 where they are wrong, and the doctor says the same', () => {
    writeFileSync(folder.file('thermocline.json'), '{"pth":"x.db"}')
    const { status, stderr } = thermocline('stats')
    expect([status, stderr]).toEqual([2, expect.stringContaining('there is no setting "pth": did you mean path?')])
    const doctor = thermocline('doctor')
    expect([doctor.status, doctor.stdout]).toEqual([1, expect.stringMatching(/problem +settings +.*did you mean path/)])
  })
})

describe('thermocline doctor', () => {
  it('shows where settings come from, and ends with 0 where nothing is wrong', () => {
    add('x')
    const { stdout, status } = thermoclineWith({ env: { THERMOCLINE_USER_ID: 'ada' } }, 'doctor')
    expect(status).toBe(0)
    expect(stdout).toMatch(/^ {2}userId +ada {2}\(THERMOCLINE_USER_ID\)$/m)
    expect(stdout).toMatch(/^ {2}ok +contents +a memory of thermocline/m)
    expect(json('doctor')).toMatchObject({ ok: true, configFile: null })
  })

  it('ends with 1 for a file that is not ours, which it leaves alone', () => {
    writeFileSync(folder.file('thermocline.db'), 'not a database')
    const { stdout, stderr, status } = thermocline('doctor', '--json')
    expect(status).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({ ok: false })
    expect(JSON.parse(stderr)).toEqual({ error: { code: 'FAILED', message: 'found 1 problem' } })
    expect(statSync(folder.file('thermocline.db')).size).toBe('not a database'.length)
  })
})

describe('thermocline sweep', () => {
  it('moves what is old, and says what it would move before', () => {
    add('an old story '.repeat(50), '--created-at', '2020-01-01T00:00:00Z')
    expect(printed('sweep', '--dry-run')).toMatch(/^ {2}to cold +1 item +\d+ B\nnothing was changed: --dry-run$/m)
    expect(printed('sweep')).toMatch(/^1 session looked at in .*\n {2}to cold +1 item +\d+ B → \d+ B$/m)
    expect(json('sweep')).toMatchObject({ finished: true, sessions: 0, archived: { items: 0 } })
    expect(printed('history', ...ADA)).toContain(' cold ')
  })
})

describe('exit codes', () => {
  it.each([
    [['get', 'nonsense'], 2, 'INVALID_ID'],
    [['add', '--user', 'ada', '--session', 's', 'x', '--type', 'user'], 2, 'use "user_message" (INVALID_ITEM)'],
    [['history', '--session', 's'], 2, 'expected --user USER'],
    [['history', ...ADA, '--limit', 'many'], 2, '--limit: expected a whole number'],
    [['histroy'], 2, 'did you mean history?'],
    [['history', '--usr', 'ada'], 2, 'did you mean --user?'],
    [['get', 'gcar8g3am6vc0fjkcedss2nifm.01k7v12qs600005p0pmg6b6jnkg'], 3, 'there is no item gcar8g3'],
    [['history', '--user', 'bob', '--session', 'none'], 3, 'there is nothing in session "none" of user "bob"'],
  ])('%j ends with %i', (args, code, message) => {
    add('so that there is a file')
    const { stdout, stderr, status } = thermocline(...args)
    expect([status, stdout]).toEqual([code, ''])
    expect(stderr.trimEnd().split('\n')).toEqual([expect.stringContaining(message)])
  })

  it.each([
    ['get', 'gcar8g3am6vc0fjkcedss2nifm.01k7v12qs600005p0pmg6b6jnkg'],
    ['history', ...ADA],
    ['stats'],
    ['sweep'],
  ])('%s makes no file where there is none, and ends with 1', (...args) => {
    const { stderr, status } = thermocline(...args)
    expect([status, stderr]).toEqual([1, expect.stringContaining('there is no memory at')])
    expect(stderr).toContain('--path FILE, THERMOCLINE_PATH')
    expect(readdirSync(folder.path)).toEqual([])
  })

  it('come with JSON on standard error where JSON was asked for', () => {
    const { stdout, stderr, status } = thermocline('get', 'nonsense', '--json')
    expect([status, stdout]).toEqual([1, ''])
    expect(JSON.parse(stderr)).toEqual({ error: { code: 'FAILED', message: expect.stringContaining('no memory at') } })
  })
})

it('a reader that leaves ends it quietly', async () => {
  for (let i = 0; i < 3; i++) add('long '.repeat(20_000))
  const child: ChildProcess = spawn(process.execPath, [MAIN, 'history', ...ADA, '--json'], {
    cwd: folder.path,
    env: environment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const errors: Buffer[] = []
  child.stderr!.on('data', (chunk: Buffer) => errors.push(chunk))
  await once(child.stdout!, 'data')
  child.stdout!.destroy()
  const [code] = await once(child, 'close')
  expect([code, Buffer.concat(errors).toString()]).toEqual([0, ''])
})

it('a signal ends it with the code of the signal, and the file is closed', async () => {
  for (let i = 0; i < 3; i++) add('long '.repeat(20_000))
  const child = spawn(process.execPath, [MAIN, 'history', ...ADA], {
    cwd: folder.path,
    env: environment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  // More than the pipe takes, so that the command stands in the middle of it.
  await once(child.stdout, 'readable')
  child.kill('SIGTERM')
  const errors: Buffer[] = []
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk))
  await once(child.stderr, 'close')
  child.stdout.resume()
  const [code] = await once(child, 'close')
  expect([code, Buffer.concat(errors).toString()]).toEqual([143, 'thermocline history: interrupted by SIGTERM\n'])
  expect(readdirSync(folder.path)).toEqual(['thermocline.db'])
})
