/**
 * Turns of a chat with a tool: what is said goes into the memory as it comes from the API, and what the budget has room for
 * goes back. With OPENAI_API_KEY set it asks OpenAI, or what answers at OPENAI_BASE_URL; without, a stand-in of a few lines.
 * After `npm run build` and `npm install openai`: `npx node examples/chat-turn.ts`.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import OpenAI from 'openai'
import { openThermocline } from 'thermocline'
import { fromOpenAI, type OpenAIMessage, toOpenAI } from 'thermocline/context'

const folder = mkdtempSync(join(tmpdir(), 'thermocline-chat-'))
const { memory, pruner, close } = await openThermocline({ path: join(folder, 'chat.db') })
const session = { userId: 'ada', sessionId: 'weather' }
const standIn = process.env.OPENAI_API_KEY === undefined ? await startStandIn() : undefined
const openai = new OpenAI(standIn && { apiKey: 'none', baseURL: standIn.url })

const forecast = { type: 'function', function: { name: 'forecast', parameters: { type: 'object' } } } as const
const add = async (message: OpenAIMessage): Promise<unknown> => memory.addMemoryItems(fromOpenAI([message], session))

await add({ role: 'system', content: 'You know the weather. Answer briefly.' })
for (const question of ['Will it rain in Bergen?', 'And in Oslo?']) console.log(`${question} ${await ask(question)}`)

async function ask(question: string): Promise<string> {
  await add({ role: 'user', content: question })
  for (;;) {
    const history = await memory.getConversationHistory(session)
    const view = await pruner.pruneByTokenBudget(history, { tokenBudget: 45, query: question })
    const messages = toOpenAI(view)
    console.log(`sent ${messages.map(({ role }) => role).join(', ')}; hidden ${view.report.hidden.length}`)
    const model = process.env.OPENAI_MODEL ?? 'gpt-5.4-mini'
    const completion = await openai.chat.completions.create({ model, messages, tools: [forecast] })
    const answer = completion.choices[0]?.message
    if (answer === undefined) throw new Error('the model gave no answer')
    await add(answer)
    if (answer.tool_calls === undefined) return answer.content ?? ''
    for (const call of answer.tool_calls) {
      await add({ role: 'tool', tool_call_id: call.id, content: 'Rain until noon, then sun. 11 degrees.' })
    }
  }
}

await close()
await standIn?.stop()
rmSync(folder, { recursive: true })

/** Calls the tool after what the user says, and answers after the tool. */
async function startStandIn(): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { messages } = JSON.parse(Buffer.concat(chunks).toString()) as { messages: OpenAIMessage[] }
    const id = `call_${messages.length}`
    const call = { id, type: 'function', function: { name: 'forecast', arguments: '{}' } }
    const isTold = messages.at(-1)?.role === 'tool'
    const message = isTold ? { content: 'Until noon.' } : { content: null, tool_calls: [call] }
    const choice = {
      index: 0,
      message: { role: 'assistant', ...message },
      finish_reason: isTold ? 'stop' : 'tool_calls',
    }
    response.setHeader('content-type', 'application/json')
    response.end(
      JSON.stringify({ id: 'x', object: 'chat.completion', created: 0, model: 'stand-in', choices: [choice] }),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const stop = async (): Promise<void> => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return { url: `http://127.0.0.1:${port}/v1`, stop }
}
