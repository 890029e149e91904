import { describe, expect, it } from 'vitest'
import { checkRace } from './checker.ts'
import type { Fault, JournalLine, Op, ReadQuery } from './journal.ts'

/** A log that is made up: `a` writes and `b` reads, at times in milliseconds. */
class Story {
  readonly #lines: Record<string, JournalLine[]> = { a: [], b: [] }
  readonly #faults: Fault[] = []
  #op = 100

  add(item: Op, from: number, to: number, isTroubled = false): this {
    return this.#change('add', item, item, from, to, isTroubled)
  }

  /** Its text is that of 100 for the first update or deletion of a story, of 101 for the second. */
  update(item: Op, from: number, to: number, isTroubled = false): this {
    return this.#change('update', this.#op++, item, from, to, isTroubled)
  }

  delete(item: Op, from: number, to: number, isTroubled = false): this {
    return this.#change('delete', this.#op++, item, from, to, isTroubled)
  }

  /** A deletion that finds nothing. */
  findGone(item: Op, from: number, to: number): this {
    const op = this.#op++
    this.line({ kind: 'begin', what: 'delete', at: from * 1000, op, session: 'chat', item })
    return this.line({ kind: 'end', at: to * 1000, op, did: false, isTroubled: false })
  }

  strong(at: number, texts: string, query: ReadQuery = {}, process: 'a' | 'b' = 'b'): this {
    return this.#read(true, at, texts, query, process)
  }

  cached(at: number, texts: string, query: ReadQuery = {}, process: 'a' | 'b' = 'b'): this {
    return this.#read(false, at, texts, query, process)
  }

  fault(kind: Fault['kind'], from: number, to: number, savedAt?: number): this {
    const saved = savedAt === undefined ? {} : { saved: { from: savedAt * 1000, to: (savedAt + 1) * 1000 } }
    this.#faults.push({ kind, from: from * 1000, to: to * 1000, ...saved })
    return this
  }

  line(line: JournalLine, process: 'a' | 'b' = 'a'): this {
    this.#lines[process]!.push(line)
    return this
  }

  check(): string {
    const logs = Object.entries(this.#lines).map(([name, lines]) => ({ name, lines }))
    return checkRace(logs, this.#faults).problems.join('\n')
  }

  #change(what: 'add' | 'update' | 'delete', op: Op, item: Op, from: number, to: number, isTroubled: boolean): this {
    const id = what === 'add' ? { id: idOf(item) } : {}
    this.line({ kind: 'begin', what, at: from * 1000, op, session: 'chat', item })
    return this.line({ kind: 'end', at: to * 1000, op, did: true, isTroubled, ...id })
  }

  #read(strong: boolean, at: number, texts: string, query: ReadQuery, process: 'a' | 'b'): this {
    const found = texts === '' ? [] : texts.split(' ').flatMap((text) => text.split('/').map(Number))
    const times = { from: at * 1000, to: (at + 1) * 1000 }
    this.#lines[process]!.push({ kind: 'read', ...times, session: 'chat', strong, query, found })
    return this
  }
}

function idOf(item: Op): string {
  return `key.${String(item).padStart(4, '0')}`
}

/** Two items that both processes know of. */
function two(): Story {
  return new Story().add(1, 0, 10).add(2, 20, 30)
}

describe('the checker of the race campaign finds nothing wrong where', () => {
  it.each<[string, Story]>([
    ['all is read', two().strong(40, '1/1 2/2').cached(50, '1/1 2/2', { limit: 2 })],
    ['an item is seen before it is acknowledged', two().strong(25, '1/1 2/2')],
    ['an item is not seen before it is acknowledged', two().strong(29, '1/1')],
    [
      'an answer reaches no further than was asked',
      two().strong(40, '2/2', { limit: 1 }).strong(40, '2/2', { after: 1 }),
    ],
    ['it is counted from the oldest', two().strong(40, '1/1', { limit: 1, from: 'oldest' })],
    ['a default read is a little behind', two().cached(100, '1/1')],
    [
      'a process is behind that could not run',
      two()
        .line(stall(31, 900), 'b')
        .line(read(901, [1, 1]), 'b'),
    ],
    ['an item is gone while it is deleted', two().delete(2, 35, 60).strong(40, '1/1').strong(41, '1/1 2/2')],
    [
      'an item was found to be gone, and who deleted it could not tell Redis',
      two().fault('restart', 31, 35).delete(2, 32, 35, true).findGone(2, 36, 37).strong(40, '1/1 2/2'),
    ],
    ['two updates at once came in either order', updatedTwice().strong(60, '1/101 2/2').strong(61, '1/100 2/2')],
    [
      'others read an old copy since Redis could not be told',
      new Story().add(1, 0, 10).fault('pause', 15, 400).add(2, 20, 30, true).strong(1900, '1/1').cached(1900, '1/1'),
    ],
    ['Redis is given back a copy that is young', two().fault('restore', 50, 90, 15).strong(1900, '1/1')],
    [
      'a snapshot was made before the writer could tell Redis, who did so later',
      new Story()
        .add(1, 0, 10)
        .fault('restart', 12, 15)
        .add(2, 20, 30, true)
        .fault('restore', 90, 95, 40)
        .strong(99, '1/1', {}, 'a'),
    ],
    ['a process has just begun', new Story().add(1, 0, 10).add(2, 20, 30, true).strong(1900, '1/1')],
    ['a server falls silent right after it took an item', two().fault('pause', 25, 3000).cached(1900, '1/1')],
  ])('%s', (_name, story) => {
    expect(story.check()).toBe('')
  })
})

describe('the checker of the race campaign finds out that', () => {
  it.each<[string, Story, RegExp]>([
    ['a strong read lacks an item', two().strong(31, '1/1'), /lacks item 2: a had that acknowledged 1.0 ms before/],
    ['a strong read lacks an item after a flush', two().fault('flush', 20, 25).strong(31, '1/1'), /lacks item 2/],
    ['a strong read by id finds nothing', two().strong(31, '', { item: 2 }), /lacks item 2/],
    ['a default read is far behind', two().cached(300, '1/1'), /lacks item 2/],
    ['a default read goes back', two().cached(35, '1/1 2/2').cached(60, '1/1'), /lacks item 2/],
    ['a default read of the writer is behind', two().cached(31, '1/1', {}, 'a'), /lacks item 2/],
    ['the wrong end is read', two().strong(40, '1/1', { limit: 1 }), /lacks item 2/],
    ['a window is short', two().strong(40, '', { after: 1 }), /lacks item 2/],
    ['more is given than was asked for', two().strong(40, '1/1 2/2', { limit: 1 }), /has 2 items/],
    ['what was not asked for is given', two().strong(40, '1/1 2/2', { before: 2 }), /has item 2, which was not asked/],
    ['an item is there twice', two().strong(40, '1/1 2/2 2/2'), /has item 2 twice/],
    ['an item has two ids', two().line(read(40, [1, 1, 2, 2], { 2: 'key.0003' })), /item 2 is there twice/],
    ['items are out of order', two().strong(40, '2/2 1/1'), /out of order/],
    ['an item is from nowhere', two().strong(40, '1/1 2/2 3/3'), /has item 3, which was never added/],
    ['an item is read before it is added', two().strong(15, '1/1 2/2'), /has item 2, which was never added/],
    ['a deleted item is shown', two().delete(2, 32, 35).strong(40, '1/1 2/2'), /has item 2, which was deleted/],
    ['an old text is shown', two().update(2, 32, 35).strong(40, '1/1 2/2'), /has an old text of item 2/],
    ['an old update is shown', updatedInTurn().strong(60, '1/100 2/2'), /has an old text of item 1/],
    ['a text is from nowhere', two().strong(40, '1/1 2/77'), /has item 2 with a text that nobody wrote/],
    [
      'a copy is believed for too long though Redis could not be told',
      new Story().add(1, 0, 10).fault('pause', 15, 400).add(2, 20, 30, true).strong(2300, '1/1'),
      /lacks item 2/,
    ],
    [
      'a writer does not know what it could not tell Redis',
      new Story().add(1, 0, 10).fault('pause', 15, 400).add(2, 20, 30, true).strong(450, '1/1', {}, 'a'),
      /lacks item 2/,
    ],
    [
      'a write that went well is missed though a fault was near',
      new Story().add(1, 0, 10).fault('restart', 15, 19).add(2, 20, 30).strong(450, '1/1'),
      /lacks item 2/,
    ],
    [
      'an old copy that Redis was given back is believed',
      two().fault('restore', 2500, 2600, 15).strong(2610, '1/1'),
      /lacks item 2/,
    ],
    [
      'what was there when it was saved is missing',
      two().fault('restore', 50, 90, 31).strong(100, '1/1'),
      /lacks item 2/,
    ],
    ['a call has failed', two().line({ kind: 'error', at: 40_000, message: 'no' }), /a call failed: no/],
    [
      'Redis was not told of a change though nothing happened',
      new Story().add(1, 0, 10).add(2, 4000, 4010, true).strong(4020, '1/1'),
      /lacks item 2/,
    ],
    ['the hot tier fails without a fault', failing(), /4 of 5 changes met a hot tier that failed without a fault/],
  ])('%s', (_name, story, complaint) => {
    expect(story.check()).toMatch(complaint)
  })
})

function updatedTwice(): Story {
  return two().update(1, 35, 50).update(1, 36, 51)
}

function updatedInTurn(): Story {
  return two().update(1, 35, 40).update(1, 41, 51)
}

function failing(): Story {
  return [1, 2, 3, 4, 5].reduce((story, item) => story.add(item, item * 4000, item * 4000 + 5, true), new Story())
}

function stall(from: number, to: number): JournalLine {
  return { kind: 'stall', from: from * 1000, to: to * 1000 }
}

function read(at: number, found: readonly Op[], ids?: Readonly<Record<Op, string>>): JournalLine {
  const times = { from: at * 1000, to: (at + 1) * 1000 }
  return { kind: 'read', ...times, session: 'chat', strong: false, query: {}, found, ...(ids && { ids }) }
}
