import { describe, expect, it } from 'vitest'
import { exportLines } from '../../../src/cli/export-lines.ts'
import { importItems } from '../../../src/cli/import/import-items.ts'
import type { ImportTarget } from '../../../src/cli/import/import-target.ts'
import type { TieredStorageManager } from '../../../src/thermocline.ts'
import { collect, contents, message } from '../../support/items.ts'
import { emptyPlace } from '../../support/memories.ts'
import { jsonLines, refusals, textSource } from './read-text.ts'

const HEADER = { thermocline: 'export', version: 1, exportedAt: '2026-01-01T00:00:00.000Z' }
const SESSION = { tenantId: 'default', userId: 'ada', sessionId: 'chat' }

async function exported(memory: TieredStorageManager): Promise<string> {
  const count = { sessions: 0, items: 0 }
  const lines = await collect(exportLines(memory, memory.iterateSessions(), new Date(0), count))
  return `${lines.join('\n')}\n`
}

/** A memory with something of everything. */
async function filled(): Promise<TieredStorageManager> {
  const memory = emptyPlace('in-process').open()
  await memory.addMemoryItem(message('one', { metadata: { a: 1, tier: 'x' }, pinned: true, importance: 0.25 }))
  await memory.addMemoryItem(message('two', { callId: 'c', payload: { format: 'f', data: '{ }' } }))
  await memory.addMemoryItem(
    message('old', { createdAt: 5, idempotencyKey: 'k', sequence: 3, expiresAt: '2099-01-01' }),
  )
  await memory.addMemoryItem(message('elsewhere', { tenantId: 't', userId: 'bob', sessionId: 's' }))
  await memory.updateSession({ userId: 'ada', sessionId: 'chat', metadata: { title: 'Chat' }, retentionDays: 9999 })
  await memory.updateSession({ userId: 'ada', sessionId: 'empty', metadata: { title: 'Nothing yet' } })
  return memory
}

function importText(memory: TieredStorageManager, text: string, more: object = {}) {
  return importItems(memory, [textSource(text)], more)
}

describe('an export', () => {
  it('that is imported elsewhere gives the same export there', async () => {
    const text = await exported(await filled())
    const elsewhere = emptyPlace('in-process').open()
    expect(await importText(elsewhere, text)).toMatchObject({ added: 4, refused: 0, complete: true })
    const sorted = (lines: string): string[] => lines.split('\n').sort()
    expect(sorted(await exported(elsewhere))).toEqual(sorted(text))
  })

  it('that is imported again changes nothing, and brings back nothing that was deleted', async () => {
    const memory = await filled()
    const text = await exported(memory)
    const [first] = await memory.getConversationHistory({ userId: 'ada', sessionId: 'chat' })
    await memory.deleteMemoryItem(first!.id)
    await memory.updateSession({ userId: 'ada', sessionId: 'chat', metadata: { title: 'Renamed' } })
    const before = await exported(memory)
    expect(await importText(memory, text)).toMatchObject({ alreadyThere: 3 })
    expect(await exported(memory)).toBe(before)
  })

  it('does not bring back a session that was deleted since', async () => {
    const memory = await filled()
    const text = await exported(memory)
    await memory.deleteSession({ userId: 'ada', sessionId: 'chat' })
    expect(await importText(memory, text)).toMatchObject({ added: 0, erased: 3, alreadyThere: 1 })
    expect(await memory.getSession({ userId: 'ada', sessionId: 'chat' })).toBeUndefined()
  })

  it('says nothing of a session that was deleted since and begun anew', async () => {
    const memory = await filled()
    const text = await exported(memory)
    await memory.deleteSession(SESSION)
    await memory.addMemoryItem(message('a new start'))
    await importText(memory, text)
    expect((await memory.getSession(SESSION))!.metadata).toBeUndefined()
  })

  it('keeps what somebody says of a session while its items are stored', async () => {
    const text = await exported(await filled())
    const memory = emptyPlace('in-process').open()
    const target: ImportTarget = {
      addMemoryItem: (item) => memory.addMemoryItem(item),
      restoreMemoryItems: async (items) => {
        await memory.updateSession({ ...SESSION, metadata: { title: 'Renamed' } })
        return memory.restoreMemoryItems(items)
      },
      getSession: (address) => memory.getSession(address),
      updateSession: (change) => memory.updateSession(change),
      iterateConversationHistory: (query) => memory.iterateConversationHistory(query),
    }
    await importItems(target, [textSource(text)], {})
    expect((await memory.getSession(SESSION))!.metadata).toEqual({ title: 'Renamed' })
  })

  it('can become the conversation of somebody else, once', async () => {
    const memory = emptyPlace('in-process').open()
    const text = await exported(await filled())
    const moveTo = { userId: 'eve' }
    expect(await importText(memory, text, { moveTo })).toMatchObject({ added: 4 })
    expect(await importText(memory, text, { moveTo })).toMatchObject({ added: 0, alreadyThere: 4 })
    const items = await memory.getConversationHistory({ userId: 'eve', sessionId: 'chat' })
    expect(contents(items)).toEqual(['old', 'one', 'two'])
    expect((await memory.getSession({ userId: 'eve', sessionId: 'chat' }))!.metadata).toEqual({ title: 'Chat' })
  })

  it('with an item that the memory refuses keeps all others', async () => {
    const lines = (await exported(await filled())).split('\n')
    const broken = lines.map((line) => line.replace('"importance":0.25', '"importance":7'))
    const memory = emptyPlace('in-process').open()
    const report = await importText(memory, broken.join('\n'))
    expect(report).toMatchObject({ added: 3, refused: 1 })
    expect(report.problems[0]).toMatch(/^talk\.jsonl, line \d+: Cannot .*importance/)
  })

  it.each<[string, readonly unknown[], string]>([
    [
      'a later version',
      [{ ...HEADER, version: 2 }],
      'line 1: version: expected 1, which is all that this thermocline reads: received 2',
    ],
    ['an item without an id', [HEADER, { ...SESSION, content: 'a' }], 'line 2: id: expected text: received nothing'],
    [
      'an item without a time',
      [HEADER, { ...SESSION, id: 'i', content: 'a', contentType: 'note' }],
      'line 2: createdAt: expected milliseconds',
    ],
    [
      'a session without a user',
      [HEADER, { session: { sessionId: 's' } }],
      'line 2: userId: expected text: received nothing',
    ],
    [
      'settings that are none',
      [HEADER, { session: { ...SESSION, metadata: 1 } }],
      'line 2: session.metadata: expected an object',
    ],
    ['a line that is none', [HEADER, 7], 'line 2: line: expected an item or a session: received 7'],
  ])('with %s is refused, and says where', async (_, lines, message) => {
    // Two lines at least, as a single one would be a document.
    const text = jsonLines(...lines, { session: SESSION })
    expect(await refusals(textSource(text))).toEqual([expect.stringContaining(message)])
  })

  it('is asked for by name where something else is given', async () => {
    expect((await refusals(textSource('{"a":1}\n{"a":2}'), { format: 'thermocline' }))[0]).toContain(
      'talk.jsonl, line 1: expected the first line of an export',
    )
  })
})
