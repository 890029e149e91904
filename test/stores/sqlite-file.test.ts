import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it, vi } from 'vitest'
import { sqliteDurableStore } from '../../src/stores/sqlite/durable-store.ts'
import { chat, entry, REVIEW, sqliteFolder } from './sqlite-folder.ts'

const isPosix = process.platform !== 'win32'

function openUnprivileged(file: string): string {
  // A temporary folder is closed to others; what is tested is what is closed within it.
  for (let folder = dirname(file); folder !== tmpdir() && folder !== dirname(folder); folder = dirname(folder)) {
    chmodSync(folder, statSync(folder).mode | 0o055)
  }
  return execFileSync(process.execPath, [join(import.meta.dirname, 'open-unprivileged.ts'), file], {
    encoding: 'utf8',
  }).trim()
}

describe('the file of a SQLite store', () => {
  const { path, open } = sqliteFolder()

  it('is made with its folders', async () => {
    const store = await open({ path: path('a/b/memory.db') })
    await store.append(chat, [entry('one')], REVIEW)
    expect(statSync(path('a/b/memory.db')).isFile()).toBe(true)
  })

  it.runIf(isPosix)('is readable by its owner only, and so are its side files', async () => {
    const store = await open()
    await store.append(chat, [entry('one')], REVIEW)
    for (const suffix of ['', '-wal', '-shm']) expect(statSync(path() + suffix).mode & 0o777, suffix).toBe(0o600)
  })

  it.each([
    ['full', 2],
    ['normal', 1],
  ] as const)('is synced as asked for: %s', async (synchronous, level) => {
    const exec = vi.spyOn(DatabaseSync.prototype, 'exec')
    const store = await open({ synchronous })
    const database = exec.mock.contexts[0] as DatabaseSync
    exec.mockRestore()
    await store.append(chat, [entry('one')], REVIEW)
    expect(database.prepare('PRAGMA synchronous').get()?.synchronous).toBe(level)
    expect(database.prepare('PRAGMA journal_mode').get()?.journal_mode).toBe('wal')
  })

  it('is synced in full where nothing is said', async () => {
    const exec = vi.spyOn(DatabaseSync.prototype, 'exec')
    await open()
    const database = exec.mock.contexts[0] as DatabaseSync
    exec.mockRestore()
    expect(database.prepare('PRAGMA synchronous').get()?.synchronous).toBe(2)
  })

  it('is refused, and left as it is, where it is of another program', async () => {
    const foreign = new DatabaseSync(path())
    foreign.exec('CREATE TABLE recipes (name TEXT); INSERT INTO recipes VALUES (1)')
    foreign.close()
    const before = readFileSync(path())
    await expect(open()).rejects.toMatchObject({ code: 'STORE_VERSION' })
    expect(readFileSync(path()).equals(before)).toBe(true)
  })

  it('is refused, and left as it is, where a later version wrote it', async () => {
    const store = await open()
    await store.append(chat, [entry('one')], REVIEW)
    await store.close()
    const later = new DatabaseSync(path())
    later.exec('PRAGMA user_version = 99; ALTER TABLE tail ADD COLUMN new_in_2 TEXT')
    later.close()
    const before = readFileSync(path())
    await expect(open()).rejects.toMatchObject({ code: 'STORE_VERSION', message: expect.stringContaining('schema 99') })
    expect(readFileSync(path()).equals(before)).toBe(true)
  })

  it('is refused where it is no database', async () => {
    writeFileSync(path(), 'These are my notes, and no database.\n'.repeat(100))
    const before = readFileSync(path())
    await expect(open()).rejects.toMatchObject({ code: 'STORE_FAILED', details: { sqliteCode: 26 } })
    expect(readFileSync(path()).equals(before)).toBe(true)
  })

  it('fails with a typed error where its path cannot be one of a file', async () => {
    mkdirSync(path('folder'))
    writeFileSync(path('file'), '')
    for (const impossible of [path('folder'), path('file/memory.db'), path('nul\0.db')])
      await expect(open({ path: impossible })).rejects.toMatchObject({ name: 'ThermoclineError' })
    await expect(open({ path: path('folder') })).rejects.toMatchObject({ code: expect.stringMatching(/^STORE_/) })
  })

  it('can be opened by the same object once the reason for a failure is gone', async () => {
    const foreign = new DatabaseSync(path())
    foreign.exec('CREATE TABLE recipes (name TEXT)')
    const store = sqliteDurableStore({ path: path() })
    await expect(store.open()).rejects.toMatchObject({ code: 'STORE_VERSION' })
    await expect(store.append(chat, [entry('one')], REVIEW)).rejects.toMatchObject({ code: 'NOT_OPEN' })
    foreign.exec('DROP TABLE recipes')
    foreign.close()
    await store.open()
    await store.append(chat, [entry('one')], REVIEW)
    await store.close()
  })

  it.runIf(isPosix)('fails with a typed error in a read-only folder', () => {
    mkdirSync(path('locked'), { mode: 0o555 })
    expect(openUnprivileged(path('locked/memory.db'))).toBe('STORE_UNAVAILABLE')
  })

  it.runIf(isPosix)('fails with a typed error where it is read-only itself', async () => {
    await (await open()).close()
    chmodSync(path(), 0o444)
    expect(openUnprivileged(path())).toBe('STORE_UNAVAILABLE')
  })

  it('fails with a typed error where it was damaged', async () => {
    const store = await open()
    for (let i = 0; i < 50; i++) await store.append(chat, [entry('x'.repeat(2000))], REVIEW)
    await store.close()
    const bytes = readFileSync(path())
    bytes.fill(0x5a, 4096)
    writeFileSync(path(), bytes)
    const damaged = open().then((again) => again.load(chat.key))
    await expect(damaged).rejects.toMatchObject({ code: 'STORE_FAILED' })
  })
})
