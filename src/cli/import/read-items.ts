import type { MemoryItem, SessionAddress } from '../../index.ts'
import { isOfAll } from './conversation.ts'
import type { SourceAddress } from './draft.ts'
import type { FieldMap } from './field-map.ts'
import type { ImportSource } from './import-source.ts'
import type { KeyedItem, SessionSettings } from './import-target.ts'
import { isObject } from './json-fields.ts'
import { type Message, MessageSplitter } from './messages.ts'
import { ItemPlacer } from './place-items.ts'
import { readValues, type SourceValue } from './read-values.ts'
import { Refusal, refuse } from './refusal.ts'
import { type MessageShape, messageReader, shapeOf } from './shapes.ts'
import { checkExportHeader, exportedDraft, isExportHeader, readExportLine } from './thermocline-export.ts'

/** What a source holds. */
export type Read =
  | { readonly kind: 'item'; readonly item: KeyedItem; readonly where: string }
  /** To be put back under the id that it had. */
  | { readonly kind: 'restore'; readonly item: MemoryItem; readonly where: string }
  | { readonly kind: 'session'; readonly address: SessionAddress; readonly settings: SessionSettings }
  | { readonly kind: 'refused'; readonly message: string }

/** How the sources of an import are written. */
export type ImportFormat = 'auto' | 'thermocline' | MessageShape

export interface ReadOptions {
  /** @default "auto" */
  readonly format?: ImportFormat
  readonly map?: FieldMap
  /** Whose the items are where the source doesn't say. */
  readonly tenantId?: string
  readonly userId?: string
  readonly sessionId?: string
  /** Whose the items of an export become, in place of whom it says. */
  readonly moveTo?: SourceAddress
  /** For messages without a time, in milliseconds since 1970. @default when the file was last changed */
  readonly createdAt?: number
}

/** Reads one source from its beginning. */
export class ItemReader {
  readonly #source: ImportSource
  readonly #options: ReadOptions
  readonly #format: ImportFormat
  readonly #placer: ItemPlacer
  readonly #splitter: MessageSplitter
  #bytesRead = 0

  constructor(source: ImportSource, options: ReadOptions) {
    this.#source = source
    this.#options = options
    this.#format = options.format ?? (options.map === undefined ? 'auto' : 'map')
    this.#placer = new ItemPlacer({
      ...options,
      createdAt: options.createdAt ?? source.modifiedAt,
      name: source.name.replace(/\.[^.]+$/, ''),
    })
    this.#splitter = new MessageSplitter(this.#format === 'map' ? options.map : undefined)
  }

  get bytesRead(): number {
    return this.#bytesRead
  }

  /** Sessions met so far. */
  get sessions(): number {
    return this.#placer.sessions
  }

  /** The time of the file, if an item had to take it. */
  get usedFileTime(): number | undefined {
    const isFileTime = this.#placer.usedTimeOfSource && this.#options.createdAt === undefined
    return isFileTime ? this.#source.modifiedAt : undefined
  }

  /** All that the source holds, in its order. @throws CommandError where it can't be read any further */
  async *read(): AsyncGenerator<Read> {
    const values = readValues(this.#counted(), {
      isList: (path) => this.#splitter.isList(path),
      isNeeded: isOfAll,
    })
    let isExport: boolean | undefined
    let count = 0
    for await (const value of values) {
      count += 1
      if (isExport === undefined) {
        isExport = this.#format === 'thermocline' || (this.#format === 'auto' && isExportHeader(value.value))
        if (isExport) {
          yield* this.#refusing(value.where, () => this.#header(value))
          continue
        }
      }
      if (isExport) yield* this.#refusing(value.where, () => this.#exported(value))
      else
        for (const message of this.#splitter.split(value))
          yield* this.#refusing(message.where, () => this.#items(message))
    }
    if (count === 0) yield this.#refused('', 'there is nothing in it')
  }

  async *#counted(): AsyncGenerator<Buffer> {
    for await (const chunk of this.#source.chunks()) {
      this.#bytesRead += chunk.length
      yield chunk
    }
  }

  #items({ value, conversation, where }: Message): Read[] {
    if (value instanceof Refusal) throw value
    const shape = this.#format === 'auto' ? shapeOf(value) : (this.#format as MessageShape)
    if (!isObject(value)) return refuse('message', 'an object', value)
    const reader = messageReader(shape, this.#options.map)
    const session = this.#placer.session(reader.address(value, conversation.around), conversation)
    // A message that is refused counts too: mended, it takes its place, and the others keep theirs.
    const index = session.messages++
    const drafts = reader.drafts(value, conversation.around, session.calls)
    return drafts.map((draft, part) => {
      const item = this.#placer.place(draft, session, conversation, index, part)
      return { kind: 'item', item, where: this.#at(where) }
    })
  }

  #header({ value }: SourceValue): Read[] {
    if (value instanceof Refusal) throw value
    checkExportHeader(value)
    return []
  }

  #exported({ value, where }: SourceValue): Read[] {
    if (value instanceof Refusal) throw value
    const { moveTo = {} } = this.#options
    const line = readExportLine(value)
    if (line.kind === 'session')
      return [{ kind: 'session', address: { ...line.address, ...moveTo }, settings: line.settings }]
    const { item } = line
    const conversation = { around: {} }
    const session = this.#placer.session({ ...item, ...moveTo }, conversation)
    // An id belongs to its session, so whoever goes elsewhere gets a new one.
    if (Object.keys(moveTo).length === 0) return [{ kind: 'restore', item, where: this.#at(where) }]
    const moved = this.#placer.place(exportedDraft(item), session, conversation, 0, 0)
    return [{ kind: 'item', item: moved, where: this.#at(where) }]
  }

  *#refusing(where: string, read: () => Read[]): Generator<Read> {
    let found: Read[]
    try {
      found = read()
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      found = [this.#refused(where, error.message)]
    }
    yield* found
  }

  #refused(where: string, message: string): Read {
    return { kind: 'refused', message: `${this.#at(where)}: ${message}` }
  }

  #at(where: string): string {
    return where === '' ? this.#source.name : `${this.#source.name}, ${where}`
  }
}
