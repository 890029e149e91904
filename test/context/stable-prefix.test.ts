import { describe, expect, it } from 'vitest'
import { ContextPruner } from '../../src/context/index.ts'
import { contents, item, quarterCounter, tokens } from './items.ts'

const system = item('You are brief.', { contentType: 'system_message' })
const pinned = item('No nuts.', { pinned: true })
const turns = Array.from({ length: 120 }, (_, n) => item(`${tokens(9)}${n}`))

async function replay(pruner: ContextPruner, more: object = {}) {
  const views = []
  for (let n = 1; n <= turns.length; n += 1) {
    views.push(await pruner.pruneByTokenBudget([system, pinned, ...turns.slice(0, n)], { tokenBudget: 400, ...more }))
  }
  return views
}

describe('stablePrefix', () => {
  it('lets views begin alike for many turns, and says how much of each did', async () => {
    const views = await replay(new ContextPruner({ tokenCounter: quarterCounter, stablePrefix: true }))
    let common = 0
    let sent = 0
    for (const [i, view] of views.slice(1).entries()) {
      const before = contents(views[i] ?? [])
      let shared = 0
      for (const [place, { content }] of view.entries()) {
        if (before[place] !== content) break
        shared += Math.ceil(content.length / 4)
      }
      expect(view.report.stablePrefixShare).toBeCloseTo(shared / view.report.tokensAfter, 10)
      common += shared
      sent += view.report.tokensAfter
      expect(view.report.tokensAfter).toBeLessThanOrEqual(400)
    }
    expect(common / sent).toBeGreaterThan(0.85)
    expect(sent / views.length).toBeGreaterThan(250)
  })

  it('keeps the newest without a gap', async () => {
    const views = await replay(new ContextPruner({ tokenCounter: quarterCounter, stablePrefix: true }), {
      query: 'abc',
    })
    for (const [i, view] of views.entries()) {
      const recent = contents(view.slice(2))
      expect(recent).toEqual(contents(turns.slice(i + 1 - recent.length, i + 1)))
    }
  })

  it('cuts a conversation at the same places whatever comes later', async () => {
    const make = () => new ContextPruner({ tokenCounter: quarterCounter, stablePrefix: true })
    const alone = await make().pruneByTokenBudget([system, pinned, ...turns.slice(0, 77)], { tokenBudget: 400 })
    expect((await replay(make()))[76]).toEqual(alone)
  })

  it('tells sessions apart', async () => {
    const pruner = new ContextPruner({ tokenCounter: quarterCounter })
    const of = (userId: string) => [item('hello there', { userId } as object)]
    await pruner.pruneByTokenBudget(of('ada'))
    expect((await pruner.pruneByTokenBudget(of('bob'))).report.stablePrefixShare).toBe(0)
  })
})
