import { type DocumentReference, FieldPath, type Firestore } from '@google-cloud/firestore'
import type { NewMemoryItem, TieredStorageManager } from '../../dist/index.js'
import { SESSION_KEY_CHARS } from '../../src/memory/session.ts'
import { STAMP_CHARS } from '../../src/memory/stamp.ts'

/** Something that texts are added to, one write each. */
export interface Target {
  add(): Promise<unknown>
}

/** Makes targets that hold so many bytes already. */
export type MakeTarget = () => Promise<Target>

export interface TargetPair {
  /** A session in our record. */
  readonly ours: MakeTarget
  /** A document with the very fields that are the record's tail, one for each item, and nothing else. */
  readonly raw: MakeTarget
}

/** About twice the mean of a chat's messages. */
const ADDED_CHARS = 240
const HELD_CHARS = 440

let made = 0

/** Pairs of the same size: `heldBytes` of items as they are stored, before anything is added. */
export async function targetPair(memory: TieredStorageManager, raw: Firestore, heldBytes: number): Promise<TargetPair> {
  const sample = await fill(memory, 2)
  const [stamp, body] = (await tailOf(memory, raw, sample))[1]!
  const count = Math.max(1, Math.floor(heldBytes / (stamp.length + Buffer.byteLength(body))))
  const held = await tailOf(memory, raw, await fill(memory, count))
  if (held.length !== count)
    throw new Error(`Cannot compare: expected ${count} items in the tail: received ${held.length}`)
  await memory.addMemoryItem(item(sample, ADDED_CHARS))
  const [, added] = (await tailOf(memory, raw, sample)).at(-1)!
  const fields = Object.fromEntries(held)
  return {
    ours: async () => {
      const session = await fill(memory, count)
      return { add: () => memory.addMemoryItem(item(session, ADDED_CHARS)) }
    },
    raw: async () => {
      const document = raw.collection('raw').doc()
      await document.set(fields)
      return { add: () => document.update(new FieldPath(nextId()), added) }
    },
  }
}

interface BenchSession {
  readonly userId: string
  readonly sessionId: string
}

async function fill(memory: TieredStorageManager, count: number): Promise<BenchSession> {
  const session = { userId: `user-${made++}`, sessionId: 'bench' }
  await memory.addMemoryItems(Array.from({ length: count }, () => item(session, HELD_CHARS)))
  return session
}

function item(session: BenchSession, chars: number): NewMemoryItem {
  const content = `Message ${made++}: ${'the quick brown fox jumps over the lazy dog, '.repeat(12)}`.slice(0, chars)
  return { ...session, content, contentType: made % 2 === 0 ? 'assistant_message' : 'user_message' }
}

/** Stamps and bodies as they lie in the record, which is looked at from outside. */
async function tailOf(
  memory: TieredStorageManager,
  raw: Firestore,
  session: BenchSession,
): Promise<readonly (readonly [stamp: string, body: string])[]> {
  const [oldest] = await memory.getConversationHistory(session)
  const document = await recordOf(raw, oldest!.id.slice(0, SESSION_KEY_CHARS)).get()
  return (document.get('tail') as string[]).map((element) => [
    element.slice(0, STAMP_CHARS),
    element.slice(STAMP_CHARS),
  ])
}

function recordOf(raw: Firestore, key: string): DocumentReference {
  return raw.doc(`thermocline/v1/thermoclineSessions/${key}`)
}

/** As long as a stamp, and as different from the ones before it. */
function nextId(): string {
  return `n${made++}`.padStart(STAMP_CHARS, 'a')
}
