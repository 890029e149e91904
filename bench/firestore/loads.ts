import type { CollectionReference, Firestore } from '@google-cloud/firestore'
import { TieredStorageManager } from '../../dist/index.js'
import type { Round } from '../compare.ts'
import { oneByOne } from '../rounds.ts'
import { chatsOf } from './chats.ts'

const MESSAGES = 200
const LOADS = 20

export interface LoadRounds {
  /** A manager is made, asked for the history, and closed. */
  readonly fresh: Round
  /** One manager, past its own copy. */
  readonly strong: Round
  /** A query of as many documents as there are messages. */
  readonly documents: Round
  close(): Promise<void>
}

/** The same messages as a session of ours, and as a document each. */
export async function loadRounds(projectId: string, raw: Firestore, dataDir: string | undefined): Promise<LoadRounds> {
  const session = { userId: 'loads', sessionId: 'bench' }
  const collection = raw.collection('raw-messages')
  const memory = new TieredStorageManager({ projectId, tierMigrationInterval: 0 })
  const texts = chatsOf(MESSAGES / 2, dataDir)[0]!.flatMap(({ user, answer }) => [user, answer])
  for (const [i, content] of texts.entries()) {
    const contentType = i % 2 === 0 ? 'user_message' : 'assistant_message'
    await memory.addMemoryItem({ ...session, content, contentType })
    await collection.add({ content, contentType, createdAt: new Date(Date.UTC(2026, 0, 1) + i) })
  }
  const fresh = async (): Promise<readonly Said[]> => {
    const another = new TieredStorageManager({ projectId, tierMigrationInterval: 0 })
    const items = await another.getConversationHistory(session)
    await another.close()
    return items
  }
  const strong = (): Promise<readonly Said[]> => memory.getConversationHistory({ ...session, read: 'strong' })
  const documents = (): Promise<readonly Said[]> => queryAll(collection)
  for (const load of [fresh, strong, documents]) {
    const loaded = await load()
    if (JSON.stringify(loaded.map(({ content }) => content)) !== JSON.stringify(texts)) {
      throw new Error(`Cannot compare: expected the ${texts.length} messages: received ${loaded.length}`)
    }
  }
  return {
    fresh: oneByOne(LOADS, fresh),
    strong: oneByOne(LOADS, strong),
    documents: oneByOne(LOADS, documents),
    close: () => memory.close(),
  }
}

interface Said {
  readonly content: string
}

async function queryAll(collection: CollectionReference): Promise<readonly Said[]> {
  const { docs } = await collection.orderBy('createdAt').get()
  return docs.map((document) => document.data() as Said)
}
