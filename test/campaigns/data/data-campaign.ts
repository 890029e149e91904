import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { TempFolder } from '../../support/temp-folder.ts'
import { readConversationLines } from './conversation-lines.ts'
import { tiersRoundTrip } from './tiers-round-trip.ts'

/** Every `*-items.jsonl` of a folder goes through all tiers. Gives what is wrong, in words. */
export async function dataCampaign(folder: string, say: (line: string) => void): Promise<readonly string[]> {
  const names = readdirSync(folder).filter((name) => name.endsWith('-items.jsonl'))
  if (names.length === 0) return [`${folder}: there is no *-items.jsonl`]
  using temp = new TempFolder()
  const problems: string[] = []
  for (const name of names.sort()) {
    const startedAt = performance.now()
    const trip = await tiersRoundTrip(readConversationLines(join(folder, name)), temp.file(`${name}.db`))
    problems.push(...trip.problems.map((problem) => `${name}: ${problem}`))
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
    say(
      `${name}: ${trip.items} items of ${trip.sessions} sessions, archived at ${trip.ratio.toFixed(2)}:1, ${trip.problems.length} problems, ${seconds} s`,
    )
  }
  return problems
}
