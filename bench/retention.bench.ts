/** Which part of what a question is about a pruned history keeps, and how long a prune takes. */
import { ContextPruner, openAITokenCounter } from '../dist/context/index.js'
import { benchOptions, type Result, report } from './report.ts'
import { type Conversation, readConversations } from './retention/conversations.ts'
import { BUDGETS, type Kept, keptEvidence, means, printParts, withoutQuestion } from './retention/kept-evidence.ts'
import { langChain, type Method, miniSearch, recency } from './retention/peers.ts'
import { pruneTimes } from './retention/prune-times.ts'
import { toolSetResults } from './retention/tool-sets.ts'

const AIMS: Readonly<Record<string, readonly number[]>> = {
  kept_query: [87, 91, 94, 97],
  kept_noquery: [15, 27, 48, 74],
}
const options = benchOptions()
if (options.data === undefined) {
  console.error('Usage: npm run bench -- retention --data DIR [--json]\nDIR has locomo-items.jsonl and locomo-qa.jsonl')
  process.exit(2)
}
const tokenCounter = openAITokenCounter()
const conversations = readConversations(options.data)
const kept = new Map<string, Kept[]>()
for (const conversation of conversations) {
  for (const [name, method] of Object.entries(await methodsFor(conversation))) {
    const ofMethod = kept.get(name) ?? []
    kept.set(name, [...ofMethod, ...(await keptEvidence(conversation, method))])
  }
}
const results: Result[] = []
for (const [name, ofMethod] of kept) {
  for (const [i, percent] of means(ofMethod).entries()) {
    const aim = AIMS[name]?.[i]
    results.push({ name: `${name}@${BUDGETS[i]}`, value: percent, unit: '%', ...(aim !== undefined && { aim }) })
  }
  if (!options.json && name in AIMS) printParts(name, ofMethod)
}
results.push(...(await pruneTimes(conversations, tokenCounter)))
results.push(...(await toolSetResults(options.data)))
report('retention', results, options)

async function methodsFor(conversation: Conversation): Promise<Readonly<Record<string, Method>>> {
  const { history } = conversation
  const tokens: number[] = []
  for (const { content } of history) tokens.push(await tokenCounter.count(content))
  return {
    kept_query: pruned(conversation, true),
    kept_noquery: withoutQuestion(pruned(conversation, false)),
    recency: withoutQuestion(recency(tokens)),
    minisearch: miniSearch(conversation, tokens),
    trimmessages: withoutQuestion(langChain(conversation, tokens)),
  }
}

/** With default options, but for the budget. */
function pruned({ history }: Conversation, withQuestion: boolean): Method {
  const pruner = new ContextPruner({ tokenCounter })
  const places = new Map(history.map(({ id }, place) => [id, place]))
  return async (question, tokenBudget) => {
    const view = await pruner.pruneByTokenBudget(history, { tokenBudget, ...(withQuestion && { query: question }) })
    return view.flatMap(({ id }) => places.get(id) ?? [])
  }
}
