import { createHash } from 'node:crypto'
import type { RedisClient } from '../../clients/ioredis.ts'
import { FOOTER } from './copy-log.ts'

/** A Lua script on one key: nothing comes between its steps, and a cluster knows where it belongs. */
export interface Script {
  readonly text: string
  readonly sha: string
}

/** Runs a script by its hash, and sends it whole where the server doesn't know it: after a restart or a failover. */
export async function runScript(
  client: RedisClient,
  script: Script,
  key: string,
  args: readonly (string | number)[],
): Promise<unknown> {
  try {
    return await client.call('evalsha', script.sha, 1, key, ...args)
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error
    return client.call('eval', script.text, 1, key, ...args)
  }
}

/** A copy from later than this after now was proven before the server's clock stepped back: nobody knows how long ago. */
export const CLOCK_SLACK_MS = 1000

/**
 * Leaves a lease where there is no copy, or one that was proven too long ago; a live lease stays.
 * ARGV: token, lifetime of the lease in ms, how long ago a copy may have been proven, in ms.
 * Gives the server's time and what was there; and the lease, if one was left.
 */
export const LEASE: Script = script(`
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  -- Of another type, it is nothing of ours.
  local found = redis.pcall('GET', KEYS[1])
  if type(found) == 'table' and found.err then found = '' end
  found = found or ''
  local kind = found:sub(-1)
  if kind == 'L' then return { now, found } end
  if kind == 'C' then
    local footer = found:sub(-${FOOTER.chars})
    local provenAt = tonumber(${field('footer', FOOTER.provenAt)})
    local age = provenAt and now - provenAt
    if age and age < tonumber(ARGV[3]) and age > -${CLOCK_SLACK_MS} then return { now, found } end
  end
  local lease = ARGV[1] .. string.format('%014.0f', now) .. 'L'
  redis.call('SET', KEYS[1], lease, 'PX', ARGV[2])
  return { now, found, lease }
`)

/**
 * Puts a copy in the place of the lease that its reader left, proven as of when it left it: it has read the durable
 * store after that.
 * ARGV: lease, records and head and first part of the footer, its last part, lifetime in ms.
 */
export const FILL: Script = script(`
  if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
  redis.call('SET', KEYS[1], ARGV[2] .. ARGV[1]:sub(-${FOOTER.provenAt.chars + 1}, -2) .. ARGV[3], 'PX', ARGV[4])
  return 1
`)

/**
 * Adds records to a copy of just as many appends as came before them, and deletes any other: 1 where there is a copy
 * that has them now, otherwise 0. Counters are compared as text, which keeps all digits.
 * ARGV: count before, count after, first and last stamp, number of records, records, most items, most bytes.
 */
export const APPEND: Script = script(`
  local size = redis.call('STRLEN', KEYS[1])
  if size == 0 then return 0 end
  local footer = redis.call('GETRANGE', KEYS[1], -${FOOTER.chars}, -1)
  local n = ${field('footer', FOOTER.n)}
  -- Byte by byte: Lua's own comparison goes by the locale that the server was started in.
  local function isBelow(a, b)
    for i = 1, #a do
      local x, y = a:byte(i), b:byte(i)
      if x ~= y then return x < y end
    end
    return false
  end
  local isGap = n ~= ARGV[1] and isBelow(n, ARGV[2])
  local isLate = n == ARGV[1] and not isBelow(${field('footer', FOOTER.newest)}, ARGV[3])
  if footer:sub(-1) ~= 'C' or isGap or isLate then
    redis.call('DEL', KEYS[1])
    return 0
  end
  if n ~= ARGV[1] then return 1 end
  local headAt = size - ${FOOTER.chars} - tonumber(${field('footer', FOOTER.headLength)})
  local head = redis.call('GETRANGE', KEYS[1], headAt, size - ${FOOTER.chars} - 1)
  local items = tonumber(${field('footer', FOOTER.items)}) + tonumber(ARGV[5])
  local complete = ${field('footer', FOOTER.complete)}
  local function ending()
    return head .. ARGV[2] .. ARGV[4] .. string.format('%0${FOOTER.items.chars}.0f', items) ..
      ${field('footer', FOOTER.provenAt)} .. complete .. ${field('footer', FOOTER.headLength)} .. 'C'
  end
  local added = ARGV[6]
  local reply
  local maxItems, maxBytes = tonumber(ARGV[7]), tonumber(ARGV[8])
  if items <= maxItems * 1.25 and headAt + #added <= maxBytes * 1.25 then
    reply = redis.pcall('SETRANGE', KEYS[1], headAt, added .. ending())
  else
    -- A quarter over its bound: the oldest records go, so that this is done seldom.
    local records = redis.call('GETRANGE', KEYS[1], 0, headAt - 1) .. added
    local from = 1
    while items > 1 and (items > maxItems or #records - from + 1 > maxBytes) do
      from = records:find('\\n', from, true) + 1
      items = items - 1
      complete = '0'
    end
    reply = redis.pcall('SET', KEYS[1], records:sub(from) .. ending(), 'KEEPTTL')
  end
  -- Out of memory, say: half of a session must not stay.
  if type(reply) == 'table' and reply.err then
    redis.call('DEL', KEYS[1])
    return 0
  end
  return 1
`)

function script(text: string): Script {
  return Object.freeze({ text, sha: createHash('sha1').update(text).digest('hex') })
}

/** Lua that cuts a field out of a footer. */
function field(footer: string, { at, chars }: { readonly at: number; readonly chars: number }): string {
  return `${footer}:sub(${at + 1}, ${at + chars})`
}
