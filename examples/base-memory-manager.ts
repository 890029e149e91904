/**
 * A store of your own beside ours: it is written with every add, and read where we have nothing, for example for
 * conversations from before. After `npm run build`: `npx node examples/base-memory-manager.ts`.
 */
import { appendFile, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BaseMemoryManager, type BaseMemoryScope, type MemoryItem, openThermocline } from 'thermocline'

const folder = await mkdtemp(join(tmpdir(), 'thermocline-base-'))

/** Keeps items as lines of one file. Yours may be a database that other systems read too. */
class LinesOnDisk implements BaseMemoryManager {
  readonly #file = join(folder, 'archive', 'items.jsonl')

  // Called by us before anything else, and perhaps by you before that: must be harmless when called twice.
  async initialize(): Promise<void> {
    await mkdir(join(folder, 'archive'), { recursive: true })
    await appendFile(this.#file, '')
  }

  async add(items: readonly MemoryItem[]): Promise<void> {
    await appendFile(this.#file, items.map((item) => `${JSON.stringify(item)}\n`).join(''))
  }

  async get(id: string): Promise<MemoryItem | undefined> {
    return (await this.#items()).find((item) => item.id === id)
  }

  async history({ tenantId, userId, sessionId }: BaseMemoryScope): Promise<readonly MemoryItem[]> {
    const items = await this.#items()
    return items.filter((item) => item.tenantId === tenantId && item.userId === userId && item.sessionId === sessionId)
  }

  /** One session, or all of a user's where none is named. */
  async erase({ tenantId, userId, sessionId }: Parameters<BaseMemoryManager['erase']>[0]): Promise<void> {
    const kept = (await this.#items()).filter((item) => {
      const isTheirs = item.tenantId === tenantId && item.userId === userId
      return !isTheirs || (sessionId !== undefined && item.sessionId !== sessionId)
    })
    await rm(this.#file)
    await this.add(kept)
  }

  async #items(): Promise<MemoryItem[]> {
    const lines = (await readFile(this.#file, 'utf8')).split('\n').filter((line) => line !== '')
    return lines.map((line) => JSON.parse(line) as MemoryItem)
  }
}

const baseMemoryManager = new LinesOnDisk()
const session = { userId: 'ada', sessionId: 'garden' }

const first = await openThermocline({ path: join(folder, 'first.db'), baseMemoryManager })
await first.memory.addMemoryItem({ ...session, contentType: 'user_message', content: 'When do I plant garlic?' })
await first.memory.addMemoryItem({ ...session, contentType: 'assistant_message', content: 'In October.' })
await first.close()
console.log(`in the own store: ${(await baseMemoryManager.history({ tenantId: 'default', ...session })).length} items`)

// A new and empty memory beside the old store: what it misses, it finds there.
const second = await openThermocline({ path: join(folder, 'second.db'), baseMemoryManager })
const history = await second.memory.getConversationHistory(session)
console.log(`read through an empty memory: ${history.map(({ content }) => content).join(' ')}`)

await second.close()
await rm(folder, { recursive: true })
