/**
 * Many tenants and users in one store, and code that can only reach one of them. After `npm run build`:
 * `npx node examples/scoped-memory.ts`.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isThermoclineError, openThermocline } from 'thermocline'

const folder = mkdtempSync(join(tmpdir(), 'thermocline-scoped-'))

// With requireScope nothing but `scoped()` reads or writes: forgetting it is an error, not a leak.
const { memory, close } = await openThermocline({ path: join(folder, 'chat.db'), requireScope: true })

const ada = memory.scoped({ tenantId: 'bakery', userId: 'ada' })
const bob = memory.scoped({ tenantId: 'garage', userId: 'bob' })

// The same session id twice: two sessions, as they are of two owners.
const order = { sessionId: 'order-1', contentType: 'user_message' }
const adasId = await ada.addMemoryItem({ ...order, content: 'Twelve rolls for Sunday, please.' })
await bob.addMemoryItem({ ...order, content: 'The brakes squeak.' })

for (const scope of [ada, bob]) {
  const history = await scope.getConversationHistory({ sessionId: 'order-1' })
  console.log(`${scope.tenantId}/${scope.userId}: ${history.map(({ content }) => content).join(' | ')}`)
}

// An id is enough to find an item, but not somebody else's: refused before the store is asked.
await bob.getMemoryItem(adasId).catch(explain('bob asks for an item of ada'))
await memory.getMemoryItem(adasId).catch(explain('somebody asks without a scope'))

function explain(what: string): (error: unknown) => void {
  return (error) => {
    if (!isThermoclineError(error)) throw error
    console.log(`${what}: ${error.code}`)
  }
}

await close()
rmSync(folder, { recursive: true })
