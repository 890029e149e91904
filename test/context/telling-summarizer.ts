import type { SummarizeRequest, Summarizer, Summary } from '../../src/context/index.ts'
import { ContextPruner, type ContextPrunerOptions } from '../../src/context/index.ts'
import { inProcessDurableStore, inProcessHotStore, TieredStorageManager } from '../../src/index.ts'
import type { ItemBody, MemoryItem, NewMemoryItem } from '../../src/memory/memory-item.ts'
import { item, quarterCounter } from './items.ts'

export const SESSION = { userId: 'ada', sessionId: 's1' }

/** Its summaries are the first words of all items, so that they say what they are made of. */
export class TellingSummarizer implements Summarizer {
  readonly name = 'telling'
  readonly requests: SummarizeRequest[] = []
  /** What it does instead, given what it would have answered. */
  instead: ((answer: Summary, request: SummarizeRequest) => unknown) | undefined

  async summarize(request: SummarizeRequest): Promise<Summary> {
    this.requests.push(request)
    const words = request.items.map(({ content }) => firstWord(content))
    const answer = { text: [request.previous, ...words].filter(Boolean).join(' '), model: this.name, promptVersion: 1 }
    return this.instead === undefined ? answer : ((await this.instead(answer, request)) as Summary)
  }

  get itemsAsked(): number[] {
    return this.requests.map(({ items }) => items.length)
  }
}

export function firstWord(content: string): string {
  return content.split(' ', 1)[0] as string
}

/** A small message whose first word is its number. */
export function message(n: number, body: Partial<ItemBody> & { readonly id?: string } = {}): MemoryItem {
  return item(`m${n} says a few words of no importance`, { id: `id-${n}`, ...body } as Partial<ItemBody>)
}

export function messages(from: number, to: number): MemoryItem[] {
  return Array.from({ length: to - from + 1 }, (_, i) => message(from + i))
}

/** What a session is given for such messages. */
export function bodies(from: number, to: number): NewMemoryItem[] {
  return messages(from, to).map(({ content, contentType }) => ({ ...SESSION, content, contentType }))
}

export function prunerWith(options: ContextPrunerOptions = {}): {
  readonly pruner: ContextPruner
  readonly summarizer: TellingSummarizer
} {
  const summarizer = new TellingSummarizer()
  return { summarizer, pruner: new ContextPruner({ tokenCounter: quarterCounter, summarizer, ...options }) }
}

export function emptyMemory(): TieredStorageManager {
  return new TieredStorageManager({
    stores: { durable: inProcessDurableStore(), hot: inProcessHotStore() },
    tierMigrationInterval: 0,
  })
}

/** First words of the items that the summary in a view or history tells of. */
export function told(items: readonly MemoryItem[]): string[] {
  const text = items.find(({ contentType }) => contentType === 'summary')?.content ?? ''
  return text.split('\n').slice(1).join(' ').split(/\s+/).filter(Boolean)
}

export function words(from: number, to: number): string[] {
  return messages(from, to).map(({ content }) => firstWord(content))
}

export async function storedSummaries(memory: TieredStorageManager): Promise<MemoryItem[]> {
  return (await memory.getConversationHistory(SESSION)).filter(({ contentType }) => contentType === 'summary')
}
