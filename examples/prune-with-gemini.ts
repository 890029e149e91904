/**
 * A turn of a chat with Gemini, of which more was said than is sent: what the question is about is picked from it, and a
 * summary that Gemini writes stands for the rest. It asks a stand-in on this machine, which speaks Gemini's protocol and
 * knows no language; with GEMINI_API_KEY in the environment, Gemini itself. Needs the packages @google/genai and
 * gpt-tokenizer: after `npm run build`, `npx node examples/prune-with-gemini.ts`.
 */
import { GoogleGenAI } from '@google/genai'
import { openThermocline } from 'thermocline'
import { fromGemini, toGemini } from 'thermocline/context'

const apiKey = process.env.GEMINI_API_KEY
const standIn = apiKey ? undefined : await (await import('../emulators/gemini.ts')).startGemini()
const gemini = new GoogleGenAI(standIn ? { apiKey: 'any', httpOptions: { baseUrl: standIn.url } } : { apiKey: apiKey! })
const model = 'gemini-3.5-flash-lite'

const { memory, pruner, close } = await openThermocline({
  path: ':memory:',
  context: { geminiClient: gemini, geminiModel: model, summaryMaxTokens: 200 },
})
const session = { userId: 'ada', sessionId: 'trip-to-oslo' }

// What was said before, as Gemini's API has it.
const contents = [
  ['We want to go to Oslo in May, two adults and Tim, who is six.', 'Lovely. How long do you want to stay?'],
  ['Five days, from the 12th. Tim is allergic to nuts, mind that.', 'Noted: 12 to 17 May, and no nuts for Tim.'],
  ['We would like to come by train and not by plane.', 'Then the night train to Malmö, and on from there.'],
  ['Is there a hotel near the water?', 'The Amerikalinjen is close to the fjord and to the station.'],
  ['How much is it?', 'About 2,100 kroner a night for the three of you.'],
  ['That is too much. Something for 1,500?', 'The Citybox has family rooms for 1,350.'],
  ['Good, that one. What can we do if it rains?', 'The museum of science, and the Fram with its polar ship.'],
  ['And if it is sunny?', 'The ferry to Hovedøya: a beach, woods and the ruins of a monastery.'],
  ['Are there playgrounds?', 'Yes, a large one in Frogner park, beside the sculptures.'],
  ['How do we get around?', 'A family ticket for a week; trams and ferries are in it.'],
  ['Do we need cash?', 'Hardly: cards are taken everywhere, even on the ferry.'],
  ['What should we bring for the weather?', 'Rain coats and a warm layer; May has 8 to 16 degrees.'],
  ['Is the 17th a holiday?', 'It is the national day: parades in the morning, shops are closed.'],
].flatMap(([user, answer]) => [
  { role: 'user', parts: [{ text: user! }] },
  { role: 'model', parts: [{ text: answer! }] },
])
const systemInstruction = { parts: [{ text: 'You plan trips. Answer briefly.' }] }
await memory.addMemoryItems(fromGemini({ systemInstruction, contents }, session))

// The turn.
const query = 'Which snacks can we take along for Tim, with his allergy?'
await memory.addMemoryItems(fromGemini([{ role: 'user', parts: [{ text: query }] }], session))
const view = await pruner.pruneConversationHistory(session, { query })
const { contents: sent, ...config } = toGemini(view)
const response = await gemini.models.generateContent({ model, contents: sent, config })
const answer = response.candidates?.[0]?.content
if (answer !== undefined) await memory.addMemoryItems(fromGemini([answer], session))

console.log('What Gemini was given:\n')
for (const { contentType, content } of view) console.log(`${contentType}: ${content}`)
const { kept, hidden, tokensBefore, tokensAfter, tokensByPart, summary } = view.report
console.log(`\n${kept} items, ${hidden.length} hidden; ${tokensAfter} of ${tokensBefore} tokens:`, tokensByPart)
if (summary !== undefined) {
  const { coveredItems, model: author, isStored, failure } = summary
  console.log(
    `summary of ${coveredItems} items by ${author}, ${isStored ? 'stored' : `not stored: ${failure?.message}`}`,
  )
}
console.log(`\nIts answer: ${response.text}`)

await close()
await standIn?.stop()
