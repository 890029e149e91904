/**
 * Finding what was said, in all of a user's conversations and in whatever tier it lies. After `npm run build`:
 * `npx node examples/search.ts`.
 */
import { openThermocline } from 'thermocline'

const { memory, close } = await openThermocline({ path: ':memory:' })
const said: readonly (readonly [sessionId: string, content: string])[] = [
  ['kitchen', 'I am allergic to walnuts and hazelnuts.'],
  ['kitchen', 'Could you find me a recipe for pancakes?'],
  ['travel', 'We fly to Oslo on the third of May.'],
  ['travel', 'Die Flüge nach Oslo sind gebucht.'],
  ['日本', '来月は大阪に行きます。'],
]
for (const [sessionId, content] of said) {
  await memory.addMemoryItem({ userId: 'ada', sessionId, contentType: 'user_message', content })
}
await memory.demote({ userId: 'ada', sessionId: 'kitchen' }, 'cold')

for (const query of ['walnut allergy', 'flying to Oslo', 'fluge gebucht', '大阪']) {
  const { hits } = await memory.searchMemory({ userId: 'ada', query, limit: 1 })
  for (const { item } of hits) console.log(`${query}: ${item.content} (${item.sessionId}, ${item.tier})`)
}

await close()
