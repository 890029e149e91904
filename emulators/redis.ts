import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findRedisServer, HOW_TO_GET } from './find-services.mjs'
import { LOCAL_HOST, onFreePort } from './free-port.ts'
import { type RunningProcess, startProcess } from './processes.ts'
import { type RedisAddress, sendCommand } from './resp.ts'

export interface RedisOptions {
  /** @default a free one */
  readonly port?: number
  /** Further arguments of redis-server, such as `['--maxmemory', '8mb']`. They win over the defaults. */
  readonly args?: readonly string[]
  /** Lines of a configuration file, which the server may rewrite. @default no file */
  readonly config?: readonly string[]
  /** Where it keeps its files; stays after `stop()`. @default a temporary folder */
  readonly dataDir?: string
  /** What it asks of clients, and tells the primary it copies from. @default none */
  readonly password?: string
  /** TLS on its port, and no plain connections; towards other servers too. @default false */
  readonly tls?: boolean
}

export interface RedisServer extends RunningProcess, RedisAddress {
  readonly url: string
  /** Kills it if that has not been done, and starts it on the same port with its files, as what this resolves with. */
  restart(): Promise<RedisServer>
}

// Signed by itself, for 127.0.0.1 and localhost, until 2120. Its key is public: good for tests only.
const CERTIFICATE = fileURLToPath(new URL('tls/cert.pem', import.meta.url))
const KEY = fileURLToPath(new URL('tls/key.pem', import.meta.url))

/** Starts a real redis-server on 127.0.0.1: empty, and without persistence unless `args` ask for it. */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  return onFreePort(options.port, (port) => startOn(port, options))
}

async function startOn(port: number, options: RedisOptions, earlier?: RunningProcess): Promise<RedisServer> {
  const command = findRedisServer()
  if (!command) throw new Error(`Cannot start redis-server: not found: ${HOW_TO_GET.redis}`)
  const address = addressOf(port, options)
  const running = await startProcess({
    name: 'redis',
    command,
    args: (workDir) => redisArgs(port, options, options.dataDir ?? workDir),
    isReady: ({ pid }) => answers(address, pid),
  })
  const stop = async () => {
    await running.stop()
    // Whose work folder holds the files that were found again.
    await earlier?.stop()
  }
  return {
    ...running,
    ...address,
    url: `${options.tls ? 'rediss' : 'redis'}://${LOCAL_HOST}:${port}`,
    restart: async () => {
      await running.kill()
      return startOn(port, { ...options, dataDir: options.dataDir ?? running.workDir }, { ...running, stop })
    },
    stop,
  }
}

function addressOf(port: number, { password, tls }: RedisOptions): RedisAddress {
  return {
    host: LOCAL_HOST,
    port,
    ...(password !== undefined && { password }),
    ...(tls && { tls: { ca: readFileSync(CERTIFICATE, 'utf8') } }),
  }
}

function redisArgs(port: number, { args = [], config, password, tls }: RedisOptions, dataDir: string): string[] {
  const file = join(dataDir, 'redis.conf')
  if (config && !existsSync(file)) writeFileSync(file, `${config.join('\n')}\n`)
  return [
    ...(config ? [file] : []),
    ...['--bind', LOCAL_HOST, '--port', String(tls ? 0 : port), '--dir', dataDir],
    ...['--save', '', '--appendonly', 'no'],
    ...(password === undefined ? [] : ['--requirepass', password, '--masterauth', password]),
    ...(tls ? tlsArgs(port) : []),
    ...args,
  ]
}

function tlsArgs(port: number): string[] {
  return [
    ...['--tls-port', String(port), '--tls-auth-clients', 'no', '--tls-replication', 'yes', '--tls-cluster', 'yes'],
    ...['--tls-cert-file', CERTIFICATE, '--tls-key-file', KEY, '--tls-ca-cert-file', CERTIFICATE],
  ]
}

async function answers(address: RedisAddress, pid: number): Promise<boolean> {
  const pong = await sendCommand(address, ['PING'])
  // With users set by `args` it answers, but not to us.
  if (pong instanceof Error) return pong.message.startsWith('NOAUTH')
  // Somebody else's server may listen there while ours fails to bind.
  const info = await sendCommand(address, ['INFO', 'server'])
  return pong === 'PONG' && String(info).includes(`process_id:${pid}\r\n`)
}

/** Restarts one of several, and puts the new process in its place among them. */
export async function restartAmong(servers: RedisServer[], { port }: RedisServer): Promise<RedisServer> {
  const index = servers.findIndex((server) => server.port === port)
  const before = servers[index]
  if (!before) throw new Error(`Cannot restart a server: not one of these: received port ${port}`)
  const again = await before.restart()
  servers[index] = again
  return again
}
