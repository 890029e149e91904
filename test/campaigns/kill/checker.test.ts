import { copyFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TempFolder } from '../../support/temp-folder.ts'
import { LineJournal, readLines } from '../support/line-journal.ts'
import { checkPlace } from './checker.ts'
import { CORRUPTIONS, SpoiltFile } from './corruptions.ts'
import type { JournalLine } from './journal.ts'
import { filePlace } from './places.ts'
import { Writer } from './writer.ts'

describe('the checker of the kill campaign', () => {
  let folder: TempFolder
  let path: string
  let journal: string

  beforeAll(async () => {
    folder = new TempFolder()
    path = folder.file('memory.db')
    journal = folder.file('journal.jsonl')
    using lines = new LineJournal<JournalLine>(journal)
    const plan = { where: { path }, seed: 7, firstOp: 0, startAt: Date.UTC(2026, 0, 1), resend: [] }
    await new Writer({ ...plan, mode: 'all' }, lines).run(30)
    // What the first one left is nearly all sealed or archived: the second one leaves tails.
    await new Writer({ ...plan, mode: 'seal', firstOp: 10_000, startAt: Date.UTC(2027, 0, 1) }, lines).run(4)
  })

  afterAll(() => folder[Symbol.dispose]())

  function copy(): string {
    const file = folder.file(`${crypto.randomUUID()}.db`)
    copyFileSync(path, file)
    return file
  }

  it('finds nothing wrong with a file that is as it should be', async () => {
    expect(await checkPlace(filePlace(copy()), readLines<JournalLine>(journal))).toEqual([])
  })

  it.each(CORRUPTIONS)('finds out that $name', async ({ apply, complaint }) => {
    const file = copy()
    {
      using spoilt = new SpoiltFile(file)
      await apply(spoilt)
    }
    expect((await checkPlace(filePlace(file), readLines<JournalLine>(journal))).join('\n')).toMatch(complaint)
  })

  it('finds out that an item was acknowledged which was never stored', async () => {
    const lines = readLines<JournalLine>(journal)
    const id = `${'0'.repeat(26)}.${'0'.repeat(27)}`
    const lost = [
      { kind: 'intent', op: 99_999, session: 'chat', size: 5 } as const,
      { kind: 'ack', op: 99_999, id } as const,
    ]
    expect(await checkPlace(filePlace(copy()), [...lines, ...lost])).toEqual([
      'item 99999 was acknowledged and is lost',
    ])
  })

  it('finds out that items are there that were removed', async () => {
    const lines = readLines<JournalLine>(journal)
    const removal = [{ kind: 'remove', session: 'quiet' } as const, { kind: 'removed', session: 'quiet' } as const]
    expect((await checkPlace(filePlace(copy()), [...lines, ...removal])).join('\n')).toMatch(/was removed and is there/)
  })
})
