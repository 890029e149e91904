import { findRedisServer, HOW_TO_GET } from './find-services.mjs'
import { LOCAL_HOST, onFreePort } from './free-port.ts'
import { type RunningProcess, startProcess } from './processes.ts'
import { sendCommand } from './resp.ts'

export interface RedisOptions {
  /** @default a free one */
  readonly port?: number
  /** Further arguments of redis-server, such as `['--maxmemory', '8mb']`. They win over the defaults. */
  readonly args?: readonly string[]
  /** Where it keeps its files; stays after `stop()`. @default a temporary folder */
  readonly dataDir?: string
}

export interface RedisServer extends RunningProcess {
  readonly host: string
  readonly port: number
  readonly url: string
}

/** Starts a real redis-server on 127.0.0.1: empty, and without persistence unless `args` ask for it. */
export async function startRedis({ port, args = [], dataDir }: RedisOptions = {}): Promise<RedisServer> {
  const command = findRedisServer()
  if (!command) throw new Error(`Cannot start redis-server: not found: ${HOW_TO_GET.redis}`)
  return onFreePort(port, async (port) => {
    const running = await startProcess({
      name: 'redis',
      command,
      args: (workDir) => [
        ...['--bind', LOCAL_HOST, '--port', String(port), '--dir', dataDir ?? workDir],
        ...['--save', '', '--appendonly', 'no', ...args],
      ],
      isReady: ({ pid }) => answers(port, pid),
    })
    return { ...running, host: LOCAL_HOST, port, url: `redis://${LOCAL_HOST}:${port}` }
  })
}

async function answers(port: number, pid: number): Promise<boolean> {
  const address = { host: LOCAL_HOST, port }
  const pong = await sendCommand(address, ['PING'])
  // With --requirepass it answers, but not to us.
  if (pong instanceof Error) return pong.message.startsWith('NOAUTH')
  // Somebody else's server may listen there while ours fails to bind.
  const info = await sendCommand(address, ['INFO', 'server'])
  return pong === 'PONG' && String(info).includes(`process_id:${pid}\r\n`)
}
