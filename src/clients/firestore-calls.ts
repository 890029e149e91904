import { isThermoclineError, ThermoclineError } from '../errors.ts'
import { invalidOption } from '../lib/check-options.ts'
import type { Clock } from '../lib/clock.ts'
import { firestoreError, GRPC, grpcCode, isDatabaseMissing, isTooLarge } from './firestore-error.ts'
import type { FirestoreDocument, FirestoreQuery, FirestoreWrite, FirestoreWriteResult } from './firestore-messages.ts'
import type { FirestoreClient } from './firestore-options.ts'
import { RetryBudget } from './retry-budget.ts'

/** What became of a commit that was answered. */
export type FirestoreCommit =
  | { readonly kind: 'committed'; readonly results: readonly FirestoreWriteResult[] }
  /** Nothing of it was done. `missing`: a document that had to be there was not; `too-large`: of a document. */
  | { readonly kind: 'refused'; readonly why: 'missing' | 'exists' | 'changed' | 'too-large' }

export interface FirestoreBounds {
  readonly timeoutMs: number
  readonly clock: Clock
  readonly random: () => number
}

interface ClientSource {
  make(): FirestoreClient | Promise<FirestoreClient>
  /** Whether it is ours to replace and to close. */
  readonly isOurs: boolean
}

/** So many calls in a row without an answer, and the connection is taken for dead: the next call has a new one. */
const TIMEOUTS_TO_RECONNECT = 3
/** Tries in all. A commit is repeated only where Firestore says that nothing of it was done. */
const MAX_TRIES = 4
const FIRST_BACKOFF_MS = 30
const PASSING_READS: ReadonlySet<number | undefined> = new Set([
  GRPC.resourceExhausted,
  GRPC.aborted,
  GRPC.internal,
  GRPC.unavailable,
])
const PASSING_COMMITS: ReadonlySet<number | undefined> = new Set([GRPC.aborted])
/** Of waiting for calls under way when a client is closed. */
const CLOSE_TIMEOUT_MS = 2000

/**
 * The three calls of Firestore that are used, straight through the generated client of a `Firestore`: its own methods
 * drop what transforms answer, repeat writes for up to ten minutes, and read single documents by a stream.
 * https://cloud.google.com/firestore/docs/reference/rpc/google.firestore.v1
 */
export class FirestoreCalls {
  readonly #source: ClientSource
  readonly #bounds: FirestoreBounds
  readonly #budget = new RetryBudget()
  #client: InnerClient
  #replacing: Promise<void> | undefined
  #timeouts = 0
  #isClosed = false

  private constructor(source: ClientSource, bounds: FirestoreBounds, client: InnerClient) {
    this.#source = source
    this.#bounds = bounds
    this.#client = client
  }

  static async over(source: ClientSource, bounds: FirestoreBounds): Promise<FirestoreCalls> {
    return new FirestoreCalls(source, bounds, await prepare(source))
  }

  /** `projects/P/databases/D`, where names of documents begin. */
  get database(): string {
    const { projectId, databaseId } = this.#client
    return `projects/${projectId}/databases/${databaseId}`
  }

  /** One document as it is now, or undefined. One billed read either way. */
  async get(name: string): Promise<FirestoreDocument | undefined> {
    return this.#run(`read from firestore`, PASSING_READS, async (inner, options) => {
      try {
        const [document] = await inner.getDocument({ name }, options)
        return document
      } catch (error) {
        if (grpcCode(error) === GRPC.notFound && !isDatabaseMissing(error)) return undefined
        throw error
      }
    })
  }

  /** All or nothing, in order; atomic. */
  async commit(writes: readonly FirestoreWrite[]): Promise<FirestoreCommit> {
    return this.#run('write to firestore', PASSING_COMMITS, async (inner, options) => {
      try {
        const [{ writeResults }] = await inner.commit({ database: this.database, writes }, options)
        return { kind: 'committed', results: writeResults }
      } catch (error) {
        const why = refusalOf(error)
        if (why === undefined) throw error
        return { kind: 'refused', why }
      }
    })
  }

  /** What a query finds, whole. `parent` is the document under which its collection lies. */
  async query(parent: string, structuredQuery: FirestoreQuery): Promise<readonly FirestoreDocument[]> {
    return this.#run('query firestore', PASSING_READS, (inner, options) =>
      collect(
        inner.runQuery({ parent, structuredQuery }, { ...options, retryRequestOptions: NO_STREAM_RETRIES }),
        options.timeout,
      ),
    )
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#replacing
    if (this.#source.isOurs) await this.#terminate(this.#client)
  }

  async #run<T>(
    action: string,
    passing: ReadonlySet<number | undefined>,
    body: (inner: InnerCalls, options: InnerOptions) => Promise<T>,
  ): Promise<T> {
    const { timeoutMs, clock, random } = this.#bounds
    const endsAt = performance.now() + timeoutMs
    for (let attempt = 1; ; attempt++) {
      if (this.#replacing !== undefined) await this.#replacing
      const client = this.#client
      try {
        const result = await through(client, Math.max(1, endsAt - performance.now()), body)
        this.#timeouts = 0
        this.#budget.succeeded()
        return result
      } catch (error) {
        if (isThermoclineError(error)) throw error
        const code = grpcCode(error)
        this.#noteTimeout(code, client)
        const waitMs = FIRST_BACKOFF_MS * 2 ** (attempt - 1) * (0.5 + random())
        const mayRetry = passing.has(code) && this.#budget.failed()
        if (!mayRetry || attempt >= MAX_TRIES || performance.now() + waitMs >= endsAt)
          throw firestoreError(error, action)
        await clock.sleep(waitMs)
      }
    }
  }

  /**
   * A connection that went silent (a frozen instance, a path that swallows packets) would stay so until the kernel
   * gives it up, a quarter of an hour later.
   */
  #noteTimeout(code: number | undefined, client: InnerClient): void {
    if (code !== GRPC.deadlineExceeded) {
      this.#timeouts = 0
      return
    }
    this.#timeouts += 1
    if (this.#timeouts < TIMEOUTS_TO_RECONNECT || !this.#source.isOurs || this.#isClosed) return
    if (this.#replacing !== undefined || client !== this.#client) return
    this.#timeouts = 0
    this.#replacing = this.#replace(client).finally(() => {
      this.#replacing = undefined
    })
  }

  async #replace(old: InnerClient): Promise<void> {
    try {
      this.#client = await prepare(this.#source)
      // In the background: its calls end by their deadlines.
      void this.#terminate(old)
    } catch {
      // The old one goes on; the next timeouts try again.
    }
  }

  async #terminate(client: InnerClient): Promise<void> {
    const stop = new AbortController()
    await Promise.race([
      client.terminate().catch(() => undefined),
      this.#bounds.clock.sleep(CLOSE_TIMEOUT_MS, stop.signal),
    ])
    stop.abort()
  }
}

// What a `Firestore` has inside, the same since version 4. Each is checked before it is used.

interface InnerClient extends FirestoreClient {
  readonly projectId: string
  initializeIfNeeded(tag: string): Promise<void>
  createCallOptions(method: string): { readonly otherArgs: object }
  readonly _clientPool: {
    run<T>(tag: string, needsGrpc: boolean, body: (inner: InnerCalls) => Promise<T>): Promise<T>
  }
}

/** Of `google.firestore.v1.FirestoreClient`. */
interface InnerCalls {
  getDocument(request: object, options: InnerOptions): Promise<[FirestoreDocument]>
  commit(request: object, options: InnerOptions): Promise<[{ readonly writeResults: readonly FirestoreWriteResult[] }]>
  runQuery(request: object, options: InnerOptions & { readonly retryRequestOptions: object }): QueryStream
}

interface InnerOptions {
  readonly timeout: number
  readonly retry: { readonly retryCodes: readonly number[]; readonly backoffSettings: object }
}

interface QueryStream extends AsyncIterable<{ readonly document?: FirestoreDocument | null }> {
  cancel(): void
}

const TAG = 'thermocline'
const NO_RETRIES = Object.freeze({ retryCodes: Object.freeze([]), backoffSettings: Object.freeze({}) })
/** Without it the stream tries again for seconds, also after what can't pass. */
const NO_STREAM_RETRIES = Object.freeze({ retries: 0, noResponseRetries: 0, shouldRetryFn: () => false })

async function prepare(source: ClientSource): Promise<InnerClient> {
  const client = (await source.make()) as Partial<InnerClient> | null | undefined
  if (
    typeof client?.initializeIfNeeded !== 'function' ||
    typeof client.createCallOptions !== 'function' ||
    typeof client._clientPool?.run !== 'function'
  ) {
    throw invalidOption('client', 'a Firestore of @google-cloud/firestore 9', client)
  }
  try {
    await client.initializeIfNeeded(TAG)
  } catch (error) {
    throw firestoreError(error, 'connect to firestore')
  }
  return client as InnerClient
}

function through<T>(
  client: InnerClient,
  timeout: number,
  body: (inner: InnerCalls, options: InnerOptions) => Promise<T>,
): Promise<T> {
  // Its headers say which database is meant, and let an emulator know that we may do everything.
  const options = { ...client.createCallOptions('commit'), retry: NO_RETRIES, timeout }
  return client._clientPool.run(TAG, false, (inner) => body(inner, options))
}

async function collect(stream: QueryStream, timeoutMs: number): Promise<readonly FirestoreDocument[]> {
  const documents: FirestoreDocument[] = []
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    stream.cancel()
  }, timeoutMs)
  try {
    for await (const { document } of stream) if (document) documents.push(document)
  } catch (error) {
    if (!isLate) throw error
  } finally {
    clearTimeout(timer)
  }
  if (!isLate) return documents
  throw new ThermoclineError('STORE_TIMEOUT', `Cannot query firestore: no answer within ${Math.round(timeoutMs)} ms`)
}

function refusalOf(error: unknown): Extract<FirestoreCommit, { kind: 'refused' }>['why'] | undefined {
  const code = grpcCode(error)
  if (code === GRPC.notFound) return isDatabaseMissing(error) ? undefined : 'missing'
  if (code === GRPC.alreadyExists) return 'exists'
  if (isTooLarge(error)) return 'too-large'
  return code === GRPC.failedPrecondition ? 'changed' : undefined
}
