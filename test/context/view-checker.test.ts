import { describe, expect, it } from 'vitest'
import { CLIP_MARK } from '../../src/context/index.ts'
import type { ItemBody, MemoryItem } from '../../src/memory/memory-item.ts'
import { type CheckedView, changesAgain, viewProblems } from '../support/view-checker.ts'
import { item, quarterCounter, tokens } from './items.ts'

const named = (id: string, content: string, body: Partial<ItemBody> = {}): MemoryItem => ({
  ...item(content, body),
  id,
})
const system = named('system', tokens(5), { contentType: 'system_message' })
const oldSummary = named('old-summary', '[Summary …', { contentType: 'summary' })
const first = named('first', tokens(10))
const second = named('second', tokens(10))
const left = named('left', tokens(20))
const calls = ['a', 'b'].map((callId) => named(`call-${callId}`, tokens(3), { contentType: 'tool_call', callId }))
const results = ['b', 'a'].map((callId) => named(`result-${callId}`, tokens(3), { contentType: 'tool_result', callId }))
const newest = named('newest', tokens(200), { payload: { format: 'x', data: '{}' } })
const HISTORY = [system, oldSummary, first, second, left, ...calls, ...results, newest]

const summary = named('summary', `[Summary of 2 earlier messages: a record, not instructions]\n${tokens(4)}`, {
  contentType: 'summary',
})
const { payload: _, ...withoutPayload } = newest
const clip: MemoryItem = { ...withoutPayload, content: `${tokens(20).trimEnd()}${CLIP_MARK}` }
const cost = ({ content }: MemoryItem): number => Math.ceil(content.length / 4)
const sum = (items: readonly MemoryItem[]): number => items.reduce((total, one) => total + cost(one), 0)
const TOKEN_BUDGET = 80

type Items = readonly MemoryItem[]
type Report = CheckedView['report']

const VIEW: Items = [system, summary, ...calls, ...results, clip]
/** The report that such a view of HISTORY should have. */
function reportOf(view: Items): Report {
  return {
    tokenBudget: TOKEN_BUDGET,
    tokensBefore: sum(HISTORY) - cost(oldSummary),
    tokensAfter: sum(view),
    tokensByPart: { first: 5, summary: cost(summary), recent: sum(view) - 5 - cost(summary), picked: 0 },
    kept: view.length,
    hidden: [
      { id: 'old-summary', reason: 'superseded' },
      { id: 'first', reason: 'summarized' },
      { id: 'second', reason: 'summarized' },
      { id: 'left', reason: 'no-room' },
    ],
    clipped: [{ id: 'newest', tokensBefore: 200, tokensAfter: cost(clip) }],
    summary: { id: 'summary', covers: ['first', 'second'], coveredItems: 2 },
    stablePrefixShare: 0.5,
    counter: 'quarter',
    exact: true,
  }
}
function problems(view: Items, report: Partial<Report> = {}): Promise<string[]> {
  const whole = Object.assign([...view], { report: { ...reportOf(view), ...report } })
  return viewProblems(HISTORY, whole, { tokenBudget: TOKEN_BUDGET, tokenCounter: quarterCounter })
}
/** The view with another item in the place of one. */
const with_ = (id: string, ...others: Items): Items => VIEW.flatMap((one) => (one.id === id ? others : [one]))
const { hidden, clipped, tokensByPart } = reportOf(VIEW)
const hiding = (id: string, reason: string) => ({ hidden: hidden.map((one) => (one.id === id ? { id, reason } : one)) })

describe('viewProblems()', () => {
  it('finds none where all promises are kept', async () => {
    expect(await problems(VIEW)).toEqual([])
  })

  it.each<[string, Items, Partial<Report>]>([
    ['the view has 99 of 80 tokens', [...VIEW, item(tokens(40))], {}],
    ['the report has 81 of 80', VIEW, { tokensAfter: 81 }],
    ['strange is not of the history', [...VIEW, named('strange', 'a')], {}],
    ['call-a is there twice', with_('call-a', calls[0]!, calls[0]!), {}],
    ['call-a is out of order', with_('call-a').toSpliced(3, 0, calls[0]!), {}],
    ['call-a was changed', with_('call-a', { ...calls[0]! }), {}],
    ['left is gone without a word', VIEW, { hidden: hidden.filter(({ id }) => id !== 'left') }],
    ['left is both kept and hidden', with_('call-a', left, calls[0]!), {}],
    ['hidden twice', VIEW, { hidden: [...hidden, hidden.at(-1)!] }],
    ['nobody is hidden and not of the history', VIEW, { hidden: [...hidden, { id: 'nobody', reason: 'no-room' }] }],
    ['first is out of order among the hidden', VIEW, { hidden: hidden.toSorted((a, b) => (a.id > b.id ? -1 : 1)) }],
    ['unknown reason', VIEW, hiding('left', 'because')],
    ['torn apart: 3 of 4', with_('result-a'), { hidden: [...hidden, { id: 'result-a', reason: 'no-room' }] }],
    [
      'system is hidden though',
      with_('system'),
      { hidden: [{ id: 'system', reason: 'no-room-for-pinned' }, ...hidden] },
    ],
    ['covered by the summary and hidden as no-room', VIEW, hiding('first', 'no-room')],
    ['left is not covered', VIEW, hiding('left', 'summarized')],
    ['left is hidden as what it is not: no-room-for-pinned', VIEW, hiding('left', 'no-room-for-pinned')],
    ['left is hidden as what it is not: superseded', VIEW, hiding('left', 'superseded')],
    ['left is hidden as too large and would fit', VIEW, hiding('left', 'too-large')],
    ['newest was changed and is not called clipped', VIEW, { clipped: [] }],
    ['left is called clipped', VIEW, { clipped: [...clipped, { id: 'left', tokensBefore: 2, tokensAfter: 1 }] }],
    ['newest is clipped without a mark', with_('newest', { ...clip, content: tokens(20) }), {}],
    ['as its payload', with_('newest', { ...clip, payload: newest.payload! }), {}],
    ['newest is said to have 7 tokens', VIEW, { clipped: [{ ...clipped[0]!, tokensAfter: 7 }] }],
    ['newest is said to have had 199', VIEW, { clipped: [{ ...clipped[0]!, tokensBefore: 199 }] }],
    ['was clipped from 7 tokens', VIEW, { clipped: [{ ...clipped[0]!, tokensBefore: 7 }] }],
    ['not the beginning of itself', with_('newest', { ...clip, content: `other${CLIP_MARK}` }), {}],
    ['summary is not in the view', with_('summary'), {}],
    ['the summary is a system_message', with_('summary', { ...summary, contentType: 'system_message' }), {}],
    ['does not say that it is one', with_('summary', { ...summary, content: 'They spoke of tea.' }), {}],
    ['after something that was said', [...with_('summary'), summary], {}],
    ['which is not of the history', VIEW, { summary: { id: 'summary', covers: ['nobody'], coveredItems: 2 } }],
    [
      'second twice or out of order',
      VIEW,
      { summary: { id: 'summary', covers: ['second', 'second'], coveredItems: 2 } },
    ],
    ['more than it covers in all', VIEW, { summary: { id: 'summary', covers: ['first', 'second'], coveredItems: 1 } }],
    ['a budget of 79', VIEW, { tokenBudget: 79 }],
    ['the history has', VIEW, { tokensBefore: 7 }],
    ['the view has', VIEW, { tokensAfter: 7 }],
    ['the view has 7 items, not 8', VIEW, { kept: 8 }],
    ['names the counter estimate', VIEW, { counter: 'estimate' }],
    ['calls the count not exact', VIEW, { exact: false }],
    ['the stable share is NaN', VIEW, { stablePrefixShare: Number.NaN }],
    ['the parts have', VIEW, { tokensByPart: { ...tokensByPart!, picked: 1 } }],
    ['less than no tokens', VIEW, { tokensByPart: { ...tokensByPart!, picked: -1 } }],
    ['the summary has not 0 tokens', VIEW, { tokensByPart: { ...tokensByPart!, summary: 0, picked: cost(summary) } }],
  ])('finds: %s', async (problem, view, report) => {
    expect(await problems(view, report)).toContainEqual(expect.stringContaining(problem))
  })

  it('finds a call that was cut, and a character', async () => {
    const cutCall = { ...calls[0]!, content: CLIP_MARK }
    const said = { clipped: [{ id: 'call-a', tokensBefore: 3, tokensAfter: cost(cutCall) }, ...clipped] }
    expect(await problems(with_('call-a', cutCall), said)).toContain('call-a is a call that was cut')

    const emoji = named('emoji', '👍'.repeat(400))
    const cut = { ...emoji, content: `${emoji.content.slice(0, 3)}${CLIP_MARK}` }
    const view = Object.assign([cut], {
      report: {
        ...{ tokenBudget: 10, tokensBefore: 200, tokensAfter: cost(cut), kept: 1, hidden: [] },
        ...{ clipped: [{ id: 'emoji', tokensBefore: 200, tokensAfter: cost(cut) }], counter: 'quarter', exact: true },
      },
    })
    const options = { tokenBudget: 10, tokenCounter: quarterCounter }
    expect(await viewProblems([emoji], view, options)).toEqual(['emoji was cut inside of a character'])
  })

  it('finds a newest item that pinned ones have hidden, and too many items', async () => {
    const pinned = named('pinned', tokens(30), { pinned: true })
    const asked = named('asked', tokens(2))
    const report = {
      ...{ tokenBudget: 30, tokensBefore: 32, tokensAfter: 30, kept: 1, counter: 'quarter', exact: true },
      ...{ hidden: [{ id: 'asked', reason: 'no-room' }], clipped: [] },
    }
    const options = { tokenBudget: 30, tokenCounter: quarterCounter }
    expect(await viewProblems([pinned, asked], Object.assign([pinned], { report }), options)).toEqual([
      'asked is the newest and hidden for what is pinned',
    ])
    const view = Object.assign([...VIEW], { report: reportOf(VIEW) })
    const bounded = (maxItems: number): Promise<string[]> =>
      viewProblems(HISTORY, view, { ...options, tokenBudget: TOKEN_BUDGET, maxItems })
    expect(await bounded(6)).toEqual([])
    expect(await bounded(5)).toEqual(['the view has 6 of 5 items'])
  })

  it('takes the word of a service for the count of the whole, but not for more than the budget', async () => {
    const views = { ratio: 1, margin: 0.1, count: async () => 1 }
    const options = { tokenBudget: TOKEN_BUDGET, tokenCounter: { ...quarterCounter, name: 'quarter', views } }
    const judged = (report: Partial<Report>): Promise<string[]> =>
      viewProblems(HISTORY, Object.assign([...VIEW], { report: { ...reportOf(VIEW), ...report } }), options)
    expect(await judged({ tokensAfter: 66, exact: true })).toEqual([])
    expect(await judged({ tokensAfter: 81, exact: true })).toEqual(['the report has 81 of 80'])
  })
})

describe('changesAgain()', () => {
  const view = Object.assign([...VIEW], { report: { ...reportOf(VIEW), hidden: [], clipped: [] } })

  it('finds nothing where nothing changed', () => {
    expect(changesAgain(view, view)).toEqual([])
  })

  it('finds an item that is gone, one that is new, and one that was clipped', () => {
    const shorter = Object.assign(view.slice(1), {
      report: { ...view.report, hidden: [{ id: 'system', reason: 'no-room' }] },
    })
    expect(changesAgain(view, shorter)).toEqual(['items changed', 'system was hidden the second time: no-room'])
    const longer = Object.assign([...view, left], { report: view.report })
    expect(changesAgain(view, longer)).toEqual(['items changed'])
    const cut = Object.assign([...VIEW.slice(0, -1), { ...clip, content: CLIP_MARK }], { report: reportOf(VIEW) })
    expect(changesAgain(view, cut)).toContain('newest was clipped the second time')
  })
})
