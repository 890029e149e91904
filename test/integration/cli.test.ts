import { type ChildProcess, type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type EraseReceipt, type ListedSessions, openThermocline, type SearchResult } from '../../src/index.ts'
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
    expect(contents('--max-tokens', '2')).toEqual(['two', 'three'])
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

describe('thermocline sessions', () => {
  it('lists those of a user, the newest first, page by page', () => {
    for (const [i, session] of ['a', 'b', 'c'].entries())
      thermocline('add', '--user', 'ada', '--session', session, '--created-at', `${1_735_894_800_000 + i}`, 'x')
    thermocline('add', '--user', 'bob', '--session', 'd', 'x')
    expect(printed('sessions', '--user', 'ada').match(/\w$/gm)).toEqual(['c', 'b', 'a'])
    const first = json('sessions', '--user', 'ada', '--limit', '2') as ListedSessions
    expect(first.sessions.map(({ sessionId, items }) => [sessionId, items])).toEqual([
      ['c', 1],
      ['b', 1],
    ])
    const second = json('sessions', '--user', 'ada', `--cursor=${first.cursor}`) as ListedSessions
    expect(second.sessions.map(({ sessionId }) => sessionId)).toEqual(['a'])
    expect(json('sessions', '--user', 'nobody')).toEqual({ sessions: [] })
  })
})

describe('thermocline search', () => {
  it('finds what was said in any session, the best first', () => {
    thermocline('add', '--user', 'ada', '--session', 'food', 'I am allergic to nuts, walnuts above all.')
    thermocline('add', '--user', 'ada', '--session', 'trip', `${'A long way. '.repeat(20)}Then we ate nuts.`)
    thermocline('add', '--user', 'bob', '--session', 'other', 'Nuts for sale')
    const { hits } = json('search', '--user', 'ada', 'allergic', 'nuts') as SearchResult
    expect(hits.map(({ item }) => item.sessionId)).toEqual(['food', 'trip'])
    const only = json('search', '--user', 'ada', '--session', 'trip', 'nuts') as SearchResult
    expect(only.hits.map(({ item }) => item.sessionId)).toEqual(['trip'])
    expect(printed('search', '--user', 'ada', 'nuts', '--limit', '1').trimEnd().split('\n')).toHaveLength(2)
    expect(printed('search', '--user', 'ada', 'nuts')).toMatch(/ {2}trip {2}\S{54}\n {2}….*Then we ate nuts\.$/m)
  })

  it('says where nothing was found, and ends with 0', () => {
    add('x')
    expect(thermocline('search', '--user', 'ada', 'zebra')).toMatchObject({ status: 0, stderr: 'nothing was found\n' })
    expect(json('search', '--user', 'ada', 'zebra')).toMatchObject({ hits: [], complete: true })
  })
})

describe('thermocline export', () => {
  async function fill(sessions: number, itemsEach: number): Promise<void> {
    const { memory, close } = await openThermocline({ path: folder.file('thermocline.db'), synchronous: 'normal' })
    for (let i = 0; i < sessions; i++) {
      const session = { userId: i % 2 === 0 ? 'ada' : 'bob', sessionId: `s${i}`, contentType: 'note' }
      await memory.addMemoryItems(Array.from({ length: itemsEach }, (_, j) => ({ ...session, content: `item ${j}` })))
    }
    await memory.updateSession({ userId: 'ada', sessionId: 's0', metadata: { topic: 'Oslo' }, retentionDays: 90 })
    await memory.demote({ userId: 'ada', sessionId: 's0' })
    await close()
  }

  function linesOf(text: string): Record<string, unknown>[] {
    return text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
  }

  it('writes a line for each session and item, in order, without where they are kept', async () => {
    await fill(1, 300)
    const [head, session, ...items] = linesOf(printed('export'))
    expect(head).toEqual({ thermocline: 'export', version: 1, exportedAt: expect.stringMatching(/^\d{4}-.*Z$/) })
    const address = { tenantId: 'default', userId: 'ada', sessionId: 's0' }
    expect(session).toEqual({ session: { ...address, metadata: { topic: 'Oslo' }, retentionDays: 90 } })
    expect(items.map(({ content }) => content)).toEqual(Array.from({ length: 300 }, (_, i) => `item ${i}`))
    expect(items[7]).toEqual({
      ...{ ...address, id: items[7]!.id, content: 'item 7', contentType: 'note' },
      createdAt: items[7]!.createdAt,
    })
  })

  it('takes the part that flags name, whatever the settings say', async () => {
    await fill(4, 1)
    const env = { THERMOCLINE_USER_ID: 'ada' }
    const sessions = (...args: readonly string[]): unknown[] =>
      linesOf(thermoclineWith({ env }, 'export', ...args).stdout).flatMap(({ session }) =>
        session === undefined ? [] : [(session as ListedSessions['sessions'][0]).sessionId],
      )
    expect(sessions().sort()).toEqual(['s0', 's1', 's2', 's3'])
    expect(sessions('--user', 'bob').sort()).toEqual(['s1', 's3'])
    expect(sessions('--session', 's2')).toEqual(['s2'])
    expect(sessions('--tenant', 'other')).toEqual([])
    expect(thermocline('export', '--user', 'ada', '--session', 's1').status).toBe(3)
  })

  it('makes a file for its owner only, in place of an older one', async () => {
    await fill(2, 3)
    writeFileSync(folder.file('all.jsonl'), 'older')
    expect(printed('export', '--output', 'all.jsonl')).toContain('exported 6 items of 2 sessions to ')
    expect(json('export', '--output', 'all.jsonl')).toEqual({ path: folder.file('all.jsonl'), sessions: 2, items: 6 })
    expect(linesOf(readFileSync(folder.file('all.jsonl'), 'utf8'))).toHaveLength(9)
    expect(statSync(folder.file('all.jsonl')).mode & 0o777).toBe(0o600)
    expect(readdirSync(folder.path).sort()).toEqual(['all.jsonl', 'thermocline.db'])
  })

  it('leaves what is no file alone, and nothing behind where it fails', async () => {
    await fill(1, 1)
    for (const path of ['/dev/null', folder.path, folder.file('no/folder/x')]) {
      const { stderr, status } = thermocline('export', '--output', path)
      expect([status, stderr]).toEqual([1, expect.stringContaining(`Cannot write ${path}: `)])
    }
    expect(readdirSync(folder.path)).toEqual(['thermocline.db'])
  })

  it.each(['SIGKILL', 'SIGTERM'] as const)('ended by %s, there is the older file or a complete one', async (signal) => {
    await fill(20, 1000)
    writeFileSync(folder.file('all.jsonl'), 'older')
    const child = spawn(process.execPath, [MAIN, 'export', '--output', 'all.jsonl'], {
      cwd: folder.path,
      env: environment(),
    })
    const closed = once(child, 'close')
    const isPartial = (name: string): boolean => name.endsWith('.partial')
    while (child.exitCode === null && !readdirSync(folder.path).some(isPartial)) await nextTurn()
    child.kill(signal)
    await closed
    const text = readFileSync(folder.file('all.jsonl'), 'utf8')
    if (text !== 'older') expect(linesOf(text)).toHaveLength(1 + 20 * 1001)
    if (signal === 'SIGTERM') expect(readdirSync(folder.path).filter(isPartial)).toEqual([])
  })
})

describe('thermocline erase', () => {
  it('erases a user, and shows the receipt then and later', () => {
    add('of ada')
    thermocline('add', '--user', 'bob', '--session', 's', 'of bob')
    const receipt = json('erase', '--user', 'ada', '--yes') as EraseReceipt
    expect(receipt).toMatchObject({ final: false, userId: 'ada', removed: { sessions: 1, items: 1 } })
    expect(json('erase', '--receipt', receipt.id)).toEqual(receipt)
    expect(printed('erase', '--receipt', receipt.id)).toMatch(/^removed +1 item in 1 session$/m)
    expect(json('stats')).toMatchObject({ sessions: 1, hot: { items: 1 } })
    expect(printed('history', '--user', 'bob', '--session', 's')).toContain('of bob')
  })

  it('erases a session, or an item', () => {
    const [first] = [add('one'), add('two')]
    expect(printed('erase', '--item', first!, '--yes')).toBe(`erased item ${first}\n`)
    expect(printed('history', ...ADA)).not.toContain('one')
    expect(json('erase', ...ADA, '--yes')).toEqual({
      erased: { tenantId: 'default', userId: 'ada', sessionId: 'oslo' },
    })
    expect(thermocline('history', ...ADA).status).toBe(3)
  })

  it('wants to be told by flags, and asks for --yes where nobody can be asked', () => {
    add('kept')
    const env = { THERMOCLINE_USER_ID: 'ada' }
    for (const [args, message] of [
      [['--yes'], 'expected one of --user, --item and --receipt'],
      [['--session', 'oslo', '--yes'], 'expected one of'],
      [['--user', 'ada', '--item', 'x', '--yes'], 'expected one of'],
      [['--user', 'ada'], 'expected --yes: there is nobody to be asked'],
    ] as const) {
      const { stderr, status } = thermoclineWith({ env, input: 'ada\n' }, 'erase', ...args)
      expect([status, stderr]).toEqual([2, expect.stringContaining(message)])
    }
    expect(printed('history', ...ADA)).toContain('kept')
  })

  it.each([
    ['--user', 'ada', '--session', 'none', '--yes'],
    ['--item', 'gcar8g3am6vc0fjkcedss2nifm.01k7v12qs600005p0pmg6b6jnkg', '--yes'],
    ['--receipt', 'none'],
  ])('ends with 3 where there is nothing of that name: %s %s', (...args) => {
    add('x')
    expect(thermocline('erase', ...args)).toMatchObject({ status: 3, stdout: '' })
  })
})

describe('thermocline stats', () => {
  it('counts by tier, of all or of one user', () => {
    add('new')
    thermocline('add', '--user', 'bob', '--session', 's', '--created-at', '2020-01-01', 'old '.repeat(100))
    printed('sweep')
    expect(json('stats')).toMatchObject({ sessions: 2, hot: { items: 1 }, warm: { items: 0 }, cold: { items: 1 } })
    expect(json('stats', '--user', 'bob')).toMatchObject({ sessions: 1, hot: { items: 0 }, cold: { items: 1 } })
    expect(printed('stats')).toMatch(/^cold +1 +\d+ B +\d+ B$/m)
  })
})

it.each([
  ['history', ...ADA],
  ['history', ...ADA, '--limit', '1'],
  ['history', ...ADA, '--max-tokens', '1000'],
  ['export'],
  ['sessions', '--user', 'ada'],
  ['stats'],
])('%s counts as no use: what is cold stays so', (...args) => {
  // One read would bring it back.
  writeFileSync(folder.file('thermocline.json'), '{"minAccessCountWarm":1}')
  add('an old story '.repeat(50), '--created-at', '2020-01-01')
  printed('sweep')
  printed(...args)
  expect(json('sweep', '--all')).toMatchObject({ sessions: 1, rehydrated: { items: 0 } })
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
    [['history', '--user', 'bob', '--session', 'none'], 3, 'there is no session "none" of user "bob"'],
  ])('%j ends with %i', (args, code, message) => {
    add('so that there is a file')
    const { stdout, stderr, status } = thermocline(...args)
    expect([status, stdout]).toEqual([code, ''])
    expect(stderr.trimEnd().split('\n')).toEqual([expect.stringContaining(message)])
  })

  it.each([
    ['get', 'gcar8g3am6vc0fjkcedss2nifm.01k7v12qs600005p0pmg6b6jnkg'],
    ['history', ...ADA],
    ['sessions', '--user', 'ada'],
    ['search', '--user', 'ada', 'nuts'],
    ['export'],
    ['export', '--output', 'all.jsonl'],
    ['erase', '--user', 'ada', '--yes'],
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
