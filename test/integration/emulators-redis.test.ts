import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { isRunning } from '../../emulators/processes.ts'
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

  it('restarts on its port with the snapshot it saved, as often as wanted, and leaves no folder', async () => {
    const first = await redis()
    await sendCommand(first, ['SET', 'k', 'saved'])
    await sendCommand(first, ['SAVE'])
    await sendCommand(first, ['SET', 'k', 'not saved'])
    const second = await first.restart()
    started.push(second)
    expect(second.port).toBe(first.port)
    expect(await sendCommand(second, ['GET', 'k'])).toBe('saved')
    await second.kill()
    const third = await second.restart()
    expect(await sendCommand(third, ['GET', 'k'])).toBe('saved')
    await third.stop()
    expect([first, second, third].filter(({ pid, workDir }) => isRunning(pid) || existsSync(workDir))).toEqual([])
  })

  it('asks for its password, and for that alone', async () => {
    const server = await redis({ password: 'deep' })
    expect(await sendCommand(server, ['SET', 'k', 'v'])).toBe('OK')
    const { host, port } = server
    expect(await sendCommand({ host, port }, ['GET', 'k'])).toMatchObject({ message: expect.stringMatching(/^NOAUTH/) })
    expect(await sendCommand({ host, port, password: 'shallow' }, ['GET', 'k'])).toBeInstanceOf(Error)
  })

  it('speaks TLS only, with a certificate that is to be trusted for its address', async () => {
    const server = await redis({ tls: true })
    expect(server.url).toBe(`rediss://127.0.0.1:${server.port}`)
    expect(await sendCommand(server, ['SET', 'k', 'v'])).toBe('OK')
    const { host, port, tls } = server
    expect(await sendCommand({ host: 'localhost', port, ...(tls && { tls }) }, ['GET', 'k'])).toBe('v')
    await expect(sendCommand({ host, port }, ['GET', 'k'])).rejects.toThrow()
    await expect(sendCommand({ host, port, tls: { ca: '' } }, ['GET', 'k'])).rejects.toThrow(/self.signed certificate/)
  })

  it('has users and hidden commands by arguments', async () => {
    const user = ['--user', 'ada', 'on', '>deep', '~*', '+@all']
    const server = await redis({ args: [...user, '--user', 'default', 'off', '--rename-command', 'CONFIG', ''] })
    expect(await sendCommand(server, ['GET', 'k'])).toMatchObject({ message: expect.stringMatching(/^NOAUTH/) })
    expect(await sendCommand(server, ['AUTH', 'ada', 'shallow'])).toBeInstanceOf(Error)
    expect(await sendCommand(server, ['AUTH', 'ada', 'deep'])).toBe('OK')
    const open = await redis({ args: ['--rename-command', 'CONFIG', ''] })
    const reply = await sendCommand(open, ['CONFIG', 'GET', 'maxmemory'])
    expect(reply).toMatchObject({ message: expect.stringMatching(/unknown command/) })
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
