interface Node<K, V> {
  readonly key: K
  value: V
  bytes: number
  newer: Node<K, V> | undefined
  older: Node<K, V> | undefined
}

/**
 * Least recently used first out, bounded in bytes. A linked list beside a Map: moving an entry to the front touches
 * four references, where deleting and setting it again in the Map would rehash it on every hit.
 */
export class LruBytes<K, V> {
  readonly #nodes = new Map<K, Node<K, V>>()
  readonly #maxBytes: number
  #newest: Node<K, V> | undefined
  #oldest: Node<K, V> | undefined
  #bytes = 0
  #evictions = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get size(): number {
    return this.#nodes.size
  }

  get bytes(): number {
    return this.#bytes
  }

  get evictions(): number {
    return this.#evictions
  }

  get(key: K): V | undefined {
    const node = this.#nodes.get(key)
    if (node === undefined) return undefined
    if (node !== this.#newest) {
      this.#unlink(node)
      this.#linkNewest(node)
    }
    return node.value
  }

  /** The value, without counting it as used. */
  peek(key: K): V | undefined {
    return this.#nodes.get(key)?.value
  }

  /** False where the value alone is larger than the whole. */
  set(key: K, value: V, bytes: number): boolean {
    this.delete(key)
    if (bytes > this.#maxBytes) return false
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
    return true
  }

  clear(): void {
    this.#nodes.clear()
    this.#newest = undefined
    this.#oldest = undefined
    this.#bytes = 0
  }

  #evict(): void {
    while (this.#bytes > this.#maxBytes && this.#oldest !== undefined) {
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
