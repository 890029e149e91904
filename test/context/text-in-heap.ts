import { getHeapSnapshot } from 'node:v8'
import { ContextPruner } from '../../src/context/index.ts'
import { openThermocline } from '../../src/index.ts'

// Run by erasable-caches.test.ts, since a snapshot of a process that runs tests has the texts of the tests.
const session = { userId: 'ada', sessionId: 's1' }
const secret = (): string => ['ZEBRA', 'QUARTZ', 'is my pin'].join('-')

/** How often the secret is in the heap, after a collection of all garbage. */
async function countSecrets(): Promise<number> {
  const snapshot = getHeapSnapshot()
  // Made only now, so as not to be found itself.
  const wanted = secret()
  let found = 0
  let end = ''
  for await (const chunk of snapshot) {
    const text = end + String(chunk)
    found += text.split(wanted).length - 1
    end = text.slice(-(wanted.length - 1))
  }
  return found
}

const embedder = { name: 'lengths', embed: async (texts: readonly string[]) => texts.map(({ length }) => [1, length]) }
const { memory, pruner, close } = await openThermocline({ path: ':memory:', context: { embedder } })
const alone = new ContextPruner()

async function prune(): Promise<void> {
  for (let i = 0; i < 40; i += 1) {
    const content = i === 3 ? secret() : `message ${i} is about nothing`
    await memory.addMemoryItem({ ...session, contentType: 'user_message', content })
  }
  const history = await memory.getConversationHistory(session)
  await pruner.pruneConversationHistory(session, { query: 'pin' })
  await alone.pruneConversationHistory(history.slice(0, 30))
}

await prune()
const before = await countSecrets()
if (process.argv[2] === 'user') await memory.eraseUser({ userId: session.userId })
else await memory.deleteSession(session)
const after = await countSecrets()
// Both pruners are still there, with their caches.
await pruner.pruneConversationHistory([])
await alone.pruneConversationHistory([])
await close()
process.stdout.write(JSON.stringify({ before, after }))
