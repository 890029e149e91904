import { describe, expect, it } from 'vitest'
import { connectFirestore, type FirestoreConnection } from '../../src/clients/firestore.ts'
import type { FirestoreCalls } from '../../src/clients/firestore-calls.ts'
import { RetryBudget } from '../../src/clients/retry-budget.ts'
import { ManualClock } from '../../src/testing/manual-clock.ts'
import { seededRandom } from '../../src/testing/seeded-random.ts'

const NOT_FOUND = 5
const ALREADY_EXISTS = 6
const PERMISSION_DENIED = 7
const RESOURCE_EXHAUSTED = 8
const FAILED_PRECONDITION = 9
const ABORTED = 10
const INTERNAL = 13
const UNAVAILABLE = 14
const DEADLINE_EXCEEDED = 4

/** Why a call fails, or nothing. */
type Failure = readonly [code: number, text?: string] | undefined

/** Answers each call with what it is told to: an error's code and text, or nothing for success. */
class FakeFirestore {
  readonly projectId = 'p'
  readonly databaseId = '(default)'
  calls = 0
  initialized = 0
  readonly #answer: () => Failure
  readonly #initialize: () => Promise<unknown>

  constructor(answer: () => Failure, initialize: () => Promise<unknown> = async () => undefined) {
    this.#answer = answer
    this.#initialize = initialize
  }

  async initializeIfNeeded(): Promise<void> {}
  async terminate(): Promise<void> {}
  createCallOptions(): object {
    return { otherArgs: {} }
  }

  readonly #inner = {
    initialize: () => {
      this.initialized += 1
      return this.#initialize()
    },
    getDocument: () => this.#called([{ name: 'found' }]),
    commit: () => this.#called([{ writeResults: [] }]),
  }

  readonly _clientPool = {
    run: <T>(_tag: string, _needsGrpc: boolean, body: (inner: object) => Promise<T>): Promise<T> => body(this.#inner),
  }

  async #called<T>(answer: T): Promise<T> {
    this.calls += 1
    const error = this.#answer()
    if (error === undefined) return answer
    throw Object.assign(new Error(`${error[0]} ${error[1] ?? 'SOME ERROR'}`), { code: error[0] })
  }
}

/** A connection on which nobody waits: sleeping takes no time. */
async function over(fake: FakeFirestore): Promise<FirestoreConnection> {
  const clock = Object.assign(new ManualClock(), {
    sleep: (_: number, signal?: AbortSignal) =>
      signal === undefined ? Promise.resolve() : new Promise<void>(() => undefined),
  })
  return connectFirestore({ client: fake }, { clock, random: () => 0.5 })
}

const read = (calls: FirestoreCalls) => calls.work().get('a/b')
const write = (calls: FirestoreCalls) => calls.work().commit([])
const repeatable = (calls: FirestoreCalls) => calls.work().commit([], true)

describe('a call that fails', () => {
  it.each([
    ['a read', 'UNAVAILABLE', read, UNAVAILABLE, 4, 'STORE_UNAVAILABLE'],
    ['a read', 'INTERNAL', read, INTERNAL, 4, 'STORE_UNAVAILABLE'],
    ['a read', 'RESOURCE_EXHAUSTED', read, RESOURCE_EXHAUSTED, 4, 'STORE_UNAVAILABLE'],
    ['a read', 'DEADLINE_EXCEEDED', read, DEADLINE_EXCEEDED, 1, 'STORE_TIMEOUT'],
    ['a read', 'PERMISSION_DENIED', read, PERMISSION_DENIED, 1, 'STORE_REFUSED'],
    ['a read', 'ABORTED', read, ABORTED, 6, 'STORE_UNAVAILABLE'],
    ['a commit', 'ABORTED', write, ABORTED, 6, 'STORE_UNAVAILABLE'],
    ['a commit', 'UNAVAILABLE', write, UNAVAILABLE, 1, 'STORE_UNAVAILABLE'],
    ['a commit', 'INTERNAL', write, INTERNAL, 1, 'STORE_UNAVAILABLE'],
    ['a commit', 'RESOURCE_EXHAUSTED', write, RESOURCE_EXHAUSTED, 1, 'STORE_UNAVAILABLE'],
    ['a repeatable commit', 'UNAVAILABLE', repeatable, UNAVAILABLE, 4, 'STORE_UNAVAILABLE'],
    ['a repeatable commit', 'INTERNAL', repeatable, INTERNAL, 4, 'STORE_UNAVAILABLE'],
    ['a repeatable commit', 'RESOURCE_EXHAUSTED', repeatable, RESOURCE_EXHAUSTED, 1, 'STORE_UNAVAILABLE'],
    ['a repeatable commit', 'DEADLINE_EXCEEDED', repeatable, DEADLINE_EXCEEDED, 1, 'STORE_TIMEOUT'],
    ['a commit', 'DEADLINE_EXCEEDED', write, DEADLINE_EXCEEDED, 1, 'STORE_TIMEOUT'],
    ['a commit', 'PERMISSION_DENIED', write, PERMISSION_DENIED, 1, 'STORE_REFUSED'],
  ] as const)('%s with %s is tried as often as is safe', async (_kind, _name, call, code, tries, expected) => {
    const fake = new FakeFirestore(() => [code])
    const { calls } = await over(fake)
    await expect(call(calls)).rejects.toMatchObject({ code: expected })
    expect(fake.calls).toBe(tries)
  })

  it('says that nothing was written only where that is so', async () => {
    const failing = async (code: number) => (await over(new FakeFirestore(() => [code]))).calls.work().commit([])
    await expect(failing(ABORTED)).rejects.toMatchObject({ details: { written: false } })
    for (const code of [UNAVAILABLE, INTERNAL, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED]) {
      await expect(failing(code)).rejects.not.toMatchObject({ details: { written: false } })
    }
  })

  it.each([
    ['missing', NOT_FOUND, 'NOT_FOUND: No document to update: projects/p/databases/(default)/documents/a/b'],
    ['missing', NOT_FOUND, 'NOT_FOUND: no entity to update: app: "p" path < Element { type: "a" name: "b" } >'],
    ['exists', ALREADY_EXISTS, 'ALREADY_EXISTS: Document already exists: projects/p/databases/(default)/documents/a'],
    [
      'changed',
      FAILED_PRECONDITION,
      'FAILED_PRECONDITION: the stored version does not match the required base version',
    ],
  ] as const)('a commit is refused as %s for code %i', async (why, code, text) => {
    const { calls } = await over(new FakeFirestore(() => [code, text]))
    expect(await calls.work().commit([])).toEqual({ kind: 'refused', why })
  })

  it.each([
    [NOT_FOUND, 'NOT_FOUND: The database (default) does not exist for project p Please visit the console to add one'],
    [FAILED_PRECONDITION, 'FAILED_PRECONDITION: The API is not available for Firestore in Datastore Mode database x'],
  ])('a database that is none is not taken for a document that is none: %i', async (code, text) => {
    const { calls } = await over(new FakeFirestore(() => [code, text]))
    await expect(read(calls)).rejects.toMatchObject({ code: 'STORE_REFUSED' })
    await expect(write(calls)).rejects.toMatchObject({ code: 'STORE_REFUSED' })
  })
})

describe('credentials that could not be had', () => {
  it('are looked for again, and nothing is sent without', async () => {
    let fails = true
    const fake = new FakeFirestore(
      () => undefined,
      async () => {
        if (fails) throw new Error('Could not load the default credentials')
      },
    )
    const { calls } = await over(fake)
    for (const call of [read, write]) {
      await expect(call(calls)).rejects.toMatchObject({ code: 'STORE_REFUSED', details: { written: false } })
    }
    expect(fake).toMatchObject({ calls: 0, initialized: 2 })
    fails = false
    await read(calls)
    await read(calls)
    expect(fake).toMatchObject({ calls: 2, initialized: 3 })
  })

  it('for want of a network are no fault of theirs', async () => {
    const fake = new FakeFirestore(() => [2, 'UNKNOWN: Getting metadata from plugin failed with error: ENOTFOUND'])
    await expect(read((await over(fake)).calls)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    const bad = new FakeFirestore(() => [2, 'UNKNOWN: Getting metadata from plugin failed with error: invalid_grant'])
    await expect(read((await over(bad)).calls)).rejects.toMatchObject({ code: 'STORE_REFUSED' })
  })
})

describe('repeated calls', () => {
  it.each([0.3, 0.6, 1])('add little to the load of a service that fails so often: %d', async (rate) => {
    const random = seededRandom(1)
    const fake = new FakeFirestore(() => (random() < rate ? [UNAVAILABLE] : undefined))
    const { calls } = await over(fake)
    const asked = 10_000
    for (let i = 0; i < asked; i++) await read(calls).catch(() => undefined)
    expect(fake.calls).toBeLessThanOrEqual(1.3 * asked)
  })

  it('hide single failures', async () => {
    let call = 0
    const { calls } = await over(new FakeFirestore(() => (call++ % 20 === 0 ? [UNAVAILABLE] : undefined)))
    for (let i = 0; i < 1_000; i++) expect(await read(calls)).toBeDefined()
  })

  it('have a budget that fills as calls succeed', () => {
    const budget = new RetryBudget()
    while (budget.failed());
    expect(budget.failed()).toBe(false)
    for (let i = 0; i < 100; i++) budget.succeeded()
    expect(budget.failed()).toBe(true)
  })
})
