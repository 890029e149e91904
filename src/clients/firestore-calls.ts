import { isThermoclineError, ThermoclineError } from '../errors.ts'
import type { Clock } from '../lib/clock.ts'
import { firestoreError, GRPC, grpcCode, isDatabaseUnfit, isTooLarge } from './firestore-error.ts'
import {
  type FirestoreClientSource,
  FirestoreLink,
  type InnerCalls,
  type InnerOptions,
  type QueryStream,
} from './firestore-link.ts'
import type { FirestoreDocument, FirestoreQuery, FirestoreWrite, FirestoreWriteResult } from './firestore-messages.ts'
import { RetryBudget } from './retry-budget.ts'

/** What became of a commit that was answered. */
export type FirestoreCommit =
  | { readonly kind: 'committed'; readonly results: readonly FirestoreWriteResult[] }
  /** Nothing of it was done. `missing`: a document that had to be there was not; `too-large`: of a document. */
  | { readonly kind: 'refused'; readonly why: 'missing' | 'exists' | 'changed' | 'too-large' }

/** Reading, committing and querying, in one piece of work. */
export interface FirestoreWork {
  /** One document as it is now, or undefined. One billed read either way. */
  get(name: string): Promise<FirestoreDocument | undefined>
  /**
   * All or nothing, in order; atomic. `isRepeatable`: to do it twice does no harm, so that it is tried again also where
   * nobody can say whether it was done. Where it surely was not, it always is.
   */
  commit(writes: readonly FirestoreWrite[], isRepeatable?: boolean): Promise<FirestoreCommit>
  /** What a query finds, whole. `parent` is the document under which its collection lies. */
  query(parent: string, structuredQuery: FirestoreQuery): Promise<readonly FirestoreDocument[]>
}

export interface FirestoreBounds {
  /** Of one piece of work, in milliseconds. */
  readonly timeoutMs: number
  readonly clock: Clock
  readonly random: () => number
}

/** So many calls in a row without an answer, and the connection is taken for dead: the next call has a new one. */
const TIMEOUTS_TO_RECONNECT = 3
/** Tries in all. */
const MAX_TRIES = 4
/** Of a commit that others were in the way of: nothing of it was done, and their turn ends. About 1 s with the waiting. */
const MAX_TRIES_IN_TURN = 6
const FIRST_BACKOFF_MS = 30
/** Of these, Firestore may have done all of a commit. */
const UNCLEAR: ReadonlySet<number | undefined> = new Set([GRPC.internal, GRPC.unavailable])
const PASSING_READS: ReadonlySet<number | undefined> = new Set([...UNCLEAR, GRPC.resourceExhausted])
const NONE: ReadonlySet<number | undefined> = new Set()

/**
 * The three calls of Firestore that are used, straight through the generated client of a `Firestore`: its own methods
 * drop what transforms answer, repeat writes for up to ten minutes, and read single documents by a stream.
 * https://cloud.google.com/firestore/docs/reference/rpc/google.firestore.v1
 */
export class FirestoreCalls {
  readonly #source: FirestoreClientSource
  readonly #bounds: FirestoreBounds
  readonly #budget = new RetryBudget()
  #link: FirestoreLink
  /** Those that were replaced, until their last call has ended. */
  readonly #retired = new Set<FirestoreLink>()
  #replacing: Promise<void> | undefined
  #timeouts = 0
  #isClosed = false

  private constructor(source: FirestoreClientSource, bounds: FirestoreBounds, link: FirestoreLink) {
    this.#source = source
    this.#bounds = bounds
    this.#link = link
  }

  static async over(source: FirestoreClientSource, bounds: FirestoreBounds): Promise<FirestoreCalls> {
    return new FirestoreCalls(source, bounds, await FirestoreLink.over(source, bounds))
  }

  /** `projects/P/databases/D`, where names of documents begin. */
  get database(): string {
    return this.#link.database
  }

  /** The calls of one piece of work, which all end when its time is over, however many there are. */
  work(): FirestoreWork {
    const endsAt = performance.now() + this.#bounds.timeoutMs
    return {
      get: (name) => this.#get(endsAt, name),
      commit: (writes, isRepeatable) => this.#commit(endsAt, writes, isRepeatable),
      query: (parent, structuredQuery) => this.#query(endsAt, parent, structuredQuery),
    }
  }

  #get(endsAt: number, name: string): Promise<FirestoreDocument | undefined> {
    return this.#run('read from firestore', endsAt, PASSING_READS, async (inner, options) => {
      try {
        const [document] = await inner.getDocument({ name }, options)
        return document
      } catch (error) {
        if (grpcCode(error) === GRPC.notFound && !isDatabaseUnfit(error)) return undefined
        throw error
      }
    })
  }

  #commit(endsAt: number, writes: readonly FirestoreWrite[], isRepeatable = false): Promise<FirestoreCommit> {
    return this.#run('write to firestore', endsAt, isRepeatable ? UNCLEAR : NONE, async (inner, options) => {
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

  #query(endsAt: number, parent: string, structuredQuery: FirestoreQuery): Promise<readonly FirestoreDocument[]> {
    return this.#run('query firestore', endsAt, PASSING_READS, (inner, options) =>
      collect(
        inner.runQuery({ parent, structuredQuery }, { ...options, retryRequestOptions: NO_STREAM_RETRIES }),
        options.signal,
      ),
    )
  }

  /** Calls under way are waited for, but not for long. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#replacing
    await Promise.all([this.#link, ...this.#retired].map((link) => link.close()))
  }

  async #run<T>(
    action: string,
    endsAt: number,
    passing: ReadonlySet<number | undefined>,
    body: (inner: InnerCalls, options: InnerOptions) => Promise<T>,
  ): Promise<T> {
    const { clock, random } = this.#bounds
    let wasUnclear = false
    for (let attempt = 1; ; attempt++) {
      if (this.#replacing !== undefined) await this.#replacing
      if (this.#isClosed) throw closed(action)
      const leftMs = endsAt - performance.now()
      if (leftMs <= 0) throw tooLate(action)
      const link = this.#link
      try {
        const result = await link.call(leftMs, body)
        if (link === this.#link) this.#timeouts = 0
        this.#budget.succeeded()
        return result
      } catch (error) {
        if (isThermoclineError(error)) throw error
        const code = grpcCode(error)
        if (link === this.#link) this.#count(code)
        wasUnclear ||= UNCLEAR.has(code)
        const waitMs = FIRST_BACKOFF_MS * 2 ** (attempt - 1) * (0.5 + random())
        const mayRetry = this.#mayRetry(code, passing, attempt)
        // Of this try it may be known that it did nothing; an earlier one may have.
        if (!mayRetry || performance.now() + waitMs >= endsAt) throw firestoreError(error, action, wasUnclear)
        await clock.sleep(waitMs)
      }
    }
  }

  #mayRetry(code: number | undefined, passing: ReadonlySet<number | undefined>, attempt: number): boolean {
    // One document is sought after, which says nothing of the service.
    if (code === GRPC.aborted) return attempt < MAX_TRIES_IN_TURN
    return passing.has(code) && attempt < MAX_TRIES && this.#budget.failed()
  }

  /**
   * A connection that went silent (a frozen instance, a path that swallows packets) would stay so until the kernel
   * gives it up, a quarter of an hour later.
   */
  #count(code: number | undefined): void {
    this.#timeouts = code === GRPC.deadlineExceeded ? this.#timeouts + 1 : 0
    if (this.#timeouts < TIMEOUTS_TO_RECONNECT || !this.#source.isOurs || this.#isClosed) return
    this.#timeouts = 0
    this.#replacing ??= this.#replace().finally(() => {
      this.#replacing = undefined
    })
  }

  async #replace(): Promise<void> {
    const old = this.#link
    try {
      const link = await FirestoreLink.over(this.#source, this.#bounds)
      if (link.isSameAs(old)) return
      this.#link = link
      this.#retired.add(old)
      // In the background: its calls end by their deadlines.
      void old.close(this.#bounds.timeoutMs).finally(() => this.#retired.delete(old))
    } catch {
      // The old one goes on; the next timeouts try again.
    }
  }
}

/** Without it the stream tries again for seconds, also after what can't pass. */
const NO_STREAM_RETRIES = Object.freeze({ retries: 0, noResponseRetries: 0, shouldRetryFn: () => false })

async function collect(stream: QueryStream, signal: AbortSignal): Promise<readonly FirestoreDocument[]> {
  const documents: FirestoreDocument[] = []
  const cancel = (): void => stream.cancel()
  signal.addEventListener('abort', cancel)
  try {
    for await (const { document } of stream) if (document) documents.push(document)
    return documents
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}

function refusalOf(error: unknown): Extract<FirestoreCommit, { kind: 'refused' }>['why'] | undefined {
  if (isDatabaseUnfit(error)) return undefined
  const code = grpcCode(error)
  if (code === GRPC.notFound) return 'missing'
  if (code === GRPC.alreadyExists) return 'exists'
  if (isTooLarge(error)) return 'too-large'
  return code === GRPC.failedPrecondition ? 'changed' : undefined
}

function tooLate(action: string): ThermoclineError {
  return new ThermoclineError(
    'STORE_TIMEOUT',
    `Cannot ${action}: no time is left; what was begun may still take effect`,
  )
}

function closed(action: string): ThermoclineError {
  return new ThermoclineError('NOT_OPEN', `Cannot ${action}: the connection is closed`)
}
