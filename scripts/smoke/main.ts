// npm run smoke:gcp -- --project PROJECT [--database DATABASE] [--large]: one round trip through each cloud service.
import { parseArgs } from 'node:util'
import { isThermoclineError } from '../../src/index.ts'
import { firestoreSmoke, LARGE_STEPS, TRIP } from './firestore.ts'
import type { Operations } from './operations.ts'
import type { SmokeService, SmokeTarget, Step } from './service.ts'

const USAGE = 'npm run smoke:gcp -- --project PROJECT [--database DATABASE] [--large]'
const NAME_COLUMNS = 36

interface Arguments extends SmokeTarget {
  /** Also a session of more than a commit may have. */
  readonly isLarge: boolean
}

const target = readTarget()
const interrupted = new AbortController()
process.once('SIGINT', () => interrupted.abort(new Error('interrupted; cleaned up')))
if (target !== undefined) for (const service of servicesFor(target)) await run(service, target)
// What could not be cleaned up in time is tried on behind our back, for a minute.
process.exit()

function servicesFor({ isLarge }: Arguments): readonly SmokeService[] {
  return [firestoreSmoke(isLarge ? [...TRIP, ...LARGE_STEPS] : TRIP)]
}

async function run({ name, run }: SmokeService, target: SmokeTarget): Promise<void> {
  const emulator = process.env.FIRESTORE_EMULATOR_HOST
  const where = emulator ? `on the emulator at ${emulator}, not in the cloud` : 'in the cloud'
  console.log(`${name}: project ${target.projectId}, database ${target.databaseId ?? '(default)'}, ${where}`)
  console.log(row('', 'ms', 'reads', 'writes', 'deletes'))
  const steps: Step[] = []
  const tell = (step: Step): void => {
    steps.push(step)
    const { name, ms, operations } = step
    console.log(row(name, Math.round(ms), ...counts(operations)))
  }
  try {
    await run(target, tell, interrupted.signal)
    const sum = (kind: keyof Operations): number => steps.reduce((total, step) => total + step.operations[kind], 0)
    const total = { reads: sum('reads'), writes: sum('writes'), deletes: sum('deletes') }
    console.log(row('in all', Math.round(steps.reduce((ms, step) => ms + step.ms, 0)), ...counts(total)))
    console.log(`${name} works, and nothing is left in it.`)
  } catch (error) {
    process.exitCode = 1
    console.error(`${name} failed: ${messageOf(error)}`)
    console.error(`"npx thermocline doctor --project ${target.projectId}" looks for what is missing.`)
  }
}

function counts({ reads, writes, deletes }: Operations): readonly number[] {
  return [reads, writes, deletes]
}

function row(name: string, ...cells: readonly (number | string)[]): string {
  return `  ${name.padEnd(NAME_COLUMNS)}${cells.map((cell) => String(cell).padStart(9)).join('')}`
}

/** Without the objects that an error leads to: those of Google's library hold credentials. */
function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message.split('\n')[0] : String(error)
  const { cause } = error as { readonly cause?: unknown }
  if (isThermoclineError(cause)) return `${message} (${cause.code})`
  return message ?? ''
}

function readTarget(): Arguments | undefined {
  try {
    const { project, database, large } = parseArgs({
      options: {
        project: { type: 'string' },
        database: { type: 'string' },
        large: { type: 'boolean', default: false },
      },
    }).values
    if (project === undefined) throw new Error('expected --project')
    return { projectId: project, isLarge: large, ...(database !== undefined && { databaseId: database }) }
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\nusage: ${USAGE}`)
    process.exitCode = 2
    return undefined
  }
}
