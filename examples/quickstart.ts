/**
 * Ten lines to value, without a key: a turn of a chat whose messages are kept, and of which the model is given what
 * fits and what the question is about. Token counts need the package gpt-tokenizer. After `npm run build`:
 * `npx node examples/quickstart.ts`.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openThermocline } from 'thermocline'
import { fromOpenAI, type OpenAIMessage, toOpenAI } from 'thermocline/context'

const folder = mkdtempSync(join(tmpdir(), 'thermocline-quickstart-'))

const { memory, pruner, close } = await openThermocline({ path: join(folder, 'chat.db') })
const session = { userId: 'ada', sessionId: 'trip-to-oslo' }

async function turn(query: string): Promise<string> {
  await memory.addMemoryItems(fromOpenAI([{ role: 'user', content: query }], session))
  const view = await pruner.pruneByTokenBudget(session, { tokenBudget: 4000, query })
  const answer = await askModel(toOpenAI(view))
  await memory.addMemoryItems(fromOpenAI([answer], session))
  return `${answer.content} (${view.report.tokensAfter} of ${view.report.tokenBudget} tokens)`
}

/** In your program `openai.chat.completions.create({ model, messages })`, or another model. */
async function askModel(messages: OpenAIMessage[]): Promise<OpenAIMessage> {
  return { role: 'assistant', content: `I was given ${messages.length} of your messages and mine.` }
}

console.log(await turn('I am allergic to nuts.'))
console.log(await turn('Where can we eat tonight?'))

await close()
rmSync(folder, { recursive: true })
