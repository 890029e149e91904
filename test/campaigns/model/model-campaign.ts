import { startRedis } from '../../../emulators/redis.ts'
import { startFirestoreForTests } from '../../support/firestore.ts'
import { redisHotTiers } from '../../support/program/redis-hot-tier.ts'
import { FIRESTORE_STAGES, runPrograms, STAGES, type Stage } from '../../support/program/run-programs.ts'

export interface ModelCampaignOptions {
  readonly seed: number
  /** Over all stages together. */
  readonly operations: number
  readonly maxMs: number
  /** One of {@link STAGES} or {@link FIRESTORE_STAGES}. @default all of the former */
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
  const { stage: wanted } = options
  const known = { ...STAGES, ...FIRESTORE_STAGES }
  const names = wanted === undefined ? Object.keys(STAGES) : [wanted]
  if (!names.every((name) => name in known)) return [`${wanted}: expected one of ${Object.keys(known).join(', ')}`]
  const allShares = names.reduce((sum, name) => sum + shareOf(name), 0)
  const problems: string[] = []
  for (const name of names) {
    const stage = known[name]!
    const share = shareOf(name) / allShares
    await using services = await servicesOf(stage)
    const startedAt = performance.now()
    let saidAt = startedAt
    const { operations, failure } = await runPrograms({
      stage,
      seed: options.seed,
      operations: Math.ceil(options.operations * share),
      maxMs: options.maxMs * share,
      ...services.programs,
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

function shareOf(name: string): number {
  return SHARES[name] ?? 1
}

interface Services extends AsyncDisposable {
  readonly programs: Pick<Parameters<typeof runPrograms>[0], 'hotTier'>
}

/** What a stage needs beside Node. */
async function servicesOf({ place, redis }: Stage): Promise<Services> {
  const firestore = place === 'firestore' ? await startFirestoreForTests() : undefined
  const server = redis === true ? await startRedis() : undefined
  return {
    programs: server === undefined ? {} : { hotTier: redisHotTiers(server) },
    async [Symbol.asyncDispose]() {
      await Promise.all([firestore?.stop(), server?.stop()])
    },
  }
}
