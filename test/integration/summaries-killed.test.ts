import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { ContextPruner, estimatingTokenCounter } from '../../src/context/index.ts'
import { TieredStorageManager } from '../../src/index.ts'
import { bodies, SESSION, storedSummaries, TellingSummarizer, told, words } from '../context/telling-summarizer.ts'
import type { SummaryWriterPlan } from '../support/summaries/pruning-process.ts'
import { TempFolder } from '../support/temp-folder.ts'

const PROGRAM = fileURLToPath(new URL('../support/summaries/pruning-process.ts', import.meta.url))

interface Ended {
  readonly signal: string | null
  readonly said: { readonly covered?: number; readonly asked?: readonly number[] }
}

function run(plan: SummaryWriterPlan): Promise<Ended> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [PROGRAM, JSON.stringify(plan)], (error, stdout, stderr) => {
      if (error === null) resolve({ signal: null, said: JSON.parse(stdout) })
      else if (error.signal === 'SIGKILL') resolve({ signal: error.signal, said: {} })
      else reject(new Error(stderr, { cause: error }))
    })
  })
}

async function withFile<T>(work: (path: string, memory: TieredStorageManager) => Promise<T>): Promise<T> {
  using folder = new TempFolder()
  const path = folder.file('memory.db')
  const memory = new TieredStorageManager({ path, tierMigrationInterval: 0 })
  try {
    return await work(path, memory)
  } finally {
    await memory.close()
  }
}

describe('a summary in a file that several processes prune from', () => {
  it('is gone on with by each of them', async () => {
    await withFile(async (path, memory) => {
      await memory.addMemoryItems(bodies(1, 30))
      expect((await run({ path, ...SESSION })).said).toEqual({ covered: 21, asked: [21] })
      expect((await run({ path, ...SESSION })).said).toEqual({ covered: 21, asked: [] })
      await memory.addMemoryItems(bodies(31, 41))
      const { said } = await run({ path, ...SESSION })
      expect(said.asked).toEqual([(said.covered ?? 0) - 21])
      expect(told(await storedSummaries(memory))).toEqual(words(1, said.covered ?? 0))
    })
  })

  it.each<NonNullable<SummaryWriterPlan['killAt']>>([
    { call: 'summarize', when: 'before' },
    { call: 'summarize', when: 'after' },
    { call: 'addMemoryItem', when: 'before' },
    { call: 'addMemoryItem', when: 'after' },
    { call: 'deleteMemoryItem', when: 'before' },
    { call: 'deleteMemoryItem', when: 'after' },
  ])('is whole after a process was killed $when its $call', async (killAt) => {
    await withFile(async (path, memory) => {
      await memory.addMemoryItems(bodies(1, 30))
      await run({ path, ...SESSION })
      await memory.addMemoryItems(bodies(31, 60))
      expect(await run({ path, ...SESSION, killAt })).toMatchObject({ signal: 'SIGKILL' })

      const summarizer = new TellingSummarizer()
      const pruner = new ContextPruner({ memory, summarizer, tokenCounter: estimatingTokenCounter() })
      const view = await pruner.pruneConversationHistory(SESSION)
      expect(view.report.summary?.coveredItems).toBe(51)
      expect(told(view)).toEqual(words(1, 51))
      expect((await storedSummaries(memory)).map(({ id }) => id)).toEqual([view.report.summary?.id])
      const isStored =
        killAt.call === 'deleteMemoryItem' || (killAt.call === 'addMemoryItem' && killAt.when === 'after')
      expect(summarizer.itemsAsked).toEqual(isStored ? [] : [30])
      const items = await memory.getConversationHistory(SESSION)
      expect(items.filter(({ contentType }) => contentType !== 'summary')).toHaveLength(60)
    })
  })
})
