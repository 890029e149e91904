/**
 * How long counting takes and how long it holds the event loop, and what a prune costs:
 * `node bench/token-counting.ts`. Longest gap between turns of a loop that does nothing else, and the most time that the
 * process was at work in one: on a machine that is busy with other things, only the latter is ours.
 * With `--data DIR`: on how many texts of its `*-items.jsonl` the counts are not those of the package tiktoken.
 */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { get_encoding } from 'tiktoken'
import { ContextPruner, estimatingTokenCounter, openAITokenCounter, type TokenCounter } from '../src/context/index.ts'
import { tiktokenCounter } from '../src/context/token-counters/tiktoken.ts'
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
  '3,000,000 x U+4E2D': '中'.repeat(3_000_000),
}

interface Measured {
  readonly ms: number
  readonly heldMs: number
  readonly workMs: number
}

/** Of this thread, in milliseconds. */
function workedMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

async function measured(work: () => unknown): Promise<Measured> {
  let heldMs = 0
  let workMs = 0
  let last = performance.now()
  let lastWorked = workedMs()
  let open = true
  const tick = (): void => {
    const now = performance.now()
    const worked = workedMs()
    heldMs = Math.max(heldMs, now - last)
    workMs = Math.max(workMs, worked - lastWorked)
    last = now
    lastWorked = worked
    if (open) setImmediate(tick)
  }
  tick()
  await new Promise(setImmediate)
  heldMs = 0
  workMs = 0
  const start = performance.now()
  await work()
  await new Promise(setImmediate)
  const ms = performance.now() - start
  open = false
  await new Promise(setImmediate)
  return { ms, heldMs, workMs }
}

function print(name: string, { ms, heldMs, workMs }: Measured): void {
  const turn = `held ${heldMs.toFixed(1).padStart(6)} ms, at work ${workMs.toFixed(1).padStart(6)} ms`
  console.log(`${name.padEnd(42)} ${ms.toFixed(2).padStart(9)} ms   ${turn}`)
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

/** Texts of each set on which a counter differs from tiktoken, and by how many tokens in all. */
async function printAgreement(dir: string): Promise<void> {
  for (const name of ['o200k_base', 'cl100k_base'] as const) {
    const encoder = get_encoding(name)
    const ours: Record<string, TokenCounter> = {
      'ranks of gpt-tokenizer': openAITokenCounter({ encoding: name, source: 'gpt-tokenizer' }),
      'ranks of tiktoken': openAITokenCounter({ encoding: name, source: 'tiktoken' }),
      'an encoder without a name': tiktokenCounter({ encode_ordinary: (text) => encoder.encode_ordinary(text) }),
    }
    for (const file of globSync('*-items.jsonl', { cwd: dir }).sort()) {
      const lines = readFileSync(join(dir, file), 'utf8').trim().split('\n')
      // The lines themselves too: JSON is another kind of text.
      const texts = lines.flatMap((line) => [String(JSON.parse(line).content), line])
      const true_ = texts.map((text) => encoder.encode_ordinary(text).length)
      const total = true_.reduce((a, b) => a + b, 0)
      console.log(`${name}, ${file}: ${texts.length} texts, ${total} tokens`)
      for (const [source, counter] of Object.entries(ours)) {
        let different = 0
        let off = 0
        for (const [i, text] of texts.entries()) {
          const difference = Math.abs((await counter.count(text)) - (true_[i] as number))
          if (difference > 0) different += 1
          off += difference
        }
        console.log(`  ${source.padEnd(28)} differ: ${different} texts, ${off} tokens`)
      }
    }
    encoder.free()
  }
}

const { data } = parseArgs({ options: { data: { type: 'string' } } }).values
if (data !== undefined) {
  await printAgreement(data)
  process.exit()
}

const counter = openAITokenCounter()
print('nothing, for a second', await measured(() => new Promise((resolve) => setTimeout(resolve, 1000))))
print('first count, with reading the ranks', await measured(() => counter.count('hello')))
for (const [name, text] of Object.entries(INPUTS)) print(name, await measured(() => counter.count(text)))
const encoder = get_encoding('o200k_base')
const sliced = tiktokenCounter({ encode_ordinary: (text) => encoder.encode_ordinary(text) })
for (const name of ['100,000 x "a"', '100,000 x U+4E2D', '12,500 joined emoji', '5 MB of words']) {
  print(`${name}, in slices by tiktoken`, await measured(() => sliced.count(INPUTS[name] as string)))
}
print(
  '5 MB of words, estimated',
  await measured(() => estimatingTokenCounter().count(INPUTS['5 MB of words'] as string)),
)
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
