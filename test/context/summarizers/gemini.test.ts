import { setImmediate as turn } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type GeminiFault, type GeminiStandIn, startGemini } from '../../../emulators/gemini.ts'
import { connectGemini } from '../../../src/clients/gemini.ts'
import { geminiEmbedder } from '../../../src/context/relevance/gemini-embedder.ts'
import type { SummaryModel } from '../../../src/context/summaries/summary-model.ts'
import { geminiModel } from '../../../src/context/summarizers/gemini.ts'
import { resilientModel } from '../../../src/context/summarizers/resilient-model.ts'
import { ManualClock } from '../../../src/testing/manual-clock.ts'
import { errorOf, KEY, never, PROMPT, SECRET_DATA, WAYS } from '../../clients/gemini-place.ts'

let gemini: GeminiStandIn

beforeAll(async () => {
  gemini = await startGemini({ apiKey: KEY })
})

beforeEach(() => gemini.reset())

afterAll(() => gemini?.stop())

describe('geminiModel', () => {
  const model = () => geminiModel(connectGemini({ geminiApiKey: KEY, geminiBaseUrl: gemini.url }))

  it('is named after its model', () => {
    expect(model().name).toBe('gemini-3.5-flash-lite')
  })

  it('hands on an answer with what it took', async () => {
    const answer = await model().generate(PROMPT, never())
    expect(JSON.parse(answer.text)).toEqual({ summary: SECRET_DATA })
    expect(answer).toMatchObject({ inputTokens: expect.any(Number), outputTokens: expect.any(Number) })
  })

  it('says that what is no JSON is malformed', async () => {
    gemini.fail({ kind: 'text', text: `Here you are: {"summary": "${SECRET_DATA}"}` })
    const error = await errorOf(model().generate(PROMPT, never()))
    expect(error.details).toEqual({ reason: 'malformed', model: 'gemini-3.5-flash-lite' })
  })
})

describe.each(WAYS)('a resilient model over %s', (_, connect) => {
  function setUp() {
    const clock = new ManualClock()
    const inner = geminiModel(connect(gemini))
    let underWay = 0
    const counting: SummaryModel = {
      name: inner.name,
      generate(prompt, signal) {
        underWay += 1
        return inner.generate(prompt, signal).finally(() => {
          underWay -= 1
        })
      },
    }
    return { clock, model: resilientModel(counting, { clock, random: () => 1 }), isIdle: () => underWay === 0 }
  }

  /** What a prompt comes to, while the clock moves on whenever no request is under way. */
  async function outcome({ model, clock, isIdle }: ReturnType<typeof setUp>): Promise<unknown> {
    let result: unknown
    const settled = model.generate(PROMPT, never()).then(
      (answer) => {
        result = answer
      },
      (error: unknown) => {
        result = error
      },
    )
    for (await turn(); result === undefined; await turn()) if (isIdle()) clock.advance(1)
    await settled
    return result
  }

  it.each<[string, GeminiFault]>([
    ['an overload', { kind: 'status', code: 503 }],
    ['a broken connection', { kind: 'reset' }],
    ['a page of an error', { kind: 'html' }],
    ['a body that is no JSON', { kind: 'body', body: '{' }],
    ['a text that is no JSON', { kind: 'text', text: 'Sure!' }],
    ['a model without a word', { kind: 'text', text: '' }],
    ['an answer cut off', { kind: 'finish', reason: 'MAX_TOKENS' }],
    ['a quota', { kind: 'status', code: 429, retryDelaySeconds: 3 }],
  ])('gets over %s', async (_name, fault) => {
    gemini.fail(fault)
    await expect(outcome(setUp())).resolves.toMatchObject({ text: expect.stringContaining(SECRET_DATA) })
    expect(gemini.requests).toHaveLength(2)
  })

  it('waits as long as the quota asks for', async () => {
    gemini.fail({ kind: 'status', code: 429, retryDelaySeconds: 3.5 })
    const place = setUp()
    const start = place.clock.now()
    await outcome(place)
    expect(place.clock.now() - start).toBe(3500)
  })

  it.each<[string, GeminiFault, string]>([
    ['a quota of a minute', { kind: 'status', code: 429, retryDelaySeconds: 60 }, 'rate-limited'],
    ['a refused prompt', { kind: 'prompt blocked' }, 'blocked'],
    ['a bad request', { kind: 'status', code: 400 }, 'refused'],
  ])('gives up at once on %s', async (_name, fault, reason) => {
    gemini.fail(fault)
    await expect(outcome(setUp())).resolves.toMatchObject({ code: 'MODEL_FAILED', details: { reason } })
    expect(gemini.requests).toHaveLength(1)
  })

  it('closes the connection of a request that takes too long', async () => {
    gemini.fail({ kind: 'silence' }, { times: Number.POSITIVE_INFINITY })
    const { model, clock } = setUp()
    const arrived = gemini.nextRequest()
    const failed = errorOf(model.generate(PROMPT, never()))
    const request = await arrived
    clock.advance(10_000)
    expect((await failed).details.reason).toBe('timeout')
    await request.aborted
  })

  it('closes the connection when the caller goes away', async () => {
    gemini.fail({ kind: 'stall' })
    const { model, clock } = setUp()
    const stop = new AbortController()
    const arrived = gemini.nextRequest()
    const failed = errorOf(model.generate(PROMPT, stop.signal))
    const request = await arrived
    stop.abort()
    expect((await failed).code).toBe('ABORTED')
    await request.aborted
    expect(clock.pending).toBe(0)
  })
})

describe('geminiEmbedder', () => {
  it('tells questions from what may answer them', async () => {
    const embedder = geminiEmbedder(connectGemini({ geminiApiKey: KEY, geminiBaseUrl: gemini.url }))
    expect(embedder.name).toBe('gemini-embedding-2')
    const signal = never()
    const [asked] = await embedder.embed(['where is the boat'], { kind: 'query', signal })
    const [told] = await embedder.embed(['where is the boat'], { kind: 'item', signal })
    expect(asked).toHaveLength(768)
    expect(asked).not.toEqual(told)
  })
})
