/**
 * Warm and cold in Firestore: each turn of a chat may run in a new process that remembers nothing itself, as serverless
 * code does. Needs the package @google-cloud/firestore and a project, or the emulator: after `npm run build`,
 * `npm run emulators` starts one and says how to name it, then `npx node examples/firestore.ts`.
 */
import { TieredStorageManager } from 'thermocline'

const projectId = process.env.GOOGLE_CLOUD_PROJECT ?? 'demo-thermocline'
const session = { userId: 'ada', sessionId: `garden-${process.pid}` }

/** What a function does that is called once for each message. */
async function turn(question: string, answer: string): Promise<number> {
  await using memory = new TieredStorageManager({ projectId, tierMigrationInterval: 0 })
  await memory.addMemoryItem({ ...session, contentType: 'user_message', content: question })
  const history = await memory.getConversationHistory(session) // one billed read, however many messages
  await memory.addMemoryItem({ ...session, contentType: 'assistant_message', content: answer }) // one billed write
  return history.length
}

console.log(`first turn: the model is given ${await turn('When do I plant garlic?', 'In October.')} item`)
console.log(`second turn: the model is given ${await turn('And how deep?', 'Five centimetres.')} items`)

await using memory = new TieredStorageManager({ projectId, tierMigrationInterval: 0 })
await memory.demote(session, 'cold') // what a sweep does once nobody has read it for 30 days
for (const { tier, content } of await memory.getConversationHistory(session)) console.log(`${tier}: ${content}`)
await memory.deleteSession(session)
