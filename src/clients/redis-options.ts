import { ThermoclineError } from '../errors.ts'
import { checkNames, kindOf } from '../lib/check-names.ts'
import { checkNumberOption, invalidOption, type NumberRange } from '../lib/check-options.ts'

const PORTS: NumberRange = [1, 65_535, true]
const DATABASES: NumberRange = [0, 2_147_483_647, true]
/** Ways to say where Redis is. */
const PLACES = ['client', 'cluster', 'sentinel', 'redisHost', 'redisPort'] as const
const OF_CREDENTIALS = ['username', 'password', 'tls', 'db'] as const

/** All names of `RedisConnectionOptions`. */
export const REDIS_CONNECTION_NAMES: readonly string[] = Object.freeze([...PLACES, ...OF_CREDENTIALS])

/**
 * Refuses what can't be meant. Values of secrets are never in the message.
 * @throws ThermoclineError `INVALID_OPTION`
 */
export function checkRedisOptions(given: object): void {
  checkNames('INVALID_OPTION', 'Cannot connect to redis', given, REDIS_CONNECTION_NAMES)
  const options = given as Readonly<Record<string, unknown>>
  checkOnePlace(options)
  const { redisHost, redisPort, client, cluster, sentinel, username, password, tls, db } = options
  if (redisHost !== undefined) checkHost('redisHost', redisHost)
  if (redisPort !== undefined) checkNumberOption('redisPort', redisPort, PORTS)
  if (client !== undefined) checkClient(client)
  if (cluster !== undefined) checkAddresses('cluster', cluster)
  if (sentinel !== undefined) checkSentinel(sentinel)
  if (username !== undefined) checkText('username', username)
  if (password !== undefined && typeof password !== 'function') checkSecret('password', password)
  if (tls !== undefined && typeof tls !== 'boolean' && !isObject(tls)) {
    throw invalidOption('tls', 'true, false or options of tls.connect', tls)
  }
  if (db !== undefined) checkNumberOption('db', db, DATABASES)
}

function checkOnePlace(options: Readonly<Record<string, unknown>>): void {
  const isGiven = (name: string): boolean => options[name] !== undefined
  const [place, other] = PLACES.filter(isGiven)
  if (place === undefined || place === 'redisHost') return
  const others = place === 'client' ? OF_CREDENTIALS : place === 'cluster' ? (['db'] as const) : []
  const unread = other ?? others.find(isGiven)
  if (unread === undefined) return
  throw new ThermoclineError(
    'INVALID_OPTION',
    `Cannot connect to redis: option ${unread} has no meaning beside ${place}: expected one of them`,
    { details: { name: unread } },
  )
}

function checkClient(client: unknown): void {
  if (typeof client === 'function') return
  const slice = isObject(client) ? (client as Readonly<Record<string, unknown>>) : {}
  if (typeof slice.call === 'function' && typeof slice.callBuffer === 'function' && typeof slice.status === 'string') {
    return
  }
  throw invalidOption('client', 'a client of ioredis 6, or a function that makes one', client)
}

/**
 * Refuses a client whose settings would make copies wrong: names of keys that are changed on the way are not those that
 * the server tells of, and replicas are behind.
 * @throws ThermoclineError `INVALID_OPTION`
 */
export function checkClientSettings({ options = {} }: { readonly options?: object }): void {
  const { keyPrefix, scaleReads, redisOptions } = options as Readonly<Record<string, unknown>>
  const ofNodes = isObject(redisOptions) ? (redisOptions as Readonly<Record<string, unknown>>).keyPrefix : undefined
  if (keyPrefix || ofNodes) throw invalidOption('client', 'a client without a keyPrefix of its own', 'one with it')
  if (scaleReads !== undefined && scaleReads !== 'master')
    throw invalidOption('client', 'a client that reads from primaries (scaleReads: "master")', 'another')
}

function checkSentinel(sentinel: unknown): void {
  checkNames('INVALID_OPTION', 'Cannot use option sentinel', sentinel, ['name', 'sentinels', 'username', 'password'])
  const { name, sentinels, username, password } = sentinel as Readonly<Record<string, unknown>>
  checkText('sentinel.name', name)
  checkAddresses('sentinel.sentinels', sentinels)
  if (username !== undefined) checkText('sentinel.username', username)
  if (password !== undefined) checkSecret('sentinel.password', password)
}

function checkAddresses(name: string, addresses: unknown): void {
  if (!Array.isArray(addresses) || addresses.length === 0) {
    throw invalidOption(name, 'an array of { host, port }, not empty', addresses)
  }
  for (const [i, address] of addresses.entries()) {
    checkNames('INVALID_OPTION', `Cannot use option ${name}[${i}]`, address, ['host', 'port'])
    checkHost(`${name}[${i}].host`, address.host)
    checkNumberOption(`${name}[${i}].port`, address.port, PORTS)
  }
}

/** Whether it exists is for the resolver to say. What no host is called, such as a URL, would be asked for in vain. */
function checkHost(name: string, host: unknown): void {
  if (typeof host === 'string' && (/^[\w.-]{1,255}$/.test(host) || /^[\da-f:.%]{2,64}$/i.test(host))) return
  throw invalidOption(name, 'a host name or an address, without a scheme or a port', host)
}

function checkText(name: string, text: unknown): void {
  if (typeof text === 'string' && text !== '') return
  throw invalidOption(name, 'text', text)
}

/** Never with what was received. */
function checkSecret(name: string, secret: unknown): void {
  if (typeof secret === 'string' && secret !== '') return
  throw new ThermoclineError('INVALID_OPTION', `Cannot use option ${name}: expected text: received ${kindOf(secret)}`, {
    details: { name },
  })
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
