import type { ObjectCount } from './heap-snapshot.ts'

/** Types of nodes whose name is a constructor or a kind of native object. The names of others may be contents: a string's is its text. */
const NAMED_TYPES: ReadonlySet<string> = new Set(['object', 'native'])
const NODES = '"nodes":['
const STRINGS = '"strings":['

interface Layout {
  readonly width: number
  readonly type: number
  readonly name: number
  readonly size: number
  readonly types: readonly string[]
}

/**
 * Adds up a heap snapshot of V8 (the JSON of a `.heapsnapshot` file) while it streams: it is as large as the heap, so it
 * is never held whole. Its nodes are one array of numbers; their names are numbers of strings, which come last.
 */
export async function readSnapshotCounts(chunks: AsyncIterable<string>): Promise<readonly ObjectCount[]> {
  const texts = new Scanner(chunks)
  const layout = layoutOf(await texts.until(NODES))
  const byName = await addUpNodes(texts, layout)
  await texts.until(STRINGS, false)
  const names = await namesOf(texts, new Set([...byName.keys()].filter((name) => name >= 0)))
  const counts = [...byName].map(([name, { count, bytes }]) => ({
    name: name >= 0 ? (names.get(name) ?? '?') : `(${layout.types[-name - 1] ?? '?'})`,
    count,
    bytes,
  }))
  return counts.toSorted((a, b) => b.bytes - a.bytes)
}

function layoutOf(head: string): Layout {
  const { meta } = JSON.parse(`${head.slice(head.indexOf(':') + 1, head.lastIndexOf('}') + 1)}`)
  const fields: readonly string[] = meta.node_fields
  return {
    width: fields.length,
    type: fields.indexOf('type'),
    name: fields.indexOf('name'),
    size: fields.indexOf('self_size'),
    types: meta.node_types[0],
  }
}

/** By the number of the name; types without names that may be told are counted below 0. */
async function addUpNodes(
  texts: Scanner,
  layout: Layout,
): Promise<ReadonlyMap<number, { count: number; bytes: number }>> {
  const sums = new Map<number, { count: number; bytes: number }>()
  let [field, number, type, name, size] = [0, 0, 0, 0, 0]
  const endField = (): void => {
    if (field === layout.type) type = number
    else if (field === layout.name) name = number
    else if (field === layout.size) size = number
    number = 0
    if (++field < layout.width) return
    field = 0
    const key = NAMED_TYPES.has(layout.types[type] ?? '') ? name : -type - 1
    const sum = sums.get(key)
    if (sum === undefined) sums.set(key, { count: 1, bytes: size })
    else {
      sum.count++
      sum.bytes += size
    }
  }
  await texts.each((code) => {
    if (code >= 48 && code <= 57) number = number * 10 + code - 48
    else if (code === 44 || code === 93) endField()
    return code !== 93
  })
  return sums
}

/** The wanted strings of the array that the text goes on with. */
async function namesOf(texts: Scanner, wanted: ReadonlySet<number>): Promise<ReadonlyMap<number, string>> {
  const names = new Map<number, string>()
  let [index, isInside, isEscaped, json] = [0, false, false, '']
  await texts.each((code) => {
    if (!isInside) {
      isInside = code === 34
      json = ''
      return code !== 93
    }
    if (code === 34 && !isEscaped) {
      if (wanted.has(index)) names.set(index, JSON.parse(`"${json}"`))
      index++
      isInside = false
      return true
    }
    isEscaped = code === 92 && !isEscaped
    if (wanted.has(index)) json += String.fromCharCode(code)
    return true
  })
  return names
}

/** Walks through a text that comes in chunks. */
class Scanner {
  readonly #chunks: AsyncIterator<string>
  #chunk = ''
  #at = 0

  constructor(chunks: AsyncIterable<string>) {
    this.#chunks = chunks[Symbol.asyncIterator]()
  }

  /** Moves behind the mark and gives what was before it, unless that is not to be kept. */
  async until(mark: string, keeps = true): Promise<string> {
    let text = this.#chunk.slice(this.#at)
    let before = ''
    let found = text.indexOf(mark)
    while (found < 0) {
      const held = text.length - mark.length + 1
      if (keeps) before += text.slice(0, Math.max(0, held))
      text = text.slice(Math.max(0, held))
      if (!(await this.#next())) throw new SyntaxError('a heap snapshot without its arrays')
      text += this.#chunk
      found = text.indexOf(mark)
    }
    this.#chunk = text
    this.#at = found + mark.length
    return keeps ? before + text.slice(0, found) : ''
  }

  /** Hands over UTF-16 units until it is told false, which moves behind that one, or until the end. */
  async each(take: (code: number) => boolean): Promise<void> {
    do {
      while (this.#at < this.#chunk.length) {
        if (!take(this.#chunk.charCodeAt(this.#at++))) return
      }
    } while (await this.#next())
  }

  async #next(): Promise<boolean> {
    const { done, value } = await this.#chunks.next()
    if (done) return false
    this.#chunk = value
    this.#at = 0
    return true
  }
}
