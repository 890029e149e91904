import { runPrograms, STAGES } from '../../support/program/run-programs.ts'

export interface ModelCampaignOptions {
  readonly seed: number
  /** Over all stages together. */
  readonly operations: number
  readonly maxMs: number
  /** One of {@link STAGES}. @default all of them */
  readonly stage?: string
}

// A stage with a file takes several times as long as one without, so most of the work is where it is cheap.
const SHARES: Readonly<Record<string, number>> = {
  'in-process': 4,
  sqlite: 3,
  shared: 2,
  'in-process-faults': 2,
  'sqlite-faults': 1,
  'shared-faults': 1,
}
const SAY_EVERY_MS = 10_000

/** Random programs against the model, stage by stage. Gives what is wrong, in words. */
export async function modelCampaign(
  options: ModelCampaignOptions,
  say: (line: string) => void,
): Promise<readonly string[]> {
  const names = Object.keys(STAGES).filter((name) => options.stage === undefined || name === options.stage)
  if (names.length === 0) return [`${options.stage}: expected one of ${Object.keys(STAGES).join(', ')}`]
  const allShares = names.reduce((sum, name) => sum + SHARES[name]!, 0)
  const problems: string[] = []
  for (const name of names) {
    const share = SHARES[name]! / allShares
    const startedAt = performance.now()
    let saidAt = startedAt
    const { operations, failure } = await runPrograms({
      stage: STAGES[name]!,
      seed: options.seed,
      operations: Math.ceil(options.operations * share),
      maxMs: options.maxMs * share,
      onProgress(done) {
        if (performance.now() - saidAt < SAY_EVERY_MS) return
        saidAt = performance.now()
        say(`${name}: ${done} operations`)
      },
    })
    const seconds = (performance.now() - startedAt) / 1000
    say(`${name}: ${operations} operations, ${Math.round(operations / seconds)} a second`)
    if (failure === undefined) continue
    const seed = /^seed (\d+)/.exec(failure)![1]
    problems.push(`${name}: ${failure}\nrepeat it: npm run campaign -- model --stage ${name} --seed ${seed} --ops 1`)
  }
  return problems
}
