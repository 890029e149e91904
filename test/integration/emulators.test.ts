import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type FirestoreEmulator, startFirestoreEmulator } from '../../emulators/firestore-emulator.ts'
import type { TcpAddress } from '../../emulators/free-port.ts'
import { isRunning } from '../../emulators/processes.ts'
import { sendCommand } from '../../emulators/resp.ts'

describe('Firestore emulator', () => {
  let emulator: FirestoreEmulator

  beforeAll(async () => {
    emulator = await startFirestoreEmulator()
  })

  afterAll(async () => {
    await emulator?.stop()
  })

  function documentUrl(project: string): string {
    const { host, port } = emulator
    return `http://${host}:${port}/v1/projects/${project}/databases/(default)/documents/lakes/bled`
  }

  async function writeDocument(project: string, depth: string): Promise<void> {
    const response = await fetch(documentUrl(project), {
      method: 'PATCH',
      headers: { authorization: 'Bearer owner', 'content-type': 'application/json' },
      body: JSON.stringify({ fields: { depth: { stringValue: depth } } }),
    })
    expect(response.status).toBe(200)
  }

  /** Its depth, or the HTTP status if there is no such document. */
  async function readDocument(project: string, timeoutMs = 10_000): Promise<string | number> {
    const headers = { authorization: 'Bearer owner' }
    const response = await fetch(documentUrl(project), { headers, signal: AbortSignal.timeout(timeoutMs) })
    if (!response.ok) return response.status
    const { fields } = (await response.json()) as { fields: { depth: { stringValue: string } } }
    return fields.depth.stringValue
  }

  it('gives back a document that was written', async () => {
    await writeDocument('written', '30 m')
    expect(await readDocument('written')).toBe('30 m')
  })

  it('says what a client needs in its environment', () => {
    expect(emulator.env).toEqual({
      FIRESTORE_EMULATOR_HOST: `127.0.0.1:${emulator.port}`,
      METADATA_SERVER_DETECTION: 'none',
    })
  })

  it('resets one project and leaves others alone', async () => {
    await writeDocument('emptied', '1 m')
    await writeDocument('kept', '2 m')
    await emulator.reset('emptied')
    expect(await readDocument('emptied')).toBe(404)
    expect(await readDocument('kept')).toBe('2 m')
  })

  it('answers nothing while paused, and again once resumed', async () => {
    await writeDocument('frozen', '3 m')
    await emulator.pause()
    await expect(readDocument('frozen', 300)).rejects.toThrow(/timeout/)
    emulator.resume()
    await vi.waitFor(async () => expect(await readDocument('frozen')).toBe('3 m'), 5_000)
  })

  it('forgets everything with a kill, and leaves nothing after stop', async () => {
    await writeDocument('lost', '4 m')
    const { port } = emulator
    await emulator.kill('SIGKILL')
    await expect(readDocument('lost')).rejects.toThrow()
    await emulator.stop()
    expect(isRunning(emulator.pid)).toBe(false)
    expect(existsSync(emulator.workDir)).toBe(false)
    emulator = await startFirestoreEmulator({ port })
    expect(await readDocument('lost')).toBe(404)
  })

  it('refuses browsers and phones everything under firestore.rules', async () => {
    const { host, port } = emulator
    const content = readFileSync(new URL('../../firestore.rules', import.meta.url), 'utf8')
    const loaded = await fetch(`http://${host}:${port}/emulator/v1/projects/guarded:securityRules`, {
      method: 'PUT',
      body: JSON.stringify({ rules: { files: [{ name: 'firestore.rules', content }] } }),
    })
    expect(loaded.status, await loaded.text()).toBe(200)
    await writeDocument('guarded', '5 m')
    expect((await fetch(documentUrl('guarded'))).status).toBe(403)
    expect((await fetch(documentUrl('guarded'), { method: 'PATCH', body: '{}' })).status).toBe(403)
  })

  it('says how to get what is missing', async () => {
    vi.stubEnv('THERMOCLINE_FIRESTORE_JAR', '/nowhere/emulator.jar')
    await expect(startFirestoreEmulator()).rejects.toThrow(/its jar was not found: .* THERMOCLINE_FIRESTORE_JAR/)
    vi.stubEnv('PATH', '/nowhere')
    vi.stubEnv('JAVA_HOME', '')
    await expect(startFirestoreEmulator()).rejects.toThrow(/no Java found: install Java 17/)
    vi.unstubAllEnvs()
  })
})

describe('npm run emulators', () => {
  const main = fileURLToPath(new URL('../../emulators/main.ts', import.meta.url))

  async function started(...args: readonly string[]) {
    const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output += text
    })
    await vi.waitFor(() => expect(output).toContain('Ctrl-C'), 30_000)
    const exported = (name: string) => new RegExp(`^export ${name}=(.*)$`, 'm').exec(output)?.[1] ?? `no ${name}`
    return { child, exported }
  }

  function addresses(list: string): readonly TcpAddress[] {
    return list.split(',').map((address) => {
      const [host = '', port] = address.split(':')
      return { host, port: Number(port) }
    })
  }

  it('prints what to export, stays, and stops both at Ctrl-C', async () => {
    const { child, exported } = await started()
    const address = { host: exported('REDIS_HOST'), port: Number(exported('REDIS_PORT')) }
    expect(exported('GOOGLE_CLOUD_PROJECT')).toBe('demo-thermocline')
    expect(exported('REDIS_CLUSTER')).toMatch(/^no /)
    expect(await sendCommand(address, ['PING'])).toBe('PONG')
    expect(await (await fetch(`http://${exported('FIRESTORE_EMULATOR_HOST')}/`)).text()).toMatch(/ok/i)
    await delay(100)
    expect(child.exitCode).toBeNull()
    child.kill('SIGINT')
    expect(await once(child, 'exit')).toEqual([0, null])
    await expect(sendCommand(address, ['PING'])).rejects.toThrow('ECONNREFUSED')
    await expect(fetch(`http://${exported('FIRESTORE_EMULATOR_HOST')}/`)).rejects.toThrow()
  })

  it('starts a cluster and a Sentinel set beside them, and outlives a node that is lost', async () => {
    const { child, exported } = await started('--cluster', '--sentinel')
    const nodes = addresses(exported('REDIS_CLUSTER'))
    const sentinels = addresses(exported('REDIS_SENTINELS'))
    expect([nodes.length, sentinels.length]).toEqual([3, 3])
    for (const node of nodes) expect(await sendCommand(node, ['CLUSTER', 'INFO'])).toContain('cluster_state:ok')
    for (const sentinel of sentinels) {
      const reply = await sendCommand(sentinel, [
        'SENTINEL',
        'GET-MASTER-ADDR-BY-NAME',
        exported('REDIS_SENTINEL_NAME'),
      ])
      expect(reply).toEqual(['127.0.0.1', expect.any(String)])
    }
    const [lost, other] = nodes as [TcpAddress, TcpAddress]
    await sendCommand(lost, ['SHUTDOWN', 'NOSAVE']).catch(() => {})
    await delay(100)
    expect(child.exitCode).toBeNull()
    expect(await sendCommand(other, ['PING'])).toBe('PONG')
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([0, null])
    for (const address of [other, ...sentinels]) {
      await expect(sendCommand(address, ['PING'])).rejects.toThrow('ECONNREFUSED')
    }
  })

  it('refuses arguments that it does not know, and ports that are none', async () => {
    for (const args of [['--redis'], ['--redis-port', 'six']]) {
      const child = spawn(process.execPath, [main, ...args], { stdio: 'ignore' })
      expect(await once(child, 'exit')).toEqual([2, null])
    }
  })
})
