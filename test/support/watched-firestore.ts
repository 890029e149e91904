import { connectFirestore, type FirestoreConnection } from '../../src/clients/firestore.ts'
import type { FirestoreCalls, FirestoreWork } from '../../src/clients/firestore-calls.ts'
import { firestoreDurableStore } from '../../src/stores/firestore/durable-store.ts'
import type { DurableStore } from '../../src/tiers/durable-store.ts'
import { PATIENT_CALLS, TEST_PROJECT } from './firestore.ts'

/** What goes to Firestore through the stores of one prefix. */
export class WatchedFirestore {
  readonly prefix: string
  readonly #counts = new Map<string, number>()
  #largestCommit = 0

  constructor(prefix: string) {
    this.prefix = prefix
  }

  /** Of a commit, give or take a few bytes per value. */
  get largestCommitBytes(): number {
    return this.#largestCommit
  }

  /** How often something was answered: `get`, `query`, `committed`, or why a commit was refused. */
  count(answer: string): number {
    return this.#counts.get(answer) ?? 0
  }

  /** All calls that were answered. */
  get calls(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0)
  }

  /** A naked store, for one manager. */
  store(): DurableStore {
    return firestoreDurableStore({ connect: () => this.#connect(), collectionPrefix: this.prefix })
  }

  async #connect(): Promise<FirestoreConnection> {
    const { calls, close } = await connectFirestore({ projectId: TEST_PROJECT }, PATIENT_CALLS)
    return { calls: this.#watch(calls), close }
  }

  #watch(calls: FirestoreCalls): FirestoreCalls {
    const watched: Pick<FirestoreCalls, 'work' | 'database'> = {
      database: calls.database,
      work: () => this.#watchWork(calls.work()),
    }
    return watched as FirestoreCalls
  }

  #watchWork(work: FirestoreWork): FirestoreWork {
    return {
      get: (name) => this.#counted(work.get(name), 'get'),
      query: (parent, query) => this.#counted(work.query(parent, query), 'query'),
      commit: async (writes, isRepeatable) => {
        this.#largestCommit = Math.max(this.#largestCommit, sizeOf(writes))
        const answer = await work.commit(writes, isRepeatable)
        return this.#counted(answer, answer.kind === 'refused' ? answer.why : answer.kind)
      },
    }
  }

  async #counted<T>(answer: T | Promise<T>, name: string): Promise<T> {
    const answered = await answer
    this.#counts.set(name, this.count(name) + 1)
    return answered
  }
}

function sizeOf(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value) + 4
  if (value instanceof Uint8Array) return value.byteLength + 4
  if (typeof value !== 'object' || value === null) return 8
  return Object.entries(value).reduce((sum, [name, one]) => sum + name.length + 2 + sizeOf(one), 0)
}
