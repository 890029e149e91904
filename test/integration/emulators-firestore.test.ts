import { existsSync } from 'node:fs'
import { type DocumentData, Firestore, Timestamp } from '@google-cloud/firestore'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { type FirestoreEmulator, startFirestoreEmulator } from '../../emulators/firestore-emulator.ts'
import { isRunning } from '../../emulators/processes.ts'

describe('Firestore emulator, restarted', () => {
  let emulator: FirestoreEmulator
  const clients: Firestore[] = []

  beforeAll(async () => {
    vi.stubEnv('METADATA_SERVER_DETECTION', 'none')
    emulator = await startFirestoreEmulator({ heapMb: 256 })
  })

  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.terminate()))
  })

  afterAll(async () => {
    await emulator?.stop()
    vi.unstubAllEnvs()
  })

  function connect(projectId: string, databaseId = '(default)'): Firestore {
    const { host, port } = emulator
    const client = new Firestore({ projectId, databaseId, host: `${host}:${port}`, ssl: false })
    clients.push(client)
    return client
  }

  async function dataOf(client: Firestore, path = 'lakes/bled'): Promise<DocumentData | undefined> {
    return (await client.doc(path).get()).data()
  }

  it('is empty, on the same port, and a client goes on', async () => {
    const client = connect('emptied')
    await client.doc('lakes/bled').set({ depth: 30 })
    const { port, pid } = emulator
    await emulator.restart()
    expect(await dataOf(client)).toBeUndefined()
    expect(emulator.port).toBe(port)
    expect(emulator.pid).not.toBe(pid)
    expect(isRunning(pid)).toBe(false)
    await client.doc('lakes/bled').set({ depth: 31 })
    expect(await dataOf(client)).toEqual({ depth: 31 })
  })

  it('has what was saved, with values of every kind, in that database of any project', async () => {
    const values = {
      texts: ['', 'a\u0000b', 'kühl 🌊', 'x'.repeat(200_000)],
      bytes: Buffer.from([0, 255, 10]),
      numbers: [0, -1, 1.5, Number.MAX_SAFE_INTEGER],
      time: Timestamp.fromMillis(1_700_000_000_123),
      nothing: null,
      map: { empty: {}, list: [], yes: true },
    }
    const client = connect('p', 'second')
    for (const one of [client, connect('p')]) await one.doc('a/b/lakes/bled').set(values)
    const saved = await emulator.save('p', 'second')
    await client.doc('a/b/lakes/bled').set({ depth: 30 })
    await emulator.restart(saved)
    expect(await dataOf(client, 'a/b/lakes/bled')).toEqual(values)
    expect(await dataOf(connect('q', 'second'), 'a/b/lakes/bled')).toEqual(values)
    expect(await dataOf(connect('p'), 'a/b/lakes/bled')).toBeUndefined()
  })

  it('has the same as often as wanted, after a crash too', async () => {
    const client = connect('again')
    await client.doc('lakes/bled').set({ depth: 30 })
    const saved = await emulator.save('again')
    for (const depth of [1, 2]) {
      await client.doc('lakes/bled').set({ depth })
      await emulator.kill()
      expect(await emulator.ended).toBe('SIGKILL')
      await emulator.restart(saved)
      expect(await dataOf(client)).toEqual({ depth: 30 })
    }
  })

  it('says what cannot be saved', async () => {
    await expect(emulator.save('p', 'no/such')).rejects.toThrow(/^Cannot save projects\/p\/databases\/no\/such: /)
  })

  it('leaves no process and no folder after stop', async () => {
    const { file } = await emulator.save('any')
    const first = { pid: emulator.pid, workDir: emulator.workDir }
    await emulator.restart()
    const second = { pid: emulator.pid, workDir: emulator.workDir }
    expect(existsSync(file)).toBe(true)
    await emulator.stop()
    await emulator.stop()
    expect([first, second].filter(({ pid, workDir }) => isRunning(pid) || existsSync(workDir))).toEqual([])
    expect(existsSync(file)).toBe(false)
  })
})
