/**
 * Messages with tool calls, in and out: an item for each call and each result, tied together by `callId`, and the API's
 * own message kept beside it. Pruning never tears them apart, so what comes out is valid for the API. After
 * `npm run build`: `npx node examples/tool-calls.ts`.
 */
import { openThermocline } from 'thermocline'
import { fromOpenAI, type OpenAIMessage, toOpenAI } from 'thermocline/context'

const { memory, pruner, close } = await openThermocline({ path: ':memory:' })
const session = { userId: 'ada', sessionId: 'weather' }

const forecast = (id: string, city: string) =>
  ({ id, type: 'function', function: { name: 'forecast', arguments: `{"city":"${city}"}` } }) as const
const messages: OpenAIMessage[] = [
  { role: 'user', content: 'Good morning! How are you today?' },
  { role: 'assistant', content: 'Very well, thank you. What may I do for you?' },
  { role: 'user', content: 'Will it rain in Bergen or in Oslo?' },
  { role: 'assistant', content: null, tool_calls: [forecast('call_1', 'Bergen'), forecast('call_2', 'Oslo')] },
  { role: 'tool', tool_call_id: 'call_1', content: 'Rain until noon, 11 degrees' },
  { role: 'tool', tool_call_id: 'call_2', content: 'Sun, 24 degrees' },
  { role: 'assistant', content: 'In Bergen until noon, in Oslo not at all.' },
  { role: 'user', content: 'Then Oslo it is.' },
]
await memory.addMemoryItems(fromOpenAI(messages, session))

const history = await memory.getConversationHistory(session)
for (const { contentType, content, callId = '' } of history) console.log(`${contentType} ${callId}: ${content}`)
console.log(`as they came: ${JSON.stringify(toOpenAI(history)) === JSON.stringify(messages)}`)

for (const tokenBudget of [60, 40]) {
  const view = await pruner.pruneByTokenBudget(history, { tokenBudget })
  const roles = toOpenAI(view).map(({ role }) => role)
  console.log(`${tokenBudget} tokens: ${view.length} of ${history.length} items: ${roles.join(', ')}`)
}

await close()
