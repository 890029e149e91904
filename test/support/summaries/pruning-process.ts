// A process of its own that prunes a session with a memory in a file, and is killed at one of its calls. Its plan is the
// only argument, as JSON.
import { ContextPruner, estimatingTokenCounter, type SummaryMemory } from '../../../src/context/index.ts'
import { TieredStorageManager } from '../../../src/index.ts'
import { TellingSummarizer } from '../../context/telling-summarizer.ts'

export interface SummaryWriterPlan {
  readonly path: string
  readonly userId: string
  readonly sessionId: string
  /** The process kills itself at that call of its memory, or of its summarizer: before it, or once it was done. */
  readonly killAt?: { readonly call: keyof SummaryMemory | 'summarize'; readonly when: 'before' | 'after' }
}

const { path, userId, sessionId, killAt } = JSON.parse(process.argv[2] as string) as SummaryWriterPlan
const memory = new TieredStorageManager({ path, tierMigrationInterval: 0 })
const summarizer = new TellingSummarizer()
const pruner = new ContextPruner({
  summarizer: dying(summarizer),
  memory: dying<SummaryMemory>(memory),
  tokenCounter: estimatingTokenCounter(),
})
const view = await pruner.pruneConversationHistory({ userId, sessionId })
await memory.close()
process.stdout.write(JSON.stringify({ covered: view.report.summary?.coveredItems, asked: summarizer.itemsAsked }))

function dying<T extends object>(target: T): T {
  return new Proxy(target, {
    get(_, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return async (...args: unknown[]) => {
        if (name === killAt?.call && killAt.when === 'before') process.kill(process.pid, 'SIGKILL')
        const answer: unknown = await Reflect.apply(value, target, args)
        if (name === killAt?.call) process.kill(process.pid, 'SIGKILL')
        return answer
      }
    },
  })
}
