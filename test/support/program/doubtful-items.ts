import assert from 'node:assert/strict'
import type { MemoryItem } from '../../../src/memory/memory-item.ts'

/** What may be true of an item whose maker got no answer. Never: it was not stored, and still may be. */
export interface DoubtfulItem {
  /** First word of its content, which an update leaves. */
  readonly name: string
  id: string | undefined
  mayBe: ReadonlySet<'never' | 'there' | 'gone'>
  contents: ReadonlySet<string>
}

/** The items of a session about which not everything is known. A read settles what it can. */
export class DoubtfulItems {
  readonly #items = new Map<string, DoubtfulItem>()

  get all(): readonly DoubtfulItem[] {
    return [...this.#items.values()]
  }

  /** `isSure`: its add resolved. */
  added(name: string, content: string, id: string | undefined, isSure: boolean): void {
    const known = this.#items.get(name)
    if (known === undefined) {
      const mayBe = new Set(isSure ? (['there'] as const) : (['never', 'there'] as const))
      this.#items.set(name, { name, id, mayBe, contents: new Set([content]) })
      return
    }
    known.id ??= id
    // Added again, with its key: what was deleted meanwhile stays deleted.
    if (!known.mayBe.has('never')) return
    known.mayBe = new Set([...known.mayBe, 'there' as const])
    if (isSure) known.mayBe = without(known.mayBe, 'never')
  }

  changed(item: DoubtfulItem, content: string, isSure: boolean): void {
    if (isSure) this.isThere(item)
    item.contents = isSure ? new Set([content]) : new Set([...item.contents, content])
  }

  isThere(item: DoubtfulItem): void {
    assert.ok(item.mayBe.has('there'), `${item.name} is there, and can't be`)
    item.mayBe = new Set(['there'])
  }

  /** A call found nothing at its place; a write that is under way may still bring what was never there. */
  isNotThere(item: DoubtfulItem): void {
    if (item.mayBe.has('never')) return
    item.mayBe = without(item.mayBe, 'there')
    assert.ok(item.mayBe.size > 0, `${item.name} is lost`)
  }

  /** `isSure`: the call that deletes it resolved; then it never comes back, however late its own write lands. */
  deleted(item: DoubtfulItem, isSure: boolean): void {
    item.mayBe = isSure ? new Set(['gone']) : new Set([...item.mayBe, 'gone' as const])
  }

  /** All that a read gives. `isSettled`: nothing is under way any more, so this is how it stays. */
  seen(items: readonly MemoryItem[], isSettled: boolean): void {
    const seen = new Map(items.map((item) => [nameOf(item.content), item]))
    assert.equal(seen.size, items.length, 'an item is there twice')
    assert.deepEqual(
      items.map(({ id }) => id),
      items.map(({ id }) => id).sort(),
    )
    for (const name of seen.keys()) assert.ok(this.#items.has(name), `${name} is nobody's`)
    for (const item of this.all) {
      const found = seen.get(item.name)
      if (found === undefined) {
        this.isNotThere(item)
        if (isSettled) item.mayBe = without(item.mayBe, 'there')
        continue
      }
      assert.ok(item.mayBe.has('there'), `${item.name} came back`)
      assert.ok(item.contents.has(found.content), `${item.name} reads ${found.content.slice(0, 20)}`)
      item.id = found.id
      item.mayBe = isSettled ? new Set(['there']) : without(item.mayBe, 'never')
      if (isSettled) item.contents = new Set([found.content])
    }
  }

  /** Those that a call might take for the newest: down to the first that is certainly there. */
  newest(): readonly DoubtfulItem[] {
    const falling = this.all.toSorted((a, b) => ((a.id ?? '~') < (b.id ?? '~') ? 1 : -1))
    const sure = falling.findIndex((item) => item.mayBe.size === 1 && item.mayBe.has('there'))
    const possible = sure < 0 ? falling : falling.slice(0, sure + 1)
    return possible.filter(({ mayBe }) => mayBe.has('there'))
  }
}

export function nameOf(content: string): string {
  return content.split(' ')[0]!
}

function without<T>(set: ReadonlySet<T>, value: T): ReadonlySet<T> {
  return new Set([...set].filter((other) => other !== value))
}
