import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readConversationFile } from '../../src/cli/demo/conversation-file.ts'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'thermocline-file-'))
})

afterAll(() => {
  rmSync(folder, { recursive: true })
})

function read(...lines: readonly unknown[]): ReturnType<typeof readConversationFile> {
  const path = join(folder, 'talk.jsonl')
  writeFileSync(path, lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'))
  return readConversationFile(path)
}

const common = { userId: 'ada', sessionId: 's', content: 'x', createdAt: 1_000 }

describe('readConversationFile()', () => {
  it.each([
    [{ role: 'user', contentType: 'text' }, 'user_message', undefined],
    [{ role: 'assistant', contentType: 'text' }, 'assistant_message', undefined],
    [{ role: 'user', contentType: 'image' }, 'user_message', { shownAs: 'image' }],
    [{ role: 'assistant', contentType: 'tool_call' }, 'tool_call', undefined],
    [{ role: 'tool', contentType: 'tool_result' }, 'tool_result', undefined],
    [{ role: 'tool' }, 'tool_result', undefined],
    [{ role: 'system' }, 'system_message', undefined],
    [{ role: 'narrator' }, 'narrator', undefined],
    [{ contentType: 'note' }, 'note', undefined],
    [{ contentType: 'image' }, 'image', undefined],
    [{ role: 'user', contentType: 'survey' }, 'survey', undefined],
  ])('takes %j for %s', async (fields, contentType, metadata) => {
    const { items } = await read({ ...common, ...fields })
    expect(items[0]?.item.contentType).toBe(contentType)
    expect(items[0]?.item.metadata).toEqual(metadata)
  })

  it('keeps what it does not know as metadata, but for id, updatedAt and keys with an underscore', async () => {
    const line = {
      ...common,
      role: 'tool',
      toolCallId: 'c',
      toolName: 'f',
      metadata: { a: 1 },
      id: 'i',
      updatedAt: 1,
      _b: 1,
    }
    const { items } = await read(line)
    const { userId, sessionId, content, createdAt } = common
    expect(items[0]?.item).toEqual({
      ...{ userId, sessionId, content, createdAt, callId: 'c', contentType: 'tool_result' },
      metadata: { toolName: 'f', a: 1 },
    })
  })

  it('sorts by time, and leaves items of the same time as they were', async () => {
    const at = (createdAt: unknown, content: string) => ({ ...common, role: 'user', createdAt, content })
    const { items } = await read(at(2000, 'c'), at('1970-01-01T00:00:01Z', 'a'), at(2000, 'd'), at(1000, 'b'))
    expect(items.map(({ item }) => item.content)).toEqual(['a', 'b', 'c', 'd'])
  })

  it.each<[string, readonly unknown[], string]>([
    ['text that is no JSON', [{ ...common, role: 'user' }, '', '{"a":'], 'talk.jsonl, line 3: it is not JSON'],
    [
      'one list of all',
      ['\ufeff[', '{}', ']'],
      'talk.jsonl: expected JSON lines, one object a line: received an array',
    ],
    ['a list', [{ ...common, role: 'user' }, '[1]'], 'talk.jsonl, line 2: expected JSON lines, one object a line'],
    ['no user', [{ ...common, role: 'user', userId: undefined }], 'line 1: userId: expected text: received nothing'],
    ['a number as content', [{ ...common, role: 'user', content: 7 }], 'line 1: content: expected text: received 7'],
    ['neither role nor content type', [common], 'line 1: contentType: expected it or role: received nothing'],
    ['a role that is no text', [{ ...common, role: 1 }], 'line 1: role: expected text: received 1'],
    [
      'no time',
      [{ ...common, role: 'user', createdAt: 'soon' }],
      'createdAt: expected an ISO 8601 time or milliseconds',
    ],
    [
      'metadata that is a list',
      [{ ...common, role: 'user', metadata: [] }],
      'metadata: expected an object: received []',
    ],
    ['a call id that is a number', [{ ...common, role: 'tool', toolCallId: 3 }], 'callId: expected text: received 3'],
    ['nothing at all', ['', ' '], 'talk.jsonl: there is no item in it'],
  ])('refuses %s, and says where', async (_, lines, message) => {
    await expect(read(...lines)).rejects.toThrow(message)
  })

  it('says of a file that is not there, or is a folder, just that', async () => {
    await expect(readConversationFile(join(folder, 'none'))).rejects.toThrow('there is no such file (ENOENT)')
    await expect(readConversationFile(folder)).rejects.toThrow('it is a folder (EISDIR)')
  })
})
