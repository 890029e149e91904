/**
 * Which part of a conversation goes into what a model may be sent depends on what it is asked. That needs no memory, and
 * nothing but the package gpt-tokenizer for counting. After `npm run build`: `npx node examples/prune-to-a-budget.ts`.
 */
import type { MemoryItem } from 'thermocline'
import { ContextPruner } from 'thermocline/context'

let made = 0
function item(contentType: string, content: string, more: Partial<MemoryItem> = {}): MemoryItem {
  made += 1
  const whose = { tenantId: 'default', userId: 'ada', sessionId: 'trip' }
  const where = { tier: 'hot', cached: false, accessCount: 0 } as const
  return { id: `item-${made}`, ...whose, ...where, createdAt: made, contentType, content, ...more }
}

const history = [
  item('system_message', 'You are a travel agent. Answer briefly.'),
  item('user_message', 'I am allergic to nuts. Please keep that in mind.', { pinned: true }),
  item('assistant_message', 'Noted. I will keep nuts away from everything that I suggest to you. '.repeat(5)),
  item('user_message', 'What is the weather like in Oslo and in Bergen?'),
  item('tool_call', '{"city":"Oslo"}', { callId: 'call_1' }),
  item('tool_call', '{"city":"Bergen"}', { callId: 'call_2' }),
  item('tool_result', 'Sun, 24 degrees', { callId: 'call_1' }),
  item('tool_result', 'Rain, 14 degrees', { callId: 'call_2' }),
  item('assistant_message', 'Oslo has sun and 24 degrees, Bergen has rain and 14.'),
  item('user_message', 'My sister Liv will join us for the museum of ships.'),
  item('assistant_message', 'How nice. Then I book three tickets for the museum, for Saturday at ten.'),
  item('user_message', 'Where should we eat afterwards?'),
  item('assistant_message', 'The harbour has many small places, most of them with a terrace.'),
]

const pruner = new ContextPruner()
for (const query of ['When is our visit of the museum?', 'How many degrees does Oslo have?']) {
  const asked = [...history, item('user_message', query)]
  const view = await pruner.pruneByTokenBudget(asked, { tokenBudget: 100, query })
  const { tokensBefore, tokensAfter, tokenBudget, counter, hidden } = view.report
  console.log(`\n${query}`)
  for (const { contentType, content } of view) console.log(`  ${contentType}: ${content}`)
  console.log(`  ${tokensAfter} of ${tokensBefore} tokens (${counter}), budget ${tokenBudget}`)
  console.log(`  hidden: ${hidden.map(({ id, reason }) => `${id} (${reason})`).join(', ')}`)
}
