// One of a crowd, as a process of its own. Its plan is the only argument, as JSON.
import { writeSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { isThermoclineError } from '../../../src/errors.ts'
import { TieredStorageManager } from '../../../src/thermocline.ts'
import { LineJournal } from '../support/line-journal.ts'
import { told } from '../support/told-process.ts'
import { untilAnswered } from '../support/until-answered.ts'
import type { Whereabouts } from '../support/whereabouts.ts'

export interface MemberPlan {
  readonly where: Whereabouts
  readonly member: number
  readonly items: number
  readonly itemBytes: number
  /** Each add is awaited before the next begins; otherwise all are under way at once. */
  readonly oneByOne: boolean
  readonly journal: string
  readonly compileCache: string
}

/** What became of one add. */
export type MemberLine =
  | { readonly item: number; readonly id: string; readonly tookMs: number }
  | { readonly item: number; readonly error: string; readonly tookMs: number }

export const USER = 'crowd-campaign'
export const SESSION = 'square'

/** Half words, half digits, as texts that compress neither well nor badly. */
export function textOf(member: number, item: number, bytes: number): string {
  let text = `#${member}/${item}`
  for (let i = 1; text.length < bytes; i++) text += ` all quiet ${(member * 7919 + item * 104_729 + i) * 48_271}`
  return text.slice(0, bytes)
}

if (import.meta.main) {
  const plan = JSON.parse(process.argv[2]!) as MemberPlan
  using journal = new LineJournal<MemberLine>(plan.journal)
  const memory = new TieredStorageManager({ ...plan.where, tierMigrationInterval: 0 })
  // Connected, and with nothing of the session: the machine has fewer processors than there are members.
  await untilAnswered(() => memory.getConversationHistory({ userId: USER, sessionId: 'elsewhere' }))
  // For those that start after it.
  flushCompileCache()
  writeSync(process.stdout.fd, 'ready\n')
  await told()
  const add = async (item: number): Promise<void> => {
    const from = performance.now()
    const content = textOf(plan.member, item, plan.itemBytes)
    const address = { userId: USER, sessionId: SESSION }
    try {
      const id = await memory.addMemoryItem({ ...address, content, contentType: 'user_message' })
      journal.write({ item, id, tookMs: performance.now() - from })
    } catch (error) {
      const text = isThermoclineError(error) ? `${error.code} ${error.message}` : String(error)
      journal.write({ item, error: text, tookMs: performance.now() - from })
    }
  }
  const items = Array.from({ length: plan.items }, (_, item) => item)
  if (plan.oneByOne) for (const item of items) await add(item)
  else await Promise.all(items.map(add))
  await memory.close()
}
