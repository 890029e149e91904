/**
 * A tool call and its results: tied together by `callId`, kept with the framework's own message byte for byte, and never
 * torn apart by pruning. After `npm run build`: `npx node examples/tool-calls.ts`.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type NewMemoryItem, openThermocline } from 'thermocline'

const folder = mkdtempSync(join(tmpdir(), 'thermocline-tools-'))
const { memory, pruner, close } = await openThermocline({ path: join(folder, 'chat.db') })
const session = { userId: 'ada', sessionId: 'weather' }

// What a chat API gave us, down to the spaces: a signature over it, say, must still hold tomorrow.
const message = '{ "role": "assistant", "tool_calls": [{"id": "call_7", "function": {"name": "forecast"}}] }'

const items: NewMemoryItem[] = [
  { ...session, contentType: 'user_message', content: 'Good morning! How are you today?' },
  { ...session, contentType: 'assistant_message', content: 'Very well, thank you. What may I do for you?' },
  { ...session, contentType: 'user_message', content: 'Will it rain in Bergen?' },
  {
    ...session,
    contentType: 'tool_call',
    content: 'forecast({"city":"Bergen"})',
    callId: 'call_7',
    payload: { format: 'openai.chat', data: message },
  },
  { ...session, contentType: 'tool_result', content: 'Rain until noon, 11 degrees', callId: 'call_7' },
  { ...session, contentType: 'assistant_message', content: 'Until noon, yes. Take an umbrella.' },
]
// One durable write for all of them, in this order.
await memory.addMemoryItems(items)

const history = await memory.getConversationHistory(session)
const call = history.find(({ contentType }) => contentType === 'tool_call')
console.log(`payload kept byte for byte: ${call?.payload?.data === message}`)

for (const tokenBudget of [35, 20]) {
  const view = await pruner.pruneByTokenBudget(history, { tokenBudget })
  const tools = view.filter(({ callId }) => callId === 'call_7').length
  console.log(`${tokenBudget} tokens: ${view.length} of ${history.length} items, ${tools} of 2 of the tool exchange`)
}

await close()
rmSync(folder, { recursive: true })
