/**
 * Moving by hand what usually moves by itself: a look at what a sweep would do, the sweep, and the ways to bring one session
 * up or send it down. A manual clock lets five weeks pass. After `npm run build`: `npx node examples/migration.ts`.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openThermocline } from 'thermocline'
import { ManualClock } from 'thermocline/testing'

const DAY_MS = 86_400_000
const folder = mkdtempSync(join(tmpdir(), 'thermocline-migration-'))
const clock = new ManualClock(Date.UTC(2026, 0, 5))
// 0: no sweeps by timer, only those that we ask for.
const { memory, close } = await openThermocline({ path: join(folder, 'chat.db'), clock, tierMigrationInterval: 0 })

const session = { userId: 'ada', sessionId: 'winter' }
for (let day = 1; day <= 10; day++) {
  const content = `Day ${day}: the snow is ${day * 3} centimetres deep, the sledge is ready and the cocoa is hot.`
  await memory.addMemoryItem({ ...session, contentType: 'user_message', content })
}
await showTier('just added')

clock.advance(10 * DAY_MS)
await showTier('10 days later')

clock.advance(25 * DAY_MS)
const plan = await memory.runMigration({ dryRun: true })
console.log(`a sweep would archive ${plan.archived.items} items of ${plan.sessions} session`)
const report = await memory.runMigration({ maxSessions: 100 })
console.log(
  `archived ${report.archived.items} items, ${report.ratio.toFixed(1)} times smaller, ${report.failed} failed`,
)
await showTier('35 days later')

await memory.promote(session)
await showTier('promoted')
await memory.demote(session, 'cold')
await showTier('demoted')

async function showTier(when: string): Promise<void> {
  // Read past the copies, so that it says where the items lie and not where they were last seen.
  const history = await memory.getConversationHistory({ ...session, read: 'strong' })
  console.log(`${when}: ${history.length} items, ${[...new Set(history.map(({ tier }) => tier))].join(' and ')}`)
}

await close()
rmSync(folder, { recursive: true })
