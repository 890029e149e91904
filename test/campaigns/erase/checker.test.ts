import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SessionInfo } from '../../../src/tiers/reading/sessions.ts'
import { TempFolder } from '../../support/temp-folder.ts'
import { LineJournal } from '../support/line-journal.ts'
import { canary, userIdOf } from './canary.ts'
import { checkErased, type Evidence, scrub } from './checker.ts'
import { CORRUPTIONS, copyDatabase, Spoilt } from './corruptions.ts'
import { type JournalLine, microseconds, readJournals } from './journal.ts'
import { openMemory, type Role, Traffic } from './traffic.ts'

const TWO_HOURS_MS = 2 * 60 * 60_000

describe('the checker of the erase campaign', () => {
  let folder: TempFolder
  let before: string
  let evidence: Evidence

  beforeAll(async () => {
    folder = new TempFolder()
    const file = folder.file('memory.db')
    before = folder.file('before.db')
    const victims = [0, 2]
    let output = ''
    {
      using journal = new LineJournal<JournalLine>(folder.file('journal.jsonl'))
      const act = async (role: Role, rounds: number, firstOp: number): Promise<void> => {
        const plan = { file, seed: 7, role, users: 4, firstOp, victims, aheadMs: 0 }
        const print = (text: string): void => {
          output += text
        }
        await new Traffic(plan, journal, print, () => false).run(rounds)
      }
      await act('write', 200, 0)
      await editArchived(file, journal)
      copyDatabase(file, before)
      await act('erase', 1, 0)
    }
    await using memory = openMemory(file, TWO_HOURS_MS)
    await memory.runMigration()
    await memory.close()
    await scrub(file)
    evidence = {
      file,
      journal: readJournals([folder.file('journal.jsonl')]),
      output,
      victims,
      aheadMs: 2 * TWO_HOURS_MS,
    }
  })

  /** Leaves a text in an overlay. */
  async function editArchived(file: string, journal: LineJournal<JournalLine>): Promise<void> {
    await using memory = openMemory(file, 0)
    const [info] = (await memory.listSessions({ userId: userIdOf(0), limit: 1 })).sessions
    const [item] = await memory.getConversationHistory({ ...addressOf(info!), limit: 1 })
    await memory.demote(addressOf(info!))
    await memory.updateMemoryItem(item!.id, { content: canary(0, 50_000) })
    journal.write({ kind: 'wrote', at: microseconds(), user: 0, op: 50_000, id: item!.id })
  }

  function addressOf({ userId, sessionId }: SessionInfo) {
    return { userId, sessionId }
  }

  afterAll(() => folder[Symbol.dispose]())

  async function check(apply?: (typeof CORRUPTIONS)[number]['apply']): Promise<readonly string[]> {
    const file = folder.file(`${crypto.randomUUID()}.db`)
    copyDatabase(evidence.file, file)
    const own = { ...evidence, file }
    using spoilt = new Spoilt(own, before)
    const instead = (apply?.(spoilt) ?? {}) as Partial<Evidence>
    return checkErased({ ...own, ...instead })
  }

  it('finds nothing wrong where everything was erased', async () => {
    expect(await check()).toEqual([])
  })

  it.each(CORRUPTIONS)('finds out that $name', async ({ apply, complaint }) => {
    expect((await check(apply)).join('\n')).toMatch(complaint)
  })
})
