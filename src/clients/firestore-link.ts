import { isThermoclineError, ThermoclineError } from '../errors.ts'
import { invalidOption } from '../lib/check-options.ts'
import type { Clock } from '../lib/clock.ts'
import { credentialsError, firestoreError } from './firestore-error.ts'
import type { FirestoreDocument, FirestoreWriteResult } from './firestore-messages.ts'
import type { FirestoreClient } from './firestore-options.ts'

export interface FirestoreClientSource {
  make(): FirestoreClient | Promise<FirestoreClient>
  /** Whether it is ours to replace and to close. */
  readonly isOurs: boolean
}

/** Of `google.firestore.v1.FirestoreClient`. */
export interface InnerCalls {
  /** Finds credentials and makes the channel, when it is first asked to. */
  initialize(): Promise<unknown>
  firestoreStub?: Promise<unknown> | undefined
  getDocument(request: object, options: InnerOptions): Promise<[FirestoreDocument]>
  commit(request: object, options: InnerOptions): Promise<[{ readonly writeResults: readonly FirestoreWriteResult[] }]>
  runQuery(request: object, options: InnerOptions & { readonly retryRequestOptions: object }): QueryStream
}

/** Of google-gax. */
export interface InnerOptions {
  /** Becomes the deadline of the gRPC call. */
  readonly timeout: number
  readonly retry: { readonly retryCodes: readonly number[]; readonly backoffSettings: object }
  readonly signal: AbortSignal
}

export interface QueryStream extends AsyncIterable<{ readonly document?: FirestoreDocument | null }> {
  cancel(): void
}

/** What a `Firestore` has inside, the same since version 4. Each is checked before it is used. */
interface InnerClient extends FirestoreClient {
  readonly projectId: string
  initializeIfNeeded(tag: string): Promise<void>
  createCallOptions(method: string): { readonly otherArgs: object }
  readonly _clientPool: {
    run<T>(tag: string, needsGrpc: boolean, body: (inner: InnerCalls) => Promise<T>): Promise<T>
  }
}

const TAG = 'thermocline'
const NO_RETRIES = Object.freeze({ retryCodes: Object.freeze([]), backoffSettings: Object.freeze({}) })
/** Of waiting for calls under way when a client is closed. */
const CLOSE_TIMEOUT_MS = 2000

/** One `Firestore` with its channels, from being made to being closed. */
export class FirestoreLink {
  readonly #client: InnerClient
  readonly #isOurs: boolean
  readonly #clock: Clock
  readonly #stop = new AbortController()
  readonly #ready = new WeakSet<InnerCalls>()

  private constructor(client: InnerClient, isOurs: boolean, clock: Clock) {
    this.#client = client
    this.#isOurs = isOurs
    this.#clock = clock
  }

  /** Sends nothing, unless Google's metadata server has to be asked for the project. */
  static async over(
    { make, isOurs }: FirestoreClientSource,
    { timeoutMs, clock }: { readonly timeoutMs: number; readonly clock: Clock },
  ): Promise<FirestoreLink> {
    const client: unknown = await make()
    if (!isInnerClient(client)) throw invalidOption('client', 'a Firestore of @google-cloud/firestore 9', client)
    const link = new FirestoreLink(client, isOurs, clock)
    try {
      await within(timeoutMs, clock, client.initializeIfNeeded(TAG), 'connect to firestore')
      return link
    } catch (error) {
      void link.close()
      throw isThermoclineError(error) ? error : firestoreError(error, 'connect to firestore')
    }
  }

  /** `projects/P/databases/D`, where names of documents begin. */
  get database(): string {
    return `projects/${this.#client.projectId}/databases/${this.#client.databaseId}`
  }

  /** Whether both use the same `Firestore`, as where a function gives the same again. */
  isSameAs(other: FirestoreLink): boolean {
    return this.#client === other.#client
  }

  /**
   * Rejects with errors of the client as they come.
   * @throws ThermoclineError `STORE_REFUSED`, `STORE_UNAVAILABLE`, `STORE_TIMEOUT` where credentials can't be had
   */
  call<T>(timeoutMs: number, body: (inner: InnerCalls, options: InnerOptions) => Promise<T>): Promise<T> {
    const endsAt = performance.now() + timeoutMs
    return this.#client._clientPool.run(TAG, false, async (inner) => {
      if (!this.#ready.has(inner)) {
        await within(timeoutMs, this.#clock, initialized(inner), 'connect to firestore')
        this.#ready.add(inner)
      }
      // Its headers say which database is meant, and let an emulator know that we may do everything.
      const { otherArgs } = this.#client.createCallOptions('commit')
      const timeout = Math.max(1, endsAt - performance.now())
      return body(inner, { ...{ otherArgs, timeout }, retry: NO_RETRIES, signal: this.#stop.signal })
    })
  }

  /** Waits for calls under way, so long at most; then they are cancelled. Harmless when repeated. */
  async close(timeoutMs: number = CLOSE_TIMEOUT_MS): Promise<void> {
    if (!this.#isOurs) return
    const terminated = this.#client.terminate().catch(() => undefined)
    const waiting = new AbortController()
    await Promise.race([terminated, this.#clock.sleep(timeoutMs, waiting.signal)])
    waiting.abort()
    this.#stop.abort()
  }
}

function isInnerClient(value: unknown): value is InnerClient {
  const client = value as Partial<InnerClient> | null | undefined
  return (
    typeof client?.initializeIfNeeded === 'function' &&
    typeof client.createCallOptions === 'function' &&
    typeof client._clientPool?.run === 'function'
  )
}

/**
 * Every call does this by itself too, and leaves the rejection to nobody, which ends the process. A failure is
 * forgotten: credentials may be there the next time.
 */
async function initialized(inner: InnerCalls): Promise<void> {
  const stub = inner.initialize()
  try {
    await stub
  } catch (error) {
    if (inner.firestoreStub === stub) inner.firestoreStub = undefined
    throw credentialsError(error)
  }
}

/** @throws ThermoclineError `STORE_TIMEOUT` */
async function within<T>(timeoutMs: number, clock: Clock, work: Promise<T>, action: string): Promise<T> {
  const { promise: tooLate, reject } = Promise.withResolvers<never>()
  const waiting = new AbortController()
  void clock.sleep(timeoutMs, waiting.signal).then(() => {
    if (waiting.signal.aborted) return
    const reason = `no credentials or project within ${Math.round(timeoutMs)} ms`
    reject(new ThermoclineError('STORE_TIMEOUT', `Cannot ${action}: ${reason}`, { details: { written: false } }))
  })
  try {
    return await Promise.race([work, tooLate])
  } finally {
    waiting.abort()
  }
}
