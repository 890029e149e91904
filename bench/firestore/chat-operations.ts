import { Firestore } from '@google-cloud/firestore'
import { FirestoreChatMessageHistory } from '@langchain/community/stores/message/firestore'
import { AIMessage, HumanMessage } from '@langchain/core/messages'
import { deleteApp, getApps } from 'firebase-admin/app'
import { TieredStorageManager } from '../../dist/index.js'
import type { FirestoreMeter } from '../../emulators/firestore-meter.ts'
import { type RedisServer, startRedis } from '../../emulators/redis.ts'
import type { Result } from '../report.ts'
import { chatsOf, type Turn } from './chats.ts'

const PROJECT = 'demo-chat-operations'
const KINDS = ['reads', 'writes', 'deletes'] as const
/** How many times more operations the peer is billed for, at least. */
const AIMS = [
  { turns: 50, alone: 16, withRedis: 24 },
  { turns: 200, alone: 35, withRedis: 90 },
]

type Operations = Readonly<Record<(typeof KINDS)[number], number>>

/** Carries out a chat of this name as serverless code does: what a turn leaves in its instance, the next one has not. */
type Chatting = (name: string, chat: readonly Turn[]) => Promise<void>

/** What is billed for whole chats. The process has to be connected to Firestore through the meter. */
export async function chatOperations(meter: FirestoreMeter, dataDir: string | undefined): Promise<readonly Result[]> {
  const results: Result[] = []
  const redis = await startRedis()
  const client = new Firestore({ projectId: PROJECT })
  const langchain = langchainChatting()
  try {
    for (const { turns, alone, withRedis } of AIMS) {
      const chats = chatsOf(turns, dataDir)
      const count = async (name: string, chatting: Chatting): Promise<number> => {
        const operations = await billOf(meter, chats, (i, chat) => chatting(`${name}-${i}`, chat))
        for (const kind of KINDS) results.push({ name: `${name}.${kind}`, value: operations[kind], unit: 'a chat' })
        return operations.reads + operations.writes + operations.deletes
      }
      const name = `chat${turns}`
      const theirs = await count(`${name}_langchain`, langchain)
      const ours = await count(name, ourChatting(client, undefined))
      const oursWithRedis = await count(`${name}_with_redis`, ourChatting(client, redis))
      results.push({ name: `ops_${name}_vs_langchain`, value: theirs / ours, unit: 'x', aim: alone })
      results.push({
        ...{ name: `ops_${name}_with_redis_vs_langchain`, value: theirs / oursWithRedis },
        ...{ unit: 'x', aim: withRedis },
      })
    }
  } finally {
    await Promise.all(getApps().map(deleteApp))
    await client.terminate()
    await redis.stop()
  }
  return results
}

/** The mean of the chats. */
async function billOf(
  meter: FirestoreMeter,
  chats: readonly (readonly Turn[])[],
  chatting: (i: number, chat: readonly Turn[]) => Promise<void>,
): Promise<Operations> {
  meter.resetCounts()
  for (const [i, chat] of chats.entries()) await chatting(i, chat)
  const { reads, writes, deletes } = meter.counts()
  return { reads: reads / chats.length, writes: writes / chats.length, deletes: deletes / chats.length }
}

/** A manager for every turn, with nothing in it. What it does behind its answers is done when it is closed. */
function ourChatting(client: Firestore, redis: RedisServer | undefined): Chatting {
  return async (name, chat) => {
    const session = { userId: 'user', sessionId: name }
    for (const [i, { user, answer }] of chat.entries()) {
      const memory = new TieredStorageManager({
        firestore: { client },
        // On a machine with other work a call may take longer than 250 ms, and Firestore would answer meanwhile.
        ...(redis && { redisHost: redis.host, redisPort: redis.port, hotCalls: { timeoutMs: 2_000 } }),
      })
      await memory.addMemoryItem({ ...session, content: user, contentType: 'user_message' })
      const texts = (await memory.getConversationHistory(session)).map(({ content }) => content)
      await memory.addMemoryItem({ ...session, content: answer, contentType: 'assistant_message' })
      await memory.close()
      mustBeHistory(texts, chat, i)
    }
  }
}

/** It finds its client, which all instances share, in the registry of firebase-admin. */
function langchainChatting(): Chatting {
  return async (name, chat) => {
    for (const [i, { user, answer }] of chat.entries()) {
      const history = new FirestoreChatMessageHistory({
        ...{ collections: ['langchain'], docs: [name], sessionId: name, userId: 'user' },
        config: { projectId: PROJECT },
      })
      await history.addMessage(new HumanMessage(user))
      const texts = (await history.getMessages()).map(({ content }) => content as string)
      await history.addMessage(new AIMessage(answer))
      mustBeHistory(texts, chat, i)
    }
  }
}

/** All up to the user's message of turn `i`, in order. */
function mustBeHistory(texts: readonly unknown[], chat: readonly Turn[], i: number): void {
  const expected = chat.slice(0, i + 1).flatMap(({ user, answer }) => [user, answer])
  expected.pop()
  if (JSON.stringify(texts) !== JSON.stringify(expected)) {
    throw new Error(`Cannot compare: expected ${expected.length} messages of the chat: received ${texts.length}`)
  }
}
