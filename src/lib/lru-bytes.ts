/** An entry's place in the order of use. Good until the entry leaves. */
export type LruHandle<K, V> = Node<K, V>

interface Node<K, V> {
  readonly key: K
  value: V
  bytes: number
  newer: Node<K, V> | undefined
  older: Node<K, V> | undefined
}

/** A cache whose bound can be lowered while it is in use, and raised again. */
export interface BoundedCache {
  /** What it holds, estimated. */
  readonly bytes: number
  /** What it may hold now, at most {@link BoundedCache.maxBytes}. */
  readonly limitBytes: number
  /** What it may hold by its options. */
  readonly maxBytes: number
  /** Lowers or raises the bound; what is over it leaves at once. */
  limit(bytes: number): void
}

/**
 * Least recently used first out, bounded in bytes. A linked list beside a Map: moving an entry to the front touches
 * four references, where deleting and setting it again in the Map would rehash it on every hit.
 */
export class LruBytes<K, V> implements BoundedCache {
  readonly #nodes = new Map<K, Node<K, V>>()
  readonly maxBytes: number
  #limitBytes: number
  #newest: Node<K, V> | undefined
  #oldest: Node<K, V> | undefined
  #bytes = 0
  #evictions = 0

  readonly #onRemove: ((key: K, value: V) => void) | undefined

  /** `onRemove` hears of each value that leaves, for whatever reason. */
  constructor(maxBytes: number, onRemove?: (key: K, value: V) => void) {
    this.maxBytes = maxBytes
    this.#limitBytes = maxBytes
    this.#onRemove = onRemove
  }

  get size(): number {
    return this.#nodes.size
  }

  get bytes(): number {
    return this.#bytes
  }

  get limitBytes(): number {
    return this.#limitBytes
  }

  limit(bytes: number): void {
    this.#limitBytes = Math.min(this.maxBytes, Math.max(0, Math.floor(bytes)))
    this.#evict()
  }

  get evictions(): number {
    return this.#evictions
  }

  get(key: K): V | undefined {
    const node = this.#nodes.get(key)
    if (node === undefined) return undefined
    this.touch(node)
    return node.value
  }

  /** Leads to an entry without looking it up again. */
  handleOf(key: K): LruHandle<K, V> | undefined {
    return this.#nodes.get(key)
  }

  /** Counts an entry as used. */
  touch(handle: LruHandle<K, V>): void {
    if (handle === this.#newest) return
    this.#unlink(handle)
    this.#linkNewest(handle)
  }

  /** The value, without counting it as used. */
  peek(key: K): V | undefined {
    return this.#nodes.get(key)?.value
  }

  /** False where the value alone is larger than the bound. */
  set(key: K, value: V, bytes: number): boolean {
    this.delete(key)
    if (bytes > this.#limitBytes) return false
    const node: Node<K, V> = { key, value, bytes, newer: undefined, older: undefined }
    this.#nodes.set(key, node)
    this.#linkNewest(node)
    this.#bytes += bytes
    this.#evict()
    return true
  }

  /** Tells that a value has another size now. */
  resize(key: K, bytes: number): void {
    const node = this.#nodes.get(key)
    if (node === undefined) return
    this.#bytes += bytes - node.bytes
    node.bytes = bytes
    this.#evict()
  }

  delete(key: K): boolean {
    const node = this.#nodes.get(key)
    if (node === undefined) return false
    this.#nodes.delete(key)
    this.#unlink(node)
    this.#bytes -= node.bytes
    this.#onRemove?.(key, node.value)
    return true
  }

  /** So many of those that were used least lately, from the longest unused on. */
  oldest(count: number): K[] {
    const keys: K[] = []
    for (let node = this.#oldest; node !== undefined && keys.length < count; node = node.newer) keys.push(node.key)
    return keys
  }

  clear(): void {
    if (this.#onRemove !== undefined) for (const { key, value } of this.#nodes.values()) this.#onRemove(key, value)
    this.#nodes.clear()
    this.#newest = undefined
    this.#oldest = undefined
    this.#bytes = 0
  }

  #evict(): void {
    while (this.#bytes > this.#limitBytes && this.#oldest !== undefined) {
      this.delete(this.#oldest.key)
      this.#evictions += 1
    }
  }

  #linkNewest(node: Node<K, V>): void {
    node.older = this.#newest
    node.newer = undefined
    if (this.#newest !== undefined) this.#newest.newer = node
    this.#newest = node
    this.#oldest ??= node
  }

  #unlink(node: Node<K, V>): void {
    if (node.newer === undefined) this.#newest = node.older
    else node.newer.older = node.older
    if (node.older === undefined) this.#oldest = node.newer
    else node.older.newer = node.newer
  }
}
