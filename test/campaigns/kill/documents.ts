import { type CollectionReference, type DocumentData, Firestore, type Timestamp } from '@google-cloud/firestore'
import type { SegmentRef } from '../../../src/memory/record.ts'
import { isErased, STAMP_CHARS, type Stamp } from '../../../src/memory/stamp.ts'
import { readSegments, type SessionContents } from './contents.ts'

const BODY_ID_CHARS = 13
const COLLECTIONS = ['thermoclineSessions', 'thermoclineSegments', 'thermoclineFences', 'thermoclineBodies'] as const
/** A commit of a process that was killed may be on its way: what is read has to be the same twice running. */
const MAX_READS = 100

type Documents = ReadonlyMap<string, { readonly data: DocumentData; readonly updatedAt: string }>

/** All documents under one prefix, by the name of their collection. */
export type Snapshot = Readonly<Record<(typeof COLLECTIONS)[number], Documents>>

/** Looks at documents as anybody could, by Google's own client. */
export class DocumentReader implements AsyncDisposable {
  readonly #firestore: Firestore

  constructor(projectId: string) {
    this.#firestore = new Firestore({ projectId })
  }

  /** Reads all documents under a prefix, and says what does not fit together in `problems`. */
  async read(prefix: string, problems: string[]): Promise<readonly SessionContents[]> {
    const root = this.#firestore.collection(prefix).doc('v1')
    for (const { id } of await root.listCollections())
      if (!(COLLECTIONS as readonly string[]).includes(id)) problems.push(`${id}: a collection of nobody`)
    return contentsOf(await this.settle(prefix), problems)
  }

  /** All documents under a prefix, once nothing that is on its way changes them any more. */
  settle(prefix: string): Promise<Snapshot> {
    const root = this.#firestore.collection(prefix).doc('v1')
    return settled(() => snapshotOf((name) => root.collection(name)))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#firestore.terminate()
  }
}

async function snapshotOf(collection: (name: string) => CollectionReference): Promise<Snapshot> {
  const documents = COLLECTIONS.map(async (name): Promise<readonly [string, Documents]> => {
    const { docs } = await collection(name).get()
    const read = docs.map((doc) => [doc.id, { data: doc.data(), updatedAt: timeOf(doc.updateTime) }] as const)
    return [name, new Map(read)]
  })
  return Object.fromEntries(await Promise.all(documents)) as unknown as Snapshot
}

function timeOf({ seconds, nanoseconds }: Timestamp): string {
  return `${seconds}.${nanoseconds}`
}

async function settled(read: () => Promise<Snapshot>): Promise<Snapshot> {
  let before = ''
  for (let i = 0; i < MAX_READS; i++) {
    const snapshot = await read()
    const now = JSON.stringify(
      COLLECTIONS.map((name) => [...snapshot[name]].map(([id, { updatedAt }]) => id + updatedAt)),
    )
    if (now === before) return snapshot
    before = now
  }
  throw new Error('Cannot read documents: somebody changes them all the time')
}

async function contentsOf(snapshot: Snapshot, problems: string[]): Promise<readonly SessionContents[]> {
  const { thermoclineSessions, thermoclineSegments, thermoclineFences, thermoclineBodies } = snapshot
  const [segments, bodies] = [new Map(thermoclineSegments), new Map(thermoclineBodies)]
  const sessions: SessionContents[] = []
  for (const [key, { data }] of thermoclineSessions) {
    const complain = (problem: string): void => void problems.push(`${data.sessionId}: ${problem}`)
    const fence = thermoclineFences.get(key)?.data
    if ((fence?.fence ?? '') !== data.fence) complain(`its fence is ${data.fence}, but in a document ${fence?.fence}`)
    if (fence?.forgetAt !== undefined) complain('its fence is to be forgotten')
    const refs = JSON.parse(data.segments ?? '[]') as (Omit<SegmentRef, 'inline'> & { readonly inline?: true })[]
    const bytesOf = (id: string): Uint8Array | undefined =>
      refs.find((ref) => ref.id === id)?.inline ? data.inline?.[id] : segments.get(key + id)?.data.bytes
    const read = await readSegments(
      refs.map(({ inline: _inline, ...ref }) => ref),
      bytesOf,
      complain,
    )
    for (const { id, inline } of refs) if (!inline) segments.delete(key + id)
    for (const id of Object.keys(data.inline ?? {}))
      if (!refs.some((ref) => ref.id === id && ref.inline)) complain(`inline segment ${id} is referenced by nothing`)
    const tail = tailOf(key, data, bodies, complain)
    sessions.push({ key, sessionId: data.sessionId, n: data.n, ...countersOf(data), tail, refs: [], segments: read })
    const bytes = tail.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0)
    // What was sent again is counted again until the next rewrite.
    if (data.tailItems < tail.length) complain(`tailItems is ${data.tailItems}, but there are ${tail.length}`)
    if (data.tailBytes < bytes) complain(`tailBytes is ${data.tailBytes}, but there are ${bytes}`)
  }
  for (const id of segments.keys()) problems.push(`segment ${id} is referenced by nothing`)
  for (const id of bodies.keys()) problems.push(`body ${id} is referenced by nothing`)
  for (const [key, { data }] of thermoclineFences) {
    if (!thermoclineSessions.has(key) && data.forgetAt === undefined)
      problems.push(`fence ${key} is of no session, and is not to be forgotten`)
  }
  return sessions
}

function countersOf({ tailItems, tailBytes }: DocumentData): Pick<SessionContents, 'tailItems' | 'tailBytes'> {
  return { tailItems, tailBytes }
}

/** Takes the bodies that it finds out of `bodies`. */
function tailOf(
  key: string,
  { tail, erasedTo }: DocumentData,
  bodies: Map<string, { readonly data: DocumentData }>,
  complain: (problem: string) => void,
): SessionContents['tail'] {
  const entries = new Map<string, string>()
  for (const element of tail as readonly string[]) {
    const stamp = element.slice(0, STAMP_CHARS)
    let body: unknown = element.slice(STAMP_CHARS)
    if (element[STAMP_CHARS] === '^') {
      const id = key + stamp + element.slice(STAMP_CHARS + 1, STAMP_CHARS + 1 + BODY_ID_CHARS)
      body = bodies.get(id)?.data.body
      bodies.delete(id)
    }
    // Its process died before it could remove what was erased before it came: nobody sees it.
    if (isErased(stamp as Stamp, erasedTo)) continue
    if (typeof body !== 'string') complain(`the body of ${stamp} is missing`)
    else if (entries.has(stamp)) complain(`${stamp} lies in the tail twice`)
    else entries.set(stamp, body)
  }
  return [...entries]
    .map(([stamp, body]) => ({ stamp: stamp as Stamp, body }))
    .sort((a, b) => (a.stamp < b.stamp ? -1 : 1))
}
