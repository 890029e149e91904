/**
 * How long counting takes and how long it holds the event loop, and what a prune costs:
 * `node bench/token-counting.ts`. Longest gap between turns of a loop that does nothing else.
 */
import { ContextPruner, openAITokenCounter } from '../src/context/index.ts'
import type { MemoryItem } from '../src/memory/memory-item.ts'

let state = 1
const random = (below: number): number => {
  state = (state * 48271) % 2147483647
  return state % below
}
const letters = (length: number): string => Array.from({ length }, () => String.fromCharCode(97 + random(26))).join('')
const WORDS =
  'the of memory agent token budget when should keep result because user, call. error: Berlin 2026 and'.split(' ')
const sentence = (words: number): string => Array.from({ length: words }, () => WORDS[random(WORDS.length)]).join(' ')

const INPUTS: Record<string, string> = {
  '100,000 x "a"': 'a'.repeat(100_000),
  '100,000 blanks': ' '.repeat(100_000),
  '100,000 line ends': '\n'.repeat(100_000),
  '100,000 x "="': '='.repeat(100_000),
  '100,000 x U+4E2D': '中'.repeat(100_000),
  '12,500 joined emoji': '👩‍👩‍👧‍👦'.repeat(12_500),
  '1 MB of base64': Buffer.from(Array.from({ length: 786_432 }, () => random(256))).toString('base64'),
  '1,000,000 x "a"': 'a'.repeat(1_000_000),
  '1,000,000 letters, no blank': letters(1_000_000),
  '5 MB of words': sentence(900_000),
  '10,000,000 x "a"': 'a'.repeat(10_000_000),
}

async function measured(work: () => unknown): Promise<{ ms: number; heldMs: number }> {
  let heldMs = 0
  let last = performance.now()
  let open = true
  const tick = (): void => {
    const now = performance.now()
    heldMs = Math.max(heldMs, now - last)
    last = now
    if (open) setImmediate(tick)
  }
  tick()
  await new Promise(setImmediate)
  heldMs = 0
  const start = performance.now()
  await work()
  await new Promise(setImmediate)
  const ms = performance.now() - start
  open = false
  await new Promise(setImmediate)
  return { ms, heldMs }
}

function print(name: string, { ms, heldMs }: { ms: number; heldMs: number }): void {
  console.log(`${name.padEnd(42)} ${ms.toFixed(2).padStart(9)} ms   held ${heldMs.toFixed(1).padStart(6)} ms`)
}

function history(count: number): MemoryItem[] {
  return Array.from({ length: count }, (_, n) =>
    Object.freeze({
      id: `item-${n}`,
      tenantId: 'default',
      userId: 'ada',
      sessionId: 'bench',
      content: sentence(20 + random(15)),
      contentType: n % 2 ? 'assistant_message' : 'user_message',
      createdAt: 1_760_000_000_000 + n,
      tier: 'hot',
      cached: false,
      accessCount: 0,
    }),
  )
}

const counter = openAITokenCounter()
print('first count, with reading the ranks', await measured(() => counter.count('hello')))
for (const [name, text] of Object.entries(INPUTS)) print(name, await measured(() => counter.count(text)))
const many = Array.from({ length: 20 }, () => letters(100_000))
print(
  '20 at once of 100,000 letters, no blank',
  await measured(() => Promise.all(many.map((text) => counter.count(text)))),
)
const pruner = new ContextPruner()
for (const count of [600, 10_000]) {
  const items = history(count)
  const prune = (): Promise<unknown> => pruner.pruneByTokenBudget(items, { tokenBudget: 4000 })
  print(`prune of ${count} items, counts unknown`, await measured(prune))
  for (let warmUp = 0; warmUp < 20; warmUp += 1) await prune()
  print(`prune of ${count} items, counts known`, await measured(prune))
}
