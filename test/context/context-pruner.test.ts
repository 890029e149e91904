import { describe, expect, it } from 'vitest'
import { CLIP_MARK, CONTEXT_PRUNER_DEFAULTS, ContextPruner, type Embedder } from '../../src/context/index.ts'
import type { MemoryItem } from '../../src/memory/memory-item.ts'
import { ManualClock } from '../../src/testing/manual-clock.ts'
import { contents, item, quarterCounter, tokens } from './items.ts'

const pruner = new ContextPruner({ tokenCounter: quarterCounter })

describe('pruneByTokenBudget()', () => {
  it('gives the whole history when it fits, with the report beside the array', async () => {
    const history = [item('one'), item('two', { contentType: 'assistant_message' })]
    const view = await pruner.pruneByTokenBudget(history, { tokenBudget: 100 })
    expect(view).toEqual(history)
    expect(view.report).toEqual({
      tokenBudget: 100,
      tokensBefore: 2,
      tokensAfter: 2,
      tokensByPart: { first: 0, summary: 0, recent: 2, picked: 0 },
      kept: 2,
      hidden: [],
      clipped: [],
      stablePrefixShare: 0,
      counter: 'quarter',
      exact: true,
    })
    expect(JSON.parse(JSON.stringify(view))).toHaveLength(2)
    expect(Object.keys(view)).toEqual(['0', '1'])
  })

  it('keeps the newest messages alone, if asked to, and says which are hidden', async () => {
    const history = [1, 2, 3, 4].map((n) => item(tokens(10) + n))
    const newestOnly = new ContextPruner({ tokenCounter: quarterCounter, recentShare: 1 })
    const view = await newestOnly.pruneByTokenBudget(history, { tokenBudget: 25 })
    expect(contents(view)).toEqual(contents(history.slice(2)))
    expect(view.report.hidden).toEqual(history.slice(0, 2).map(({ id }) => ({ id, reason: 'no-room' })))
    expect(view.report).toMatchObject({ tokensBefore: 44, tokensAfter: 22, kept: 2 })
  })

  it('keeps system messages and pinned items before anything newer', async () => {
    const system = item(tokens(5), { contentType: 'system_message' })
    const pinned = item(tokens(5), { pinned: true })
    const history = [system, item(tokens(10)), pinned, item(tokens(10)), item(tokens(8))]
    const view = await pruner.pruneByTokenBudget(history, { tokenBudget: 20 })
    expect(view).toEqual([system, pinned, history[4]])
  })

  it('keeps the most important pinned items, newest first, when they alone exceed the budget, and says so', async () => {
    const pinned = [0.9, undefined, 0.2, undefined].map((importance) =>
      item(tokens(10), importance === undefined ? { pinned: true } : { pinned: true, importance }),
    )
    const view = await pruner.pruneByTokenBudget(pinned, { tokenBudget: 30 })
    expect(view).toEqual([pinned[0], pinned[1], pinned[3]])
    expect(view.report.hidden).toEqual([{ id: pinned[2]?.id, reason: 'no-room-for-pinned' }])
  })

  it('hides no newest item for what is pinned', async () => {
    const pins = Array.from({ length: 10 }, () => item(tokens(10), { pinned: true }))
    const question = item(tokens(8))
    const view = await pruner.pruneByTokenBudget([...pins, question], { tokenBudget: 100 })
    expect(view).toEqual([...pins.slice(1), question])
    const long = await pruner.pruneByTokenBudget([...pins, item(tokens(500))], { tokenBudget: 100 })
    expect(long.slice(0, -1)).toEqual(pins.slice(1))
    expect(long.report.clipped).toHaveLength(1)
  })

  it('gives the room to what is pinned where the newest is a call that does not fit, or to system messages', async () => {
    const pins = Array.from({ length: 10 }, () => item(tokens(10), { pinned: true }))
    const call = item(tokens(500), { contentType: 'tool_call', callId: 'c' })
    expect(await pruner.pruneByTokenBudget([...pins, call], { tokenBudget: 100 })).toEqual(pins)
    const system = item(tokens(98), { contentType: 'system_message' })
    expect(await pruner.pruneByTokenBudget([system, item(tokens(50))], { tokenBudget: 100 })).toEqual([system])
  })

  it('gives room that is left to the most important of the older items', async () => {
    const important = item(tokens(5), { importance: 0.9 })
    const dull = item(tokens(5), { importance: 0.1 })
    const history = [important, dull, item(tokens(50)), item(tokens(10))]
    const view = await pruner.pruneByTokenBudget(history, { tokenBudget: 16 })
    expect(view).toEqual([important, history[3]])
  })

  it('counts what each item costs beside its content', async () => {
    const history = [item(tokens(6)), item(tokens(6))]
    const strict = new ContextPruner({ tokenCounter: quarterCounter, tokensPerItem: 4 })
    const view = await strict.pruneByTokenBudget(history, { tokenBudget: 19 })
    expect(view).toEqual([history[1]])
    expect(view.report).toMatchObject({ tokensBefore: 20, tokensAfter: 10 })
  })

  it('reads a history from an async iterable, and uses maxContextTokens when no budget is given', async () => {
    const history = [item(tokens(9)), item(tokens(9))]
    async function* stored(): AsyncGenerator<MemoryItem> {
      yield* history
    }
    const small = new ContextPruner({ tokenCounter: quarterCounter, maxContextTokens: 10 })
    expect(await small.pruneByTokenBudget(stored())).toEqual([history[1]])
    expect(CONTEXT_PRUNER_DEFAULTS.maxContextTokens).toBe(4000)
  })

  it('gives an empty view of an empty history', async () => {
    const view = await pruner.pruneByTokenBudget([], { tokenBudget: 1 })
    expect(view).toEqual([])
    expect(view.report).toMatchObject({ tokensBefore: 0, tokensAfter: 0, kept: 0 })
  })

  it('counts each item once in its life, unless its content was changed', async () => {
    const history = Array.from({ length: 50 }, (_, n) => item(`${n}`))
    const own = { ...item('mine') }
    await pruner.pruneByTokenBudget([...history, own], { tokenBudget: 10 })
    const before = quarterCounter.calls
    const other = new ContextPruner({ tokenCounter: quarterCounter })
    await other.pruneByTokenBudget([...history, own], { tokenBudget: 10 })
    expect(quarterCounter.calls).toBe(before)
    const changed = Object.assign(own, { content: tokens(8) })
    const view = await pruner.pruneByTokenBudget([...history, changed], { tokenBudget: 10 })
    expect(view.report.tokensBefore).toBe(58)
  })

  it('counts with o200k_base by default', async () => {
    const view = await new ContextPruner().pruneByTokenBudget([item('hello world')])
    expect(view.report).toMatchObject({ tokensAfter: 2, counter: 'o200k_base', exact: true, tokenBudget: 4000 })
  })
})

describe('an item too large for the budget', () => {
  it('is clipped with a mark when it is the newest, and reported', async () => {
    const large = item(tokens(1000), { payload: { format: 'openai.chat', data: '{}' } })
    const view = await pruner.pruneByTokenBudget([item('hi'), large], { tokenBudget: 100 })
    const clipped = view.at(-1) as MemoryItem
    expect(clipped.id).toBe(large.id)
    expect(clipped.content.endsWith(CLIP_MARK)).toBe(true)
    expect(large.content.startsWith(clipped.content.slice(0, -CLIP_MARK.length))).toBe(true)
    expect(clipped.content.length).toBeGreaterThan(360)
    expect(clipped).not.toHaveProperty('payload')
    const [report] = view.report.clipped
    expect(report).toMatchObject({ id: large.id, tokensBefore: 1000 })
    expect(report?.tokensAfter).toBe(Math.ceil(clipped.content.length / 4))
    expect(large.content).toHaveLength(4000)
  })

  it('is hidden as too large when it is older', async () => {
    const large = item(tokens(1000))
    const view = await pruner.pruneByTokenBudget([item('hi'), large, item('there')], { tokenBudget: 100 })
    expect(contents(view)).toEqual(['hi', 'there'])
    expect(view.report.hidden).toEqual([{ id: large.id, reason: 'too-large' }])
  })

  it('is clipped as a tool result, its call kept whole and a shorter parallel result untouched', async () => {
    const call = (callId: string) => item(tokens(5), { contentType: 'tool_call', callId })
    const result = (callId: string, size: number) => item(tokens(size), { contentType: 'tool_result', callId })
    const turn = [call('a'), call('b'), call('c'), result('a', 900), result('b', 4), result('c', 500)]
    const view = await pruner.pruneByTokenBudget([item('list both'), ...turn], { tokenBudget: 100 })
    expect(view.slice(-6).map(({ id }) => id)).toEqual(turn.map(({ id }) => id))
    expect(view.report.clipped.map(({ id }) => id)).toEqual([turn[3]?.id, turn[5]?.id])
    expect(view).toEqual(expect.arrayContaining([turn[0], turn[1], turn[2], turn[4]]))
    expect(view.report.tokensAfter).toBeLessThanOrEqual(100)
    expect(view.report.tokensAfter).toBeGreaterThan(90)
  })

  it('is hidden when it is a tool call, which is never cut', async () => {
    const call = item(tokens(1000), { contentType: 'tool_call', callId: 'a' })
    const view = await pruner.pruneByTokenBudget([item('write a book'), call], { tokenBudget: 100 })
    expect(contents(view)).toEqual(['write a book'])
    expect(view.report.hidden).toEqual([{ id: call.id, reason: 'too-large' }])
  })
})

describe('wrong arguments', () => {
  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '4000', null])('refuses the budget %s', async (budget) => {
    const prune = pruner.pruneByTokenBudget([item('hi')], { tokenBudget: budget as number })
    await expect(prune).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  it.each([undefined, null, 'text', 7, {}, [null], ['text'], [{ id: 'a', content: 'no type' }]])(
    'refuses the history %j',
    async (history) => {
      const prune = pruner.pruneByTokenBudget(history as never, { tokenBudget: 10 })
      await expect(prune).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    },
  )

  it('refuses a number in place of options', async () => {
    const prune = pruner.pruneByTokenBudget([item('hi')], 4000 as never)
    await expect(prune).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  it('says so when not even a clipped part of the newest item fits', async () => {
    const prune = pruner.pruneByTokenBudget([item(tokens(50))], { tokenBudget: 2 })
    await expect(prune).rejects.toMatchObject({
      code: 'BUDGET_TOO_SMALL',
      details: { tokenBudget: 2, newestTokens: 50 },
    })
  })

  it.each([{ maxContextTokens: 0 }, { tokensPerItem: -1 }, { tokensPerItem: 0.5 }, { tokenCounter: {} as never }])(
    'refuses the options %j',
    (options) => {
      expect(() => new ContextPruner(options)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
    },
  )

  it.each([Number.NaN, -1, 0.5, undefined])('refuses a counter that says %s', async (answer) => {
    const tokenCounter = { name: 'broken', exact: false, count: () => answer as number }
    const prune = new ContextPruner({ tokenCounter }).pruneByTokenBudget([item('hi')])
    await expect(prune).rejects.toMatchObject({ code: 'INVALID_OPTION' })
  })

  it('stops when the caller aborts', async () => {
    const abort = new AbortController()
    async function* endless(): AsyncGenerator<MemoryItem> {
      for (let n = 0; ; n += 1) {
        if (n === 3) abort.abort(new Error('enough'))
        yield item('more')
      }
    }
    const prune = pruner.pruneByTokenBudget(endless(), { signal: abort.signal })
    await expect(prune).rejects.toMatchObject({ code: 'ABORTED', cause: new Error('enough') })
  })
})

describe('an embedder', () => {
  const history = [...Array(20)].map((_, n) => item(`${tokens(3)}dog number ${n}`))
  const meaningful: Embedder = {
    name: 'seven',
    embed: async (texts, { kind }) => texts.map((text) => (kind === 'query' || text.endsWith('7') ? [1, 0] : [0, 1])),
  }

  it('decides together with words', async () => {
    const pruner = new ContextPruner({ tokenCounter: quarterCounter, embedder: meaningful, recentShare: 0 })
    const view = await pruner.pruneByTokenBudget(history, { tokenBudget: 30, query: 'dog' })
    expect(contents(view).filter((content) => content.endsWith('7'))).toHaveLength(2)
    expect(view.report.embedFailure).toBeUndefined()
  })

  it('that fails or hangs leaves it to words, and is told of', async () => {
    const clock = new ManualClock()
    const failing: Embedder = { name: 'off', embed: () => Promise.reject(new Error('no network')) }
    const broken = new ContextPruner({ tokenCounter: quarterCounter, embedder: failing })
    const view = await broken.pruneByTokenBudget(history, { tokenBudget: 30, query: 'dog' })
    expect(view.report.embedFailure).toEqual({ code: 'MODEL_FAILED', message: 'no network' })

    const { promise: isAsked, resolve } = Promise.withResolvers<void>()
    const hanging: Embedder = {
      name: 'hangs',
      embed() {
        resolve()
        return new Promise(() => {})
      },
    }
    const pruner = new ContextPruner({ tokenCounter: quarterCounter, embedder: hanging, embedTimeoutMs: 500, clock })
    const pruning = pruner.pruneByTokenBudget(history, { tokenBudget: 30, query: 'dog' })
    await isAsked
    clock.advance(500)
    expect((await pruning).report.embedFailure).toMatchObject({ code: 'MODEL_FAILED', reason: 'timeout' })
  })
})

describe('a question that says nothing', () => {
  it('is like none', async () => {
    const history = [...Array(40)].map((_, n) =>
      item(n % 7 ? `well, ok ${n}` : `Ada moved to Bergen ${n} in May 2023.`),
    )
    const pruner = new ContextPruner({ tokenCounter: quarterCounter })
    const ids = async (query?: string): Promise<string[]> =>
      (await pruner.pruneByTokenBudget(history, { tokenBudget: 60, query })).map(({ id }) => id)
    expect(await ids('what about it?')).toEqual(await ids())
    expect(await ids('')).toEqual(await ids())
    expect(await ids('ok 13?')).not.toEqual(await ids())
  })
})

describe('what is no option', () => {
  const pruner = new ContextPruner({ tokenCounter: quarterCounter })

  it.each([{ memory: {} }, { signal: {} }, { query: 4 }, null])('is refused: %j', async (options) => {
    const refused = { code: 'INVALID_ARGUMENT' }
    await expect(pruner.pruneByTokenBudget([], options as never)).rejects.toMatchObject(refused)
    await expect(pruner.pruneConversationHistory([], options as never)).rejects.toMatchObject(refused)
  })

  it('leaves items of others alone, whatever they call their users', async () => {
    const view = await pruner.pruneByTokenBudget([item('hello', { userId: '' } as object)])
    expect(view).toHaveLength(1)
  })
})
