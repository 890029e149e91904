/** What Firestore bills, but for storage and traffic. */
export interface Operations {
  readonly reads: number
  readonly writes: number
  readonly deletes: number
}

/** A client of @google-cloud/firestore, as far as counting needs it. */
interface Countable {
  readonly _clientPool: { run(tag: string, needsGrpc: boolean, body: (inner: object) => unknown): unknown }
}

interface CommitRequest {
  readonly writes: readonly { readonly delete?: string }[]
}

/**
 * Counts what goes through a client, by Google's rules: a read for each document, there or not, and for each answer of a
 * query, at least one; a write or delete for each document of a commit that was done.
 * https://firebase.google.com/docs/firestore/pricing
 */
export class OperationCounter {
  #reads = 0
  #writes = 0
  #deletes = 0

  total(): Operations {
    return { reads: this.#reads, writes: this.#writes, deletes: this.#deletes }
  }

  add({ reads, writes, deletes }: Operations): void {
    this.#reads += reads
    this.#writes += writes
    this.#deletes += deletes
  }

  /** The client, whose calls are counted from now on. */
  watch<T extends object>(client: T): T {
    const pool = (client as unknown as Countable)._clientPool
    const run = pool.run.bind(pool)
    pool.run = (tag, needsGrpc, body) => run(tag, needsGrpc, (inner) => body(this.#watched(inner)))
    return client
  }

  #watched(inner: object): object {
    return new Proxy(inner, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name)
        if (typeof member !== 'function') return member
        const call = member.bind(target) as (...args: readonly unknown[]) => unknown
        if (name === 'getDocument') return (...args: readonly unknown[]) => this.#get(() => call(...args))
        if (name === 'commit') return (...args: readonly unknown[]) => this.#commit(args[0], () => call(...args))
        if (name === 'runQuery') return (...args: readonly unknown[]) => this.#query(call(...args) as object)
        return call
      },
    })
  }

  #get(call: () => unknown): unknown {
    this.#reads += 1
    return call()
  }

  async #commit(request: unknown, call: () => unknown): Promise<unknown> {
    const result = await call()
    for (const write of (request as CommitRequest).writes) {
      if (write.delete === undefined) this.#writes += 1
      else this.#deletes += 1
    }
    return result
  }

  #query(stream: object): object {
    this.#reads += 1
    const isFirst = { value: true }
    const count = (message: { readonly document?: unknown }): void => {
      if (!message.document) return
      if (isFirst.value) isFirst.value = false
      else this.#reads += 1
    }
    return new Proxy(stream, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name)
        if (name === Symbol.asyncIterator) return () => counted(target as AsyncIterable<{ document?: unknown }>, count)
        return typeof member === 'function' ? member.bind(target) : member
      },
    })
  }
}

async function* counted<T>(stream: AsyncIterable<T>, count: (message: T) => void): AsyncGenerator<T, void, undefined> {
  for await (const message of stream) {
    count(message)
    yield message
  }
}
