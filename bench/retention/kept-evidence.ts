import type { Conversation, Question } from './conversations.ts'
import type { Method } from './peers.ts'

export const BUDGETS = [1000, 2000, 4000, 8000] as const

/** For one question, the percentage of its evidence that is kept, by budget. */
export interface Kept {
  readonly conversation: number
  readonly question: Question
  readonly percent: readonly number[]
}

export async function keptEvidence(conversation: Conversation, method: Method): Promise<readonly Kept[]> {
  const { id, turns, questions } = conversation
  const kept: Kept[] = []
  for (const question of questions) {
    const percent: number[] = []
    for (const tokenBudget of BUDGETS) {
      const found = new Set<string>()
      for (const place of await method(question.question, tokenBudget)) found.add(turns[place]!)
      const hits = question.evidence.filter((turn) => found.has(turn)).length
      percent.push((100 * hits) / question.evidence.length)
    }
    kept.push({ conversation: id, question, percent })
  }
  return kept
}

/** A method that doesn't look at the question does its work once for each budget. */
export function withoutQuestion(method: Method): Method {
  const known = new Map<number, ReturnType<Method>>()
  return async (_, tokenBudget) => {
    const before = known.get(tokenBudget)
    if (before !== undefined) return before
    const kept = method('', tokenBudget)
    known.set(tokenBudget, kept)
    return kept
  }
}

export function means(kept: readonly Kept[]): readonly number[] {
  return BUDGETS.map((_, i) => kept.reduce((sum, { percent }) => sum + percent[i]!, 0) / kept.length)
}

/** By category of question, and by conversation. */
export function printParts(title: string, kept: readonly Kept[]): void {
  console.log(`\n${title}: percent of the evidence kept at ${BUDGETS.join(' / ')} tokens`)
  printGroups(
    'category',
    Map.groupBy(kept, ({ question }) => question.category),
  )
  printGroups(
    'conversation',
    Map.groupBy(kept, ({ conversation }) => conversation),
  )
}

function printGroups(name: string, groups: ReadonlyMap<number, readonly Kept[]>): void {
  for (const [key, ofGroup] of [...groups].sort(([a], [b]) => a - b)) {
    const figures = means(ofGroup).map((value) => value.toFixed(1).padStart(5))
    console.log(`  ${`${name} ${key}`.padEnd(16)} ${figures.join(' / ')}  ${ofGroup.length} questions`)
  }
}
