import { createConnection } from 'node:net'
import { connect } from 'node:tls'
import type { TcpAddress } from './free-port.ts'

/** A reply of Redis; an error reply is an Error, not thrown. */
export type RespValue = string | number | null | Error | readonly RespValue[]

export interface RedisAddress extends TcpAddress {
  readonly password?: string
  /** Speaks TLS, and trusts certificates signed by this one (PEM). */
  readonly tls?: { readonly ca: string }
}

/** Sends one command over a connection of its own, without any client library, and gives the reply. */
export function sendCommand(
  { host, port, password, tls }: RedisAddress,
  command: readonly string[],
  { timeoutMs = 1_000 }: { readonly timeoutMs?: number } = {},
): Promise<RespValue> {
  const { promise, resolve, reject } = Promise.withResolvers<RespValue>()
  const fail = (reason: string) => reject(new Error(`Cannot send ${command[0]} to ${host}:${port}: ${reason}`))
  const commands = password === undefined ? [command] : [['AUTH', password], command]
  const socket = tls ? connect({ host, port, ca: tls.ca }) : createConnection({ host, port })
  const timer = setTimeout(() => fail(`no reply after ${timeoutMs} ms`), timeoutMs)
  let received = ''
  socket.write(commands.map(encodeCommand).join(''))
  socket.on('data', (bytes) => {
    received += bytes.toString('latin1')
    const replies = parseArray(received, 0, commands.length)?.value
    if (replies) resolve(replies.find((reply) => reply instanceof Error) ?? replies.at(-1) ?? null)
  })
  socket.once('error', (error) => fail(error.message))
  socket.once('close', () => fail('connection closed'))
  return promise.finally(() => {
    clearTimeout(timer)
    socket.destroy()
  })
}

const ASK_TIMEOUT_MS = 5_000

/** The same with more patience, for setting up: an error reply is thrown. */
export async function ask(address: RedisAddress, ...command: readonly string[]): Promise<RespValue> {
  const reply = await sendCommand(address, command, { timeoutMs: ASK_TIMEOUT_MS })
  if (!(reply instanceof Error)) return reply
  throw new Error(`Cannot ${command.slice(0, 2).join(' ')} at port ${address.port}: received ${reply.message}`)
}

function encodeCommand(command: readonly string[]): string {
  const parts = command.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`)
  return `*${command.length}\r\n${parts.join('')}`
}

interface Parsed<T = RespValue> {
  readonly value: T
  readonly next: number
}

/** Reads one RESP2 value from text in which each character is a byte; undefined while it is incomplete. */
export function parseReply(text: string, start = 0): Parsed | undefined {
  const end = text.indexOf('\r\n', start)
  if (end < 0) return undefined
  const line = text.slice(start + 1, end)
  const next = end + 2
  switch (text[start]) {
    case '+':
      return { value: utf8(line), next }
    case '-':
      return { value: new Error(utf8(line)), next }
    case ':':
      return { value: Number(line), next }
    case '$':
      return parseBulk(text, next, Number(line))
    case '*':
      return Number(line) < 0 ? { value: null, next } : parseArray(text, next, Number(line))
    default:
      throw new Error(`Cannot read a reply of Redis: unknown type: received ${JSON.stringify(text[start])}`)
  }
}

function parseBulk(text: string, start: number, length: number): Parsed | undefined {
  if (length < 0) return { value: null, next: start }
  if (text.length < start + length + 2) return undefined
  return { value: utf8(text.slice(start, start + length)), next: start + length + 2 }
}

function parseArray(text: string, start: number, length: number): Parsed<readonly RespValue[]> | undefined {
  const values: RespValue[] = []
  let next = start
  for (let i = 0; i < length; i++) {
    const item = parseReply(text, next)
    if (!item) return undefined
    values.push(item.value)
    next = item.next
  }
  return { value: values, next }
}

function utf8(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8')
}
