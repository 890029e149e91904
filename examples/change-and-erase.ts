/**
 * An item is corrected, the end of a conversation replaced by a summary, and in the end the user erased. After
 * `npm run build`: `npx node examples/change-and-erase.ts`.
 */
import { openThermocline } from 'thermocline'

const { memory, close } = await openThermocline({ path: ':memory:' })
const session = { userId: 'ada', sessionId: 'trip-to-oslo' }
const say = (content: string): Promise<string> =>
  memory.addMemoryItem({ ...session, contentType: 'user_message', content })

const allergy = await say('I am alergic to nuts.')
const dates = [await say('We arrive on Friday.'), await say('No, on Saturday.')]

await memory.updateMemoryItem(allergy, ({ content }) => ({ content: content.replace('alergic', 'allergic') }))

// Only if nobody has said anything since: otherwise it gives undefined, and nothing is changed.
const replaced = await memory.replaceConversationEnd({
  ...session,
  expected: dates,
  items: [{ contentType: 'summary', content: 'They arrive on Saturday.' }],
})
console.log(`replaced: ${replaced?.length} item in the place of ${dates.length}`)

for (const { contentType, content } of await memory.getConversationHistory(session)) {
  console.log(`${contentType}: ${content}`)
}

await memory.updateSession({ ...session, metadata: { title: 'A weekend in Oslo' } })
const { sessions } = await memory.listSessions({ userId: 'ada' })
console.log(`sessions: ${sessions.map(({ metadata, items }) => `${metadata?.title} (${items} items)`)}`)

const receipt = await memory.eraseUser({ userId: 'ada' })
console.log(`erased: ${receipt.removed.items} items of ${receipt.removed.sessions} session, final: ${receipt.final}`)
console.log(`left: ${(await memory.listSessions({ userId: 'ada' })).sessions.length} sessions`)

await close()
