import { createHash } from 'node:crypto'
import { ThermoclineError } from '../errors.ts'
import { base32 } from '../lib/base32.ts'
import { kindOf } from '../lib/check-names.ts'
import { isStamp, type Stamp } from './stamp.ts'
import { checkUserText } from './user-text.ts'

/**
 * Name of a session for every store: 26 characters of base-32, safe as Redis key, hash tag, document id and file name
 * whatever the user's own ids contain. The first 10 are of (tenant, user), so that a scope can refuse an id of somebody
 * else without asking a store; the other 16 of (tenant, user, session).
 */
export type SessionKey = string & { readonly __sessionKey: never }

const DEFAULT_TENANT = 'default'
/** Sweeps are split by shard. */
export const SHARD_COUNT = 64
const OWNER_CHARS = 10
export const SESSION_KEY_CHARS = 26
const KEY_PATTERN = /^[0-9a-v]{26}$/
const MAX_ID_BYTES = 512

/** Whose data a call may touch. */
export interface Owner {
  readonly tenantId: string
  readonly userId: string
}

/** Whether a thing is the owner's, compared in clear: keys tell owners apart by a hash of 50 bits only. */
export function isOwnedBy(thing: Owner, owner: Owner): boolean {
  return thing.tenantId === owner.tenantId && thing.userId === owner.userId
}

/** A session by the caller's own ids and by ours. */
export interface SessionIdentity extends Owner {
  readonly key: SessionKey
  readonly sessionId: string
}

/** @throws ThermoclineError `INVALID_ID` for anything but 1-512 bytes of well-formed text without control characters. */
export function identifySession(address: { tenantId?: string; userId: string; sessionId: string }): SessionIdentity {
  if (typeof address !== 'object' || address === null) {
    throw new ThermoclineError(
      'INVALID_ARGUMENT',
      `Cannot find session: expected { userId, sessionId }: received ${kindOf(address)}`,
    )
  }
  const tenantId = checkTenant(address.tenantId)
  const userId = checkId('userId', address.userId)
  const sessionId = checkId('sessionId', address.sessionId)
  // No id contains a control character, so one between them keeps every two addresses apart.
  const joined = `${tenantId}\n${userId}\n${sessionId}`
  let identity = identities.get(joined)
  if (identity === undefined) {
    identity = Object.freeze({ key: keyOf({ tenantId, userId, sessionId }), tenantId, userId, sessionId })
    if (identities.size >= MAX_IDENTITIES) identities.clear()
    identities.set(joined, identity)
  }
  return identity
}

// Hashing an address takes longer than serving a short history from the process. A few hundred bytes each.
const identities = new Map<string, SessionIdentity>()
const MAX_IDENTITIES = 4096

/**
 * A session of our own, where work that must outlive the process is written down. Its ids have control characters, so
 * nobody's own can be the same.
 */
export function systemSession(name: string): SessionIdentity {
  const address = { ...SYSTEM_OWNER, sessionId: name }
  return Object.freeze({ ...address, key: keyOf(address) })
}

/**
 * A session of our own that is nothing but the grave of all of an owner's sessions: once it is buried, whatever its
 * owner had added before that is never seen again, in sessions too that no store has heard of yet.
 */
export function ownerGrave(owner: Owner): SessionIdentity {
  const tag = ownerTag(owner)
  return Object.freeze({ ...SYSTEM_OWNER, sessionId: `grave ${tag}`, key: graveOf(tag) })
}

/** The key of the grave of a session's owner. */
export function graveOf(key: string): SessionKey {
  return key.slice(0, OWNER_CHARS).padEnd(SESSION_KEY_CHARS, '0') as SessionKey
}

/** True for the key of a session of our own; somebody else's with the same 50 bits is told by its record. */
export function isSystemKey(key: SessionKey): boolean {
  return key.startsWith(SYSTEM_TAG)
}

export function isSystemSession({ tenantId }: Owner): boolean {
  return tenantId === SYSTEM_OWNER.tenantId
}

function keyOf({ tenantId, userId, sessionId }: Owner & { readonly sessionId: string }): SessionKey {
  return (ownerTag({ tenantId, userId }) +
    hash([tenantId, userId, sessionId]).slice(0, SESSION_KEY_CHARS - OWNER_CHARS)) as SessionKey
}

/** First part of the key of each of this owner's sessions. */
export function ownerTag(owner: Owner): string {
  return hash([owner.tenantId, owner.userId]).slice(0, OWNER_CHARS)
}

/** Absent means the default tenant; anything else has to be an id: a `null` must not end up with everybody's data. */
export function checkTenant(tenantId: unknown): string {
  return tenantId === undefined ? DEFAULT_TENANT : checkId('tenantId', tenantId)
}

export function checkId(name: string, value: unknown): string {
  return checkUserText('INVALID_ID', name, value, MAX_ID_BYTES)
}

export function isSessionKey(text: string): text is SessionKey {
  return KEY_PATTERN.test(text)
}

export function shardOf(key: SessionKey): number {
  // The last two characters are of the session's own hash, so that one user's sessions spread over the shards.
  return Number.parseInt(key.slice(-2), 32) % SHARD_COUNT
}

export function itemId(key: SessionKey, stamp: Stamp): string {
  return `${key}.${stamp}`
}

/** The stamp in an id of ours. */
export function stampOf(id: string): Stamp {
  return id.slice(SESSION_KEY_CHARS + 1) as Stamp
}

export function isItemId(id: unknown): id is string {
  return (
    typeof id === 'string' &&
    id[SESSION_KEY_CHARS] === '.' &&
    isSessionKey(id.slice(0, SESSION_KEY_CHARS)) &&
    isStamp(stampOf(id))
  )
}

/** @throws ThermoclineError `INVALID_ID` */
export function parseItemId(id: unknown): { key: SessionKey; stamp: Stamp } {
  if (isItemId(id)) return { key: id.slice(0, SESSION_KEY_CHARS) as SessionKey, stamp: stampOf(id) }
  const received =
    id instanceof Promise ? 'a Promise; is an await missing?' : typeof id === 'string' ? 'other text' : typeof id
  throw new ThermoclineError(
    'INVALID_ID',
    `Cannot use item id: expected an id that addMemoryItem gave: received ${received}`,
    {
      details: { type: typeof id },
    },
  )
}

function hash(parts: readonly string[]): string {
  const sha = createHash('sha256')
  for (const part of parts) {
    // Length first: ('ab', 'c') and ('a', 'bc') must differ.
    sha.update(`${Buffer.byteLength(part)}:`).update(part)
  }
  return base32(sha.digest())
}

const SYSTEM_OWNER: Owner = Object.freeze({ tenantId: '\u0001thermocline', userId: '\u0001jobs' })
const SYSTEM_TAG: string = ownerTag(SYSTEM_OWNER)
