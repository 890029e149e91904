import { isThermoclineError } from '../../index.ts'
import type { ImportSource } from './import-source.ts'
import type { ImportTarget } from './import-target.ts'
import { type BatchOutcome, ItemBatch } from './item-batch.ts'
import { KnownItems } from './known-items.ts'
import { ItemReader, type Read, type ReadOptions } from './read-items.ts'

/** Reading goes on while so many batches are being stored. */
const MAX_BATCHES_IN_FLIGHT = 2
const ITEMS_PER_PROGRESS = 500
/** So many refusals are told in full. */
const MAX_PROBLEMS = 20

export interface ImportProgress {
  readonly bytesRead: number
  /** Undefined where the length of a source isn't known. */
  readonly totalBytes: number | undefined
  /** Items that were read. */
  readonly items: number
  readonly sessions: number
}

export interface ImportOptions extends ReadOptions {
  /** Goes on after what is refused. @default false: all before it is stored, and the import ends there */
  readonly keepGoing?: boolean
  /** Called after every 500 items, and after each source. */
  readonly onProgress?: (progress: ImportProgress) => void
}

/** What an import did. */
export interface ImportReport {
  /** Items made of what was read. */
  readonly read: number
  readonly added: number
  readonly alreadyThere: number
  /** Left out, as their session was erased after the time that they are of. */
  readonly erased: number
  /** Lines, messages or items that can't become items. */
  readonly refused: number
  /** Counted anew for each source. */
  readonly sessions: number
  /** The first refusals: where, what was expected and what was received. */
  readonly problems: readonly string[]
  /** What ended the import early, if not a refusal. */
  readonly failure: string | undefined
  /** Whether all sources were read to their end. */
  readonly complete: boolean
  /** The time that items without a time of their own were given: when the file was last changed. */
  readonly fileTime: number | undefined
}

/**
 * Brings what the sources hold into a memory. What was stored stays stored, however it ends: run again, it goes on.
 * @param target undefined to read everything and store nothing
 */
export async function importItems(
  target: ImportTarget | undefined,
  sources: readonly ImportSource[],
  options: ImportOptions,
): Promise<ImportReport> {
  return new Import(target, options).run(sources)
}

/** Where items go, and what is known of it. */
interface Store {
  readonly target: ImportTarget
  readonly known: KnownItems
  /** What is gathered at the moment. */
  batch: ItemBatch
}

class Import {
  readonly #options: ImportOptions
  readonly #store: Store | undefined
  readonly #inFlight = new Set<Promise<void>>()
  readonly #problems: string[] = []
  #read = 0
  #added = 0
  #alreadyThere = 0
  #erased = 0
  #refused = 0
  #failure: string | undefined
  #fileTime: number | undefined

  constructor(target: ImportTarget | undefined, options: ImportOptions) {
    this.#options = options
    this.#store = target && { target, known: new KnownItems(target), batch: new ItemBatch(target) }
  }

  async run(sources: readonly ImportSource[]): Promise<ImportReport> {
    const lengths = sources.map(({ totalBytes }) => totalBytes)
    const totalBytes = lengths.reduce(
      (sum, bytes) => (sum === undefined || bytes === undefined ? undefined : sum + bytes),
      0,
    )
    let [bytesRead, sessions] = [0, 0]
    for (const source of sources) {
      const reader = new ItemReader(source, this.#options)
      const tell = (): void =>
        this.#options.onProgress?.({
          bytesRead: bytesRead + reader.bytesRead,
          totalBytes,
          items: this.#read,
          sessions: sessions + reader.sessions,
        })
      try {
        for await (const read of reader.read()) {
          if (this.#store?.batch.isFullFor(read)) await this.#flush(this.#store)
          await this.#take(read)
          if (this.#read % ITEMS_PER_PROGRESS === 0) tell()
          if (this.#isEnded) break
        }
      } catch (error) {
        this.#failure = messageOf(error)
      }
      // All that was read before it ended is stored.
      if (this.#store !== undefined) await this.#flush(this.#store)
      await Promise.all(this.#inFlight)
      tell()
      bytesRead += reader.bytesRead
      sessions += reader.sessions
      this.#fileTime ??= reader.usedFileTime
      if (this.#isEnded) break
    }
    return {
      ...{ read: this.#read, added: this.#added, alreadyThere: this.#alreadyThere, erased: this.#erased },
      ...{ refused: this.#refused, sessions, problems: this.#problems, failure: this.#failure },
      ...{ complete: !this.#isEnded, fileTime: this.#fileTime },
    }
  }

  get #isEnded(): boolean {
    const isTolerant = this.#options.keepGoing === true || this.#store === undefined
    return this.#failure !== undefined || (this.#refused > 0 && !isTolerant)
  }

  async #take(read: Read): Promise<void> {
    if (read.kind === 'refused') return this.#refuse(read.message)
    if (read.kind !== 'session') this.#read += 1
    if (this.#store === undefined) return
    const { target, known, batch } = this.#store
    if (read.kind === 'session') {
      const settings = await target.getSession(read.address)
      // A session's own settings stay: somebody may have changed them since.
      const isBare = settings?.metadata === undefined && settings?.retentionDays === undefined
      if (isBare && Object.keys(read.settings).length > 0) batch.set(read.address, read.settings)
      return
    }
    const by = read.kind === 'restore' ? 'id' : 'idempotencyKey'
    const found = known.find(read.item, by)
    // Without a turn of the event loop for each item of a session that is known.
    const session = found instanceof Promise ? await found : found
    const name = read.kind === 'restore' ? read.item.id : read.item.idempotencyKey
    if (session.has(name)) this.#alreadyThere += 1
    else batch.add(read)
  }

  async #flush(store: Store): Promise<void> {
    const { batch } = store
    store.batch = new ItemBatch(store.target)
    const storing = batch
      .store()
      .then((outcome) => this.#count(outcome))
      .finally(() => this.#inFlight.delete(storing))
    this.#inFlight.add(storing)
    if (this.#inFlight.size >= MAX_BATCHES_IN_FLIGHT) await Promise.race(this.#inFlight)
  }

  #count({ added, erased, refused, failure }: BatchOutcome): void {
    this.#added += added
    this.#erased += erased
    for (const message of refused) this.#refuse(message)
    this.#failure ??= failure === undefined ? undefined : messageOf(failure)
  }

  #refuse(message: string): void {
    this.#refused += 1
    if (this.#problems.length < MAX_PROBLEMS) this.#problems.push(message)
  }
}

function messageOf(error: unknown): string {
  if (isThermoclineError(error)) return `${error.message} (${error.code})`
  return error instanceof Error ? error.message : String(error)
}
