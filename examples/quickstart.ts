/**
 * Ten lines to value: keep a conversation, and give a model the part of it that fits. Token counts need the package
 * gpt-tokenizer. After `npm run build`: `npx node examples/quickstart.ts`.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openThermocline } from 'thermocline'

const folder = mkdtempSync(join(tmpdir(), 'thermocline-quickstart-'))

const { memory, pruner, close } = await openThermocline({ path: join(folder, 'chat.db') })
const session = { userId: 'ada', sessionId: 'trip-to-oslo' }

await memory.addMemoryItem({ ...session, contentType: 'user_message', content: 'I am allergic to nuts.' })
await memory.addMemoryItem({ ...session, contentType: 'assistant_message', content: 'Noted: nothing with nuts.' })

const history = await memory.getConversationHistory(session)
const context = await pruner.pruneByTokenBudget(history, { tokenBudget: 4000 })

for (const { contentType, content } of context) console.log(`${contentType}: ${content}`)
console.log(`${context.report.tokensAfter} tokens of a budget of ${context.report.tokenBudget}`)

await close()
rmSync(folder, { recursive: true })
