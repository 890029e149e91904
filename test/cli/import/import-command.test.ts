import { readFileSync, writeFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CommandError, UsageError } from '../../../src/cli/command.ts'
import { importCommand } from '../../../src/cli/commands/import.ts'
import { parseFieldMap } from '../../../src/cli/import/field-map.ts'
import { openThermocline } from '../../../src/index.ts'
import { ROOT } from '../../package/repository.ts'
import { contents } from '../../support/items.ts'
import { TempFolder } from '../../support/temp-folder.ts'
import { CapturedTerminal } from '../captured-terminal.ts'
import { fixtureSource, jsonLines, readItems } from './read-text.ts'

const MIRA = ['--user', 'mira', '--session', 'talk'] as const

let folder: TempFolder
let [out, err] = [new CapturedTerminal(), new CapturedTerminal()]

beforeEach(() => {
  folder = new TempFolder()
  ;[out, err] = [new CapturedTerminal(), new CapturedTerminal()]
})

afterEach(() => {
  folder[Symbol.dispose]()
})

function run(...args: readonly string[]): Promise<void> {
  return runWith('', ...args)
}

function runWith(input: string, ...args: readonly string[]): Promise<void> {
  const stream = Readable.from([Buffer.from(input)]) as NodeJS.ReadStream
  return importCommand.run(args, { out, err, input: stream, env: {}, cwd: folder.path })
}

function write(name: string, text: string): string {
  writeFileSync(folder.file(name), text)
  return name
}

async function held(sessionId: string): Promise<string[]> {
  const { memory, close } = await openThermocline({ path: folder.file('thermocline.db') })
  const items = await memory.getConversationHistory({ userId: 'mira', sessionId })
  await close()
  return contents(items)
}

describe('thermocline import', () => {
  it('adds what is in files, and says how much', async () => {
    write('a.jsonl', jsonLines({ role: 'user', content: 'one' }, { role: 'assistant', content: 'two' }))
    write('b.jsonl', jsonLines({ role: 'user', content: 'three', created: 1_740_000_000 }))
    await run('a.jsonl', 'b.jsonl', ...MIRA, '--created-at', '2025-01-01')
    expect(out.text).toMatch(/^read {11}3 items in 2 sessions\nadded {10}3\ntime /)
    expect(err.text).toBe('')
    expect(await held('talk')).toEqual(['one', 'two', 'three'])
  })

  it('reads standard input', async () => {
    await runWith('{"role":"user","content":"one"}', '-', ...MIRA, '--created-at', '1735689600')
    expect(await held('talk')).toEqual(['one'])
  })

  it('gives its summary as JSON', async () => {
    write('a.json', JSON.stringify([{ role: 'user', content: 'one', created: 1_700_000_000 }]))
    await run('a.json', ...MIRA, '--json')
    await run('a.json', ...MIRA, '--json')
    const [first, second] = out.text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(first).toMatchObject({ read: 1, added: 1, alreadyThere: 0, refused: 0, sessions: 1, complete: true })
    expect(second).toMatchObject({ read: 1, added: 0, alreadyThere: 1 })
  })

  it('fails where something is refused, and says how to go on', async () => {
    write('a.jsonl', '{"role":"user","content":"one"}\n{"role":"user"\n{"role":"user","content":"two"}\n')
    await expect(run('a.jsonl', ...MIRA)).rejects.toThrow(CommandError)
    expect(err.text).toMatch(/^refused: a\.jsonl, line 2: it is not JSON: /)
    expect(out.text).toContain('added          1\nrefused        1\n')
    await expect(run('a.jsonl', ...MIRA, '--keep-going')).rejects.toThrow(
      'not all was imported; mend it and run it again',
    )
    expect(await held('talk')).toEqual(['one', 'two'])
  })

  it('with --dry-run stores nothing, and makes no file', async () => {
    write('a.jsonl', '{"role":"user","content":"one"}\n{}\n{"role":"nobody"}\n')
    await expect(run('a.jsonl', ...MIRA, '--dry-run')).rejects.toThrow('2 would be refused')
    expect(err.text.match(/^refused: /gm)).toHaveLength(2)
    expect(() => readFileSync(folder.file('thermocline.db'))).toThrow('ENOENT')
  })

  it('says which time items without one were given', async () => {
    write('a.jsonl', '{"role":"user","content":"one"}\n')
    await run('a.jsonl', ...MIRA)
    expect(out.text).toMatch(/Items without a time got that of the file\. If you change it: --created-at 20\d\d-.*Z\n$/)
  })

  it('reads a map from a file', async () => {
    write('a.jsonl', '{"q":"one"}\n')
    write('map.json', '{"content":"q","contentType":{"value":"note"}}')
    await run('a.jsonl', ...MIRA, '--map', 'map.json')
    expect(await held('talk')).toEqual(['one'])
  })

  it.each<[readonly string[], string]>([
    [[], 'expected a file, or - for standard input'],
    [['a', 'a'], 'expected each file once'],
    [
      ['a', '--format', 'csv'],
      '--format: expected auto or thermocline or items or openai or gemini or map: received "csv"',
    ],
    [['a', '--format', 'map'], '--map: expected it with --format map'],
    [['a', '--format', 'openai', '--map', '{}'], '--map: expected no other format beside it: received "openai"'],
    [['a', '--map', '{'], '--map: it is not JSON: '],
    [['a', '--map', '{}'], '--map: content: expected where it lies: received nothing'],
    [['a', '--created-at', 'soon'], '--created-at: time: expected an ISO 8601 time'],
  ])('called with %j is a wrong call', async (args, message) => {
    await expect(run(...args)).rejects.toThrow(UsageError)
    await expect(run(...args)).rejects.toThrow(message)
  })

  it.each([
    [['none.jsonl'], 'none.jsonl: there is no such file (ENOENT)'],
    [['.'], 'it is a folder (EISDIR)'],
    [['none.jsonl', '--map', 'no-map.json'], 'no-map.json: there is no such file (ENOENT)'],
  ])('of %j says that it can not be read', async (args, message) => {
    await expect(run(...args)).rejects.toThrow(message)
  })
})

describe('the maps in docs/import.md', () => {
  const markdown = readFileSync(`${ROOT}docs/import.md`, 'utf8')
  const [line, map, tickets] = [...markdown.matchAll(/```json\n([\s\S]*?)```/g)].map((match) => match[1]!)

  it('import the lines that the page shows', async () => {
    write('chats.jsonl', JSON.stringify(JSON.parse(line!)))
    write('map.json', map!)
    await run('chats.jsonl', '--map', 'map.json', '--json')
    expect(JSON.parse(out.text)).toMatchObject({ read: 1, added: 1 })
  })

  it('import tickets with their turns', async () => {
    const [first] = await readItems(fixtureSource('tickets.json'), { map: parseFieldMap(tickets!) })
    expect(first).toMatchObject({
      userId: 'ada',
      sessionId: '41',
      content: 'The lamp flickers.',
      metadata: { mood: 'cross' },
    })
  })
})
