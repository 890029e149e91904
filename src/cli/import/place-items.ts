import { createHash } from 'node:crypto'
import { OpenCalls } from '../../context/index.ts'
import type { SessionAddress } from '../../index.ts'
import type { Conversation } from './conversation.ts'
import type { Draft, SourceAddress } from './draft.ts'
import type { KeyedItem } from './import-target.ts'
import { Refusal } from './refusal.ts'

/** What holds for all of an import where the source says nothing. */
export interface PlaceOptions {
  readonly tenantId?: string
  readonly userId?: string
  readonly sessionId?: string
  /** For messages without a time, in milliseconds since 1970. Undefined where there is none to take. */
  readonly createdAt: number | undefined
  /** Names sessions that have no id. */
  readonly name: string
}

/** What an import has seen of a session. */
export interface SessionPosition {
  readonly address: SessionAddress
  readonly calls: OpenCalls
  messages: number
  /** The latest time that a message said of itself. */
  said: number | undefined
  /** The newest time of any item, and how many items are of it. */
  newest: number
  ties: number
  /** The same for older times that were met again. */
  readonly older: Map<number, number>
}

/** Of sessions met longer ago nothing is known any more: one that goes on then is read as if it began. */
const MAX_SESSIONS = 50_000
/** Ranks of items in the order of time; the others, of the same time, come after them. */
const RANKS = 0x8000
const MAX_SOURCE_ID_BYTES = 400
// biome-ignore lint/suspicious/noControlCharactersInRegex: a key must not have them
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/

/**
 * Gives each item its session, its time, its rank and its key. All of them follow from the source alone, so that another
 * import of it makes the same items.
 */
export class ItemPlacer {
  readonly #options: PlaceOptions
  readonly #sessions = new Map<string, SessionPosition>()
  #met = 0
  #usedTimeOfSource = false

  constructor(options: PlaceOptions) {
    this.#options = options
  }

  /** Sessions met so far. */
  get sessions(): number {
    return this.#met
  }

  /** Whether an item had to take {@link PlaceOptions.createdAt}. */
  get usedTimeOfSource(): boolean {
    return this.#usedTimeOfSource
  }

  /** The session of a message. @throws Refusal where neither the source nor a flag names it */
  session(own: SourceAddress, conversation: Conversation): SessionPosition {
    const { name, ...flags } = this.#options
    const userId = own.userId ?? conversation.userId ?? flags.userId
    if (userId === undefined) throw new Refusal('userId: expected it in the source or by --user: received nothing')
    const numbered = conversation.label === undefined ? undefined : `${flags.sessionId ?? name}-${conversation.label}`
    const sessionId = own.sessionId ?? conversation.sessionId ?? numbered ?? flags.sessionId
    if (sessionId === undefined)
      throw new Refusal('sessionId: expected it in the source or by --session: received nothing')
    const tenantId = own.tenantId ?? conversation.tenantId ?? flags.tenantId
    return this.#position({ ...(tenantId !== undefined && { tenantId }), userId, sessionId })
  }

  /**
   * The item of a draft.
   * @param index which message of the session it is of, from 0
   * @param part which item of that message, from 0
   * @throws Refusal where there is no time to take
   */
  place(draft: Draft, session: SessionPosition, conversation: Conversation, index: number, part: number): KeyedItem {
    const { createdAt: said, sourceId, idempotencyKey, ...body } = draft
    if (said !== undefined) session.said = Math.max(said, session.said ?? 0)
    const { createdAt, sequence } = rank(session, said ?? this.#timeFor(session, conversation, index))
    return {
      ...body,
      ...session.address,
      createdAt,
      sequence,
      idempotencyKey: idempotencyKey ?? this.#key(draft, part, said === undefined ? [index] : [createdAt, sequence]),
    }
  }

  /** A message without a time is of the time of the one before it, or of the first in its conversation that has one. */
  #timeFor(session: SessionPosition, conversation: Conversation, index: number): number {
    const near = session.said ?? conversation.firstTime
    if (near !== undefined) return near
    if (conversation.createdAt !== undefined) return conversation.createdAt + index
    if (this.#options.createdAt === undefined)
      throw new Refusal('createdAt: expected it in the source or by --created-at: received nothing')
    this.#usedTimeOfSource = true
    return this.#options.createdAt + index
  }

  /** The source's own name for it; else by what it says and where it stands, as the same may be said twice. */
  #key({ sourceId, ...said }: Draft, part: number, place: readonly number[]): string {
    if (sourceId !== undefined && isUsable(sourceId)) return `import:id:${sourceId}${part === 0 ? '' : `:${part}`}`
    const digest = createHash('sha256')
      .update(JSON.stringify([said, part, ...place]))
      .digest('base64url')
    return `import:hash:${digest.slice(0, 22)}`
  }

  #position(address: SessionAddress): SessionPosition {
    const key = `${address.tenantId ?? ''}\n${address.userId}\n${address.sessionId}`
    const known = this.#sessions.get(key)
    if (known !== undefined) {
      this.#sessions.delete(key)
      this.#sessions.set(key, known)
      return known
    }
    const position = {
      address,
      calls: new OpenCalls(),
      messages: 0,
      said: undefined,
      newest: -1,
      ties: 0,
      older: new Map(),
    }
    this.#sessions.set(key, position)
    this.#met += 1
    if (this.#sessions.size > MAX_SESSIONS) this.#sessions.delete(this.#sessions.keys().next().value!)
    return position
  }
}

/**
 * The rank of an item among those of its session and time. Only of the newest time the count is kept: what comes later
 * in the file with an older time ranks after all that came in order.
 */
function rank(session: SessionPosition, time: number): { readonly createdAt: number; readonly sequence: number } {
  let count: number
  let first = 0
  if (time >= session.newest) {
    count = time > session.newest ? 0 : session.ties
    session.newest = time
    session.ties = count + 1
  } else {
    first = RANKS
    count = session.older.get(time) ?? 0
    session.older.set(time, count + 1)
  }
  // There are only so many ranks; beyond them the next millisecond keeps the order.
  return { createdAt: time + Math.floor(count / RANKS), sequence: first + (count % RANKS) }
}

function isUsable(id: string): boolean {
  return Buffer.byteLength(id) <= MAX_SOURCE_ID_BYTES && id.isWellFormed() && !CONTROL.test(id)
}
