import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { type FirestoreEmulator, startFirestoreEmulator } from '../../emulators/firestore-emulator.ts'
import { type RedisOptions, type RedisServer, startRedis } from '../../emulators/redis.ts'
import { sendCommand } from '../../emulators/resp.ts'

describe('redis', () => {
  const started: RedisServer[] = []

  afterEach(async () => {
    await Promise.all(started.splice(0).map((server) => server.stop()))
  })

  async function redis(options?: RedisOptions): Promise<RedisServer> {
    const server = await startRedis(options)
    started.push(server)
    return server
  }

  it('gives back what was set, and starts empty', async () => {
    const server = await redis()
    expect(await sendCommand(server, ['DBSIZE'])).toBe(0)
    expect(await sendCommand(server, ['SET', 'lake', 'kühl\r\n'])).toBe('OK')
    expect(await sendCommand(server, ['GET', 'lake'])).toBe('kühl\r\n')
    expect(await sendCommand(server, ['GET', 'sea'])).toBeNull()
    expect(await sendCommand(server, ['MGET', 'lake', 'sea'])).toEqual(['kühl\r\n', null])
    expect(await sendCommand(server, ['INCR', 'lake'])).toBeInstanceOf(Error)
  })

  it('listens on 127.0.0.1 only, keeps nothing on disk, and says where it is', async () => {
    const server = await redis()
    expect(server.url).toBe(`redis://127.0.0.1:${server.port}`)
    expect(await sendCommand(server, ['CONFIG', 'GET', 'bind'])).toEqual(['bind', '127.0.0.1'])
    expect(await sendCommand(server, ['CONFIG', 'GET', 'save'])).toEqual(['save', ''])
    expect(await sendCommand(server, ['CONFIG', 'GET', 'appendonly'])).toEqual(['appendonly', 'no'])
  })

  it('answers nothing while paused, and what was sent then once resumed', async () => {
    const server = await redis()
    await server.pause()
    await expect(sendCommand(server, ['SET', 'k', 'v'], { timeoutMs: 200 })).rejects.toThrow('no reply after 200 ms')
    server.resume()
    await vi.waitFor(async () => expect(await sendCommand(server, ['GET', 'k'])).toBe('v'))
  })

  it('refuses connections after a kill, and starts again on the same port', async () => {
    const server = await redis()
    await server.kill('SIGKILL')
    expect(await server.ended).toBe('SIGKILL')
    await expect(sendCommand(server, ['PING'])).rejects.toThrow('ECONNREFUSED')
    const again = await redis({ port: server.port })
    expect(await sendCommand(again, ['PING'])).toBe('PONG')
  })

  it('finds its data again in a folder of the caller, which stays', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'thermocline-data-'))
    try {
      const options = { dataDir, args: ['--appendonly', 'yes', '--appendfsync', 'always'] }
      const first = await redis(options)
      await sendCommand(first, ['SET', 'k', 'v'])
      await first.kill()
      await first.stop()
      expect(await sendCommand(await redis(options), ['GET', 'k'])).toBe('v')
    } finally {
      rmSync(dataDir, { recursive: true })
    }
  })

  it('leaves neither process nor folder after stop, even if paused, and may be stopped again', async () => {
    const server = await redis()
    await server.pause()
    await server.stop()
    await server.stop()
    expect(isRunning(server.pid)).toBe(false)
    expect(existsSync(server.workDir)).toBe(false)
  })

  it('says what redis-server wrote when it does not start', async () => {
    await expect(startRedis({ args: ['--maxmemory', 'plenty'] })).rejects.toThrow(
      /^Cannot start redis: ended with code 1: it wrote\n[\s\S]*maxmemory/,
    )
    const server = await redis()
    await expect(startRedis({ port: server.port })).rejects.toThrow(/in use/i)
  })

  it('says how to get redis-server where there is none', async () => {
    vi.stubEnv('PATH', '/nowhere')
    await expect(startRedis()).rejects.toThrow(/^Cannot start redis-server: not found: install it with/)
    vi.unstubAllEnvs()
  })

  it('dies with its maker, even if that is killed with SIGKILL', async () => {
    const module = JSON.stringify(new URL('../../emulators/redis.ts', import.meta.url).href)
    const script = `import { startRedis } from ${module}; console.log(JSON.stringify(await startRedis())); setInterval(() => {}, 1e3)`
    const maker = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = await once(maker.stdout, 'data')
    const { pid, workDir } = JSON.parse(String(line)) as RedisServer
    expect(isRunning(pid)).toBe(true)
    maker.kill('SIGKILL')
    await vi.waitFor(() => expect([isRunning(pid), existsSync(workDir)]).toEqual([false, false]), 5_000)
  })
})

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

  it('prints what to export, stays, and stops both at Ctrl-C', async () => {
    const child = spawn(process.execPath, [main], { stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output += text
    })
    await vi.waitFor(() => expect(output).toContain('Ctrl-C'), 30_000)
    const address = { host: exported('REDIS_HOST'), port: Number(exported('REDIS_PORT')) }
    expect(exported('GOOGLE_CLOUD_PROJECT')).toBe('demo-thermocline')
    expect(await sendCommand(address, ['PING'])).toBe('PONG')
    expect(await (await fetch(`http://${exported('FIRESTORE_EMULATOR_HOST')}/`)).text()).toMatch(/ok/i)
    await delay(100)
    expect(child.exitCode).toBeNull()
    child.kill('SIGINT')
    expect(await once(child, 'exit')).toEqual([0, null])
    await expect(sendCommand(address, ['PING'])).rejects.toThrow('ECONNREFUSED')
    await expect(fetch(`http://${exported('FIRESTORE_EMULATOR_HOST')}/`)).rejects.toThrow()

    function exported(name: string): string {
      return new RegExp(`^export ${name}=(.*)$`, 'm').exec(output)?.[1] ?? `no ${name} in ${output}`
    }
  })

  it('refuses arguments that it does not know, and ports that are none', async () => {
    for (const args of [['--redis'], ['--redis-port', 'six']]) {
      const child = spawn(process.execPath, [main, ...args], { stdio: 'ignore' })
      expect(await once(child, 'exit')).toEqual([2, null])
    }
  })
})

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
